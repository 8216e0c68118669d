package ddl

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/golden/*.golden, docs/locks.md and, with -bench, docs/blocked.md")

// TestGolden holds every form of the catalogue, family by family, to what is
// written beside it.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			sql, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := render(t, string(sql))
			golden := strings.TrimSuffix(file, ".sql") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if line := firstDifference(got, want); line != "" {
				t.Errorf("%s (rewrite with -update)", line)
			}
		})
	}
}

// TestGoldenComplete: every change type occurs in the golden files.
func TestGoldenComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, file := range files {
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range Parse(string(sql)) {
			for _, c := range s.Changes {
				seen[c.ChangeType()] = true
			}
		}
	}
	for _, name := range changeTypes(t) {
		if !seen[name] {
			t.Errorf("no golden statement has a change of type %q", name)
		}
	}
}

// changeTypes reads the discriminators from the source, so that a new change
// type cannot be forgotten.
func changeTypes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("changes_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(source)) {
			if _, after, ok := strings.Cut(line, `ChangeType() string { return "`); ok {
				name, _, _ := strings.Cut(after, `"`)
				names = append(names, name)
			}
		}
	}
	if len(names) < 100 {
		t.Fatalf("found only %d change types in the source", len(names))
	}
	return names
}

func render(t *testing.T, sql string) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, s := range Parse(sql) {
		fmt.Fprintf(&out, "%s;\n", s.Text)
		fmt.Fprintf(&out, "  %s %q", s.Class, s.Tag)
		if s.Alone {
			out.WriteString(" alone")
		}
		if s.Transaction != None {
			fmt.Fprintf(&out, " %s chain=%t modes=%q savepoint=%q",
				s.Transaction, s.Chain, s.Modes, s.Savepoint)
		}
		if s.Err != nil {
			fmt.Fprintf(&out, " %v", s.Err)
		}
		out.WriteByte('\n')
		if len(s.Functions) > 0 {
			fmt.Fprintf(&out, "  calls %v\n", s.Functions)
		}
		for _, c := range s.Changes {
			encoded, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			encoded = bytes.ReplaceAll(encoded, []byte(`\u003c`), []byte("<"))
			encoded = bytes.ReplaceAll(encoded, []byte(`\u003e`), []byte(">"))
			encoded = bytes.ReplaceAll(encoded, []byte(`\u0026`), []byte("&"))
			fmt.Fprintf(&out, "  %s\n", encoded)
		}
		for _, l := range s.Locks {
			fmt.Fprintf(&out, "  lock %s\n", lockLine(l))
		}
	}
	return out.Bytes()
}

func lockLine(l Lock) string {
	line := fmt.Sprintf("%s on %s", l.Mode, l.Kind)
	if l.Via != Itself {
		line = fmt.Sprintf("%s on %s %s", l.Mode, l.Via, l.Kind)
	}
	if l.Relation.Name != "" {
		line += " " + l.Relation.String()
	}
	if l.Recurse {
		line += " and children"
	}
	return line
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, a, b)
		}
	}
	return ""
}
