package ddl

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func texts(statements []Statement) []string {
	var list []string
	for _, s := range statements {
		list = append(list, s.Text)
	}
	return list
}

func TestParseSpans(t *testing.T) {
	t.Parallel()
	const atomic = `CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END`
	const rule = `CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2)`
	tests := []struct {
		name, sql string
		want      []string
	}{
		{"empty", "", nil},
		{"only space and comments", " \n-- a\n/* b /* c */ */;;\t;", nil},
		{"no semicolon", "SELECT 1", []string{"SELECT 1"}},
		{"space around", "\f\v SELECT 1 \r\n;\n", []string{"SELECT 1"}},
		{"empty statements", ";;SELECT 1;;SELECT 2;;", []string{"SELECT 1", "SELECT 2"}},
		{"comment before", "/* /* nested */ ; */ -- ;\nSELECT 1", []string{"SELECT 1"}},
		{"comment behind", "SELECT 1 -- bye;\n; SELECT 2 /* x */", []string{"SELECT 1", "SELECT 2"}},
		{"comment without end of line", "SELECT 1 -- bye", []string{"SELECT 1"}},
		{"comment inside", "SELECT /* ; */ 1; SELECT 2", []string{"SELECT /* ; */ 1", "SELECT 2"}},
		{"comment ended by carriage return", "-- a\rSELECT 1", []string{"SELECT 1"}},
		{"dollar quotes", "DO $x$ a; $y$ ; $$ -- $x$; SELECT 1", []string{"DO $x$ a; $y$ ; $$ -- $x$", "SELECT 1"}},
		{"quotes", `SELECT ';--', E'\';', "a;""b" ; SELECT 2`, []string{`SELECT ';--', E'\';', "a;""b"`, "SELECT 2"}},
		{"atomic body", atomic + ";SELECT 1", []string{atomic, "SELECT 1"}},
		{"rule", rule + ";SELECT 1;", []string{rule, "SELECT 1"}},
		{"unicode", "SELECT 'ä→😀'; /* é */ SELECT 2", []string{"SELECT 'ä→😀'", "SELECT 2"}},
		{"one does not parse", "SELECT 1; SELEC 2 -- x\n; /* y */ SELECT 3 -- z", []string{"SELECT 1", "SELEC 2", "SELECT 3"}},
		{"no key word", "foo; DROP TABLE a", []string{"foo", "DROP TABLE a"}},
		{"broken around atomic", "x; " + atomic + "; y", []string{"x", atomic, "y"}},
		{"broken around rule", "x; " + rule + "; y", []string{"x", rule, "y"}},
		{"parenthesis too many", "SELECT 1); DROP TABLE a", []string{"SELECT 1)", "DROP TABLE a"}},
		{"unterminated quote", "DROP TABLE a; SELECT 'x", []string{"DROP TABLE a; SELECT 'x"}},
		{"unterminated comment", "DROP TABLE a; /* x", []string{"DROP TABLE a; /* x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Parse(tt.sql)
			if !slices.Equal(texts(got), tt.want) {
				t.Errorf("got  %q\nwant %q", texts(got), tt.want)
			}
			checkSpans(t, tt.sql, got)
		})
	}
}

// checkSpans holds what Parse promises of every text.
func checkSpans(t *testing.T, sql string, statements []Statement) {
	t.Helper()
	end := 0
	for _, s := range statements {
		if s.Span.Start < end || s.Span.End <= s.Span.Start || s.Span.End > len(sql) {
			t.Fatalf("span %v is empty or out of order in %q", s.Span, sql)
		}
		if s.Text != sql[s.Span.Start:s.Span.End] {
			t.Fatalf("text %q is not the span's %q", s.Text, sql[s.Span.Start:s.Span.End])
		}
		if gap := sql[end:s.Span.Start]; !isBlank(gap) {
			t.Fatalf("%q is outside the spans of %q", gap, sql)
		}
		end = s.Span.End
		if (s.Class == Unparsed) != (s.Err != nil) {
			t.Fatalf("class %q with error %v", s.Class, s.Err)
		}
		if s.Class == Schema && len(s.Changes) == 0 {
			t.Fatalf("schema statement without a change: %q", s.Text)
		}
	}
	if rest := sql[end:]; !isBlank(rest) {
		t.Fatalf("%q is behind the spans of %q", rest, sql)
	}
}

// isBlank tells space, comments and semicolons.
func isBlank(s string) bool {
	for i := 0; i < len(s); i++ {
		if i = skipSpace(s, i, len(s)); i < len(s) && s[i] != ';' {
			return false
		}
	}
	return true
}

func TestParseRefusesWhole(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sql, message string
		position           int
	}{
		// The grammar would see "SELECT 1" and nothing more.
		{"NUL", "SELECT 1\x00; DROP TABLE a", "NUL", 8},
		{"invalid UTF-8", "SELECT 'é\xff'; DROP TABLE a", "UTF-8", 10},
		{"half a character", "SELECT 'é'; DROP TABLE \xc3", "UTF-8", 24},
		{"long", "SELECT '" + strings.Repeat("x", maxText) + "'", "too long", maxText},
		{"deep", "SELECT 1" + strings.Repeat("+1", 200_000), "too deeply", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Parse(tt.sql)
			if len(got) != 1 || got[0].Class != Unparsed || got[0].Text != tt.sql {
				t.Fatalf("got %d statements", len(got))
			}
			var refusal *SyntaxError
			if !errors.As(got[0].Err, &refusal) || !strings.Contains(refusal.Message, tt.message) {
				t.Fatalf("got %v, want %q", got[0].Err, tt.message)
			}
			if refusal.Position != tt.position {
				t.Errorf("got position %d, want %d", refusal.Position, tt.position)
			}
			if _, err := Deparse(tt.sql); err == nil {
				t.Error("Deparse accepted it")
			}
		})
	}
}

func TestSyntaxErrorPosition(t *testing.T) {
	t.Parallel()
	const sql = "SELECT 'äö'; /* é */ ALTER TABLE ü RENAM TO b; SELECT 1"
	got := Parse(sql)
	if len(got) != 3 {
		t.Fatalf("got %q", texts(got))
	}
	var refusal *SyntaxError
	if !errors.As(got[1].Err, &refusal) {
		t.Fatalf("got %v", got[1].Err)
	}
	if at := sql[refusal.Position:]; !strings.HasPrefix(at, "RENAM ") {
		t.Errorf("position %d points to %q", refusal.Position, at)
	}
}

func TestParseIdentifiers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 70)
	tests := []struct {
		name, sql string
		want      Name
	}{
		{"folded", "DROP TABLE App.USERS", Name{"app", "users"}},
		{"quoted", `DROP TABLE "App"."Us""ers"`, Name{"App", `Us"ers`}},
		{"unicode escapes", `DROP TABLE U&"\0061\00e9"`, Name{"", "aé"}},
		{"only ASCII folds", "DROP TABLE ÄÖ", Name{"", "ÄÖ"}},
		{"cut to 63 bytes", "DROP TABLE " + long, Name{"", long[:63]}},
		{"quoted and cut", `DROP TABLE "` + long + `"`, Name{"", long[:63]}},
		// 62 bytes and a character of two: it would be cut in the middle.
		{"cut before a character", "DROP TABLE " + long[:62] + "éé", Name{"", long[:62]}},
		{"database prefix", "DROP TABLE main.app.users", Name{"app", "users"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Parse(tt.sql)
			if len(got) != 1 || len(got[0].Changes) != 1 {
				t.Fatalf("got %+v", got)
			}
			relation := got[0].Changes[0].Relations()[0]
			if relation != tt.want {
				t.Errorf("got %q, want %q", relation, tt.want)
			}
			again := Parse("DROP TABLE " + relation.String())
			if r := again[0].Changes[0].Relations()[0]; r != relation {
				t.Errorf("%s is read again as %q", relation, r)
			}
		})
	}
}

func TestDeparse(t *testing.T) {
	t.Parallel()
	got, err := Deparse(`alter /* x */ table "T" rename to users; select 1`)
	if want := `ALTER TABLE "T" RENAME TO users; SELECT 1`; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	var refusal *SyntaxError
	if _, err := Deparse("SELECT 1; nonsense"); !errors.As(err, &refusal) || refusal.Position != 10 {
		t.Errorf("got %v at %+v", err, refusal)
	}
}

// TestDepthLimit: what passes the limit must not bring the grammar's C code
// down, on any path; the worst nesting known, close to the limit.
func TestDepthLimit(t *testing.T) {
	t.Parallel()
	repeat := strings.Repeat
	const head = "ALTER TABLE t ALTER a SET DEFAULT "
	tests := map[string]func(n int) string{
		"operators":  func(n int) string { return head + "1" + repeat("+1", n) },
		"casts":      func(n int) string { return head + "1" + repeat("::int", n) },
		"nested":     func(n int) string { return head + repeat("(SELECT ", n) + "1" + repeat(")", n) },
		"cases":      func(n int) string { return head + repeat("CASE WHEN a THEN ", n) + "1" + repeat(" END", n) },
		"between is": func(n int) string { return head + "a" + repeat(" BETWEEN 1 AND 2 IS TRUE", n) },
		"columns called or": func(n int) string {
			return head + "a" + repeat(" + a /**/ . or", n)
		},
		"unions": func(n int) string { return "CREATE VIEW v AS SELECT 1, 2" + repeat(" UNION SELECT 1, 2", n) },
		"joins":  func(n int) string { return "CREATE VIEW v AS SELECT * FROM a" + repeat(" JOIN a ON a OR b", n) },
		"not":    func(n int) string { return head + repeat("NOT ", n) + "true" },
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{100, 240, 480, 960} {
				if s := Parse(text(n)); len(s) != 1 {
					t.Fatalf("%d levels: %d statements", n, len(s))
				}
			}
			if s := Parse(text(100_000)); s[0].Class != Unparsed {
				t.Errorf("100000 levels were parsed: %s", s[0].Class)
			}
		})
	}
}

// TestDepthOfLongText: long is not deep.
func TestDepthOfLongText(t *testing.T) {
	t.Parallel()
	repeat := strings.Repeat
	for name, text := range map[string]string{
		"rows":       "INSERT INTO t VALUES (1, 'a' || 'b')" + repeat(", (-1, 'a')", 20_000),
		"conditions": "DELETE FROM t WHERE a = 1" + repeat(" OR a = 1 AND b <> 2", 5_000),
		"cases":      "UPDATE t SET a = CASE" + repeat(" WHEN id = 1 THEN 'x'", 5_000) + " END",
		"statements": repeat("UPDATE t SET a = a + 1;", 5_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s := Parse(text); s[0].Class != Query {
				t.Errorf("got %s: %v", s[0].Class, s[0].Err)
			}
		})
	}
}
