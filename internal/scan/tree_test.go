package scan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan"
)

// tree writes files, by their names, and scans them.
func tree(t *testing.T, files map[string]string) *contract.Contract {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if filepath.Ext(name) == "" && strings.HasPrefix(content, "#!") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	return scanned(t, dir)
}

func scanned(t *testing.T, dir string) *contract.Contract {
	t.Helper()
	c, err := scan.Dir(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// expect asks about "table", "table.column", or "table.column w" for writing,
// and compares with "yes", "no" or "unknown".
func expect(t *testing.T, c *contract.Contract, want map[string]contract.Verdict) {
	t.Helper()
	for question, verdict := range want {
		subject, way, _ := strings.Cut(question, " ")
		table, column, _ := strings.Cut(subject, ".")
		name := contract.Name{Name: table}
		var a contract.Answer
		switch {
		case column == "" && way == "w":
			a = c.Writes(name)
		case column == "":
			a = c.Table(name)
		case way == "w":
			a = c.Column(name, column, contract.Writing)
		default:
			a = c.Column(name, column, contract.AnyWay)
		}
		if a.Verdict != verdict {
			var why []string
			for _, r := range a.Reasons {
				why = append(why, fmt.Sprintf("%s:%d %s", r.At.File, r.At.Line, r.Text))
			}
			t.Errorf("%s: %s, want %s\n  %s", question, a.Verdict, verdict, strings.Join(why, "\n  "))
		}
	}
}

// tables lists the relations that are used, with who uses them.
func tables(c *contract.Contract) string {
	var lines []string
	for _, r := range c.Relations {
		line := r.String()
		for _, u := range r.Uses {
			if u.By != "" {
				line += " " + strings.ReplaceAll(u.By, " ", "_")
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func scanDir(tb testing.TB, dir string) (*contract.Contract, error) {
	return scan.Dir(tb.Context(), dir)
}
