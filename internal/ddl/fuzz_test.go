package ddl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// quotedText is emptied in a copy of each seed: empty strings reach the
// deparser as null pointers.
var quotedText = regexp.MustCompile(`'[^']*'`)

// seed adds every golden statement, and what is hard to split or has brought
// the deparser down.
func seed(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/golden/*.sql")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		sql, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range Parse(string(sql)) {
			f.Add(s.Text)
			f.Add(quotedText.ReplaceAllString(s.Text, "''"))
		}
	}
	for _, sql := range append(plainTexts, notPlainTexts...) {
		f.Add(sql)
	}
	f.Add("x; SELECT 1 -- a\n; /* b */ SELECT E'\\'' /* c /* d */ */")
	f.Add("x; CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 1 END; END; y")
	f.Add("ALTER SUBSCRIPTION s CONNECTION ''")
	f.Add("SECURITY LABEL FOR '' ON TABLE a IS ''")
	f.Add("CREATE EXTENSION a VERSION ''")
	f.Add("CREATE EVENT TRIGGER a ON b WHEN c IN ('') EXECUTE FUNCTION f()")
	f.Add("COPY a FROM STDIN DELIMITER '' NULL ''")
	f.Add("SELECT * FROM JSON_TABLE('', '' COLUMNS (a int PATH ''))")
	f.Add("SELECT xmlparse(document ''), '' COLLATE \"C\", interval '' year, JSON_VALUE('', '')")
	f.Add("SELECT U&'\\0061' UESCAPE '!', $1a, 1e5x, 0x1G")
}

// FuzzParse: no panic, spans as promised, and Plain never contradicts the
// grammar.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, sql string) {
		statements := Parse(sql)
		checkSpans(t, sql, statements)
		for _, s := range statements {
			if _, err := json.Marshal(s); err != nil {
				t.Fatalf("marshal %q: %v", s.Text, err)
			}
		}
		if Plain(sql) {
			checkPlain(t, sql, statements)
		}
		checkRemarks(t, sql, statements)
	})
}

// checkRemarks: what a statement's own text has in it, alone, the whole has too,
// and nothing else inside that statement.
func checkRemarks(t *testing.T, sql string, statements []Statement) {
	t.Helper()
	of := map[int][]string{} // by statement
	for _, r := range Remarks(sql, statements) {
		if r.Statement < 0 || r.Statement >= len(statements) || !strings.HasPrefix(r.Text, "--") && !strings.HasPrefix(r.Text, "/*") {
			t.Fatalf("%q has %+v", sql, r)
		}
		if !r.Behind {
			of[r.Statement] = append(of[r.Statement], r.Text)
		}
	}
	for i, s := range statements {
		var inside []string
		for _, r := range Remarks(s.Text, Parse(s.Text)) {
			inside = append(inside, r.Text)
		}
		rest := of[i] // those in front, those inside, and those before the semicolon
		for len(rest) > len(inside) && !slices.Equal(rest[:len(inside)], inside) {
			rest = rest[1:]
		}
		if s.Class != Unparsed && (len(rest) < len(inside) || !slices.Equal(rest[:len(inside)], inside)) {
			t.Fatalf("%q has %q, alone %q has %q", sql, of[i], s.Text, inside)
		}
	}
}

func checkPlain(t *testing.T, sql string, statements []Statement) {
	t.Helper()
	if len(statements) != 1 {
		t.Fatalf("plain %q has %d statements", sql, len(statements))
	}
	s := statements[0]
	if s.Class != Query && s.Class != Session && s.Class != Unparsed {
		t.Fatalf("plain %q is %s", sql, s.Class)
	}
	for _, f := range s.Functions {
		if harmless[f.Name] == unknownHarm || f.Schema != "" {
			t.Fatalf("plain %q calls %s", sql, f)
		}
	}
}

// FuzzDeparse: what is written back is read as the same.
func FuzzDeparse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, sql string) {
		text, err := Deparse(sql)
		if err != nil {
			return
		}
		before, after := changesOf(t, sql), changesOf(t, text)
		if before != after {
			t.Fatalf("%q\nis written as %q\nbefore %s\nafter  %s", sql, text, before, after)
		}
	})
}

func changesOf(t *testing.T, sql string) string {
	t.Helper()
	var out strings.Builder
	for _, s := range Parse(sql) {
		encoded, err := json.Marshal(s.Changes)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(s.Tag + " ")
		out.Write(encoded)
		out.WriteByte('\n')
	}
	return out.String()
}
