package sqltext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// TestRead: ~ is a hole. What is found is written as "relation r(columns)", a
// gap as "?anything" or "?relation".
func TestRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"SELECT id FROM users WHERE name = ?", "users r(id name)"},
		{"SELECT id FROM users WHERE name = :name AND x::text = %s AND y = %(y)s", "users r(id name x y)"},
		{"select id from users where id = $1", "users r(id)"},
		{"INSERT INTO users (a, b) VALUES (?, ?)", "users i(a b)"},
		{"UPDATE users SET a = :a", "users u(a)"},
		{"-- why\nDELETE FROM users", "users r()"},
		{"SELECT * FROM users", "users r(*)"},
		{"SELECT ~ FROM users", "users r() ?users"},
		{"SELECT id FROM users WHERE ~", "users r(id) ?users"},
		{"SELECT id FROM users WHERE name = '~'", "users r(id name)"},
		{"SELECT id FROM ~", "?anything"},
		{"SELECT id FROM users_~", "?anything"},
		{"SELECT id FROM users ~", "users r(id) ?anything"},
		{"SELECT id FROM users JOIN ~ ON true", "users r(id) ?anything"},
		{"SELECT ~", "?anything"},
		{"INSERT INTO ~ VALUES (1)", "?anything ?anything"},
		{"SELECT id FROM users WHERE x = 1 ~", "?anything ?users"},
		{"SELECT id FORM users", "?anything"},
		{"SELECT FROM WHERE users", "?where"},
		{"SELECT ", ""}, // what follows begins with FROM
		{"DO $$ begin end $$", "?anything"},
		{"FROM users WHERE a = 1", "users r(a) ?users"},
		{"JOIN users u ON u.a = 1", "users r(a)"},
		{"LEFT JOIN users ON users.a = 1", "users r(a)"},
		{"EXISTS (SELECT 1 FROM users WHERE a = 1)", "users r(a)"},
		{"x IN (SELECT id FROM users)", "users r(id)"},
		{"AND users.a = 1", "users r(a)"},
		{"UNION SELECT a FROM users", "users r(a)"},
		{" WHERE id = 1 ~", "?anything"},
		// Prose.
		{"Select a project", ""},
		{"Update your profile", ""},
		{"select the right one, please", ""},
		{"Copy to clipboard", ""},
		{"", ""},
		{"and so on", ""},
	} {
		f := &found.Findings{}
		Read(f, Literal{Text: strings.ReplaceAll(tt.text, "~", Hole), At: contract.Evidence{File: "x", Line: 1}})
		if got := foundText(f); got != tt.want {
			t.Errorf("%q:\n%s\nwant\n%s", tt.text, got, tt.want)
		}
	}
}

func TestFragment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"a = ? AND users.b > 1", "base r(a) users r(b)"},
		{"a", "base r(a)"},
		{"a, b DESC", "base r(a b)"},
		{"a, count(*) AS n", "base r(a)"},
		{"lower(a)", "base r(a)"},
		{"a = 1, b = b + 1", "base r(a b) "},
		{"INNER JOIN users u ON u.id = base.x", "base r(x) users r(id)"},
		{"~ = 1", "base r() ?base"},
		{"AND", "?anything"},
	} {
		f := &found.Findings{}
		Fragment(f, Literal{Text: strings.ReplaceAll(tt.text, "~", Hole), At: contract.Evidence{File: "x", Line: 1}, Base: contract.Name{Name: "base"}})
		if got := foundText(f); got != strings.TrimSpace(tt.want) {
			t.Errorf("%q:\n%s\nwant\n%s", tt.text, got, tt.want)
		}
	}
	// Without a base its columns are those of some relation.
	f := &found.Findings{}
	Fragment(f, Literal{Text: "notes = 1"})
	f.Use(contract.Name{Name: "users"}, contract.Use{Origin: contract.Model, Reads: contract.Every("notes", "other")})
	c := f.Contract(contract.Source{Whole: true})
	for column, want := range map[string]contract.Verdict{"notes": contract.Unknown, "other": contract.No} {
		if a := c.Column(contract.Name{Name: "users"}, column, contract.AnyWay); a.Verdict != want {
			t.Errorf("%s: %s, want %s", column, a.Verdict, want)
		}
	}
}

func foundText(f *found.Findings) string {
	c := f.Contract(contract.Source{Scanner: "test", Whole: true})
	var words []string
	for _, r := range c.Relations {
		words = append(words, r.String())
		for _, u := range r.Uses {
			set := func(name string, columns contract.Columns, always bool) {
				if text := strings.Join(columns.Names, " "); columns.All {
					words = append(words, name+"(*)")
				} else if text != "" || always {
					words = append(words, fmt.Sprintf("%s(%s)", name, text))
				}
			}
			set("r", u.Reads, !u.Adds && u.Updates.Empty())
			set("u", u.Updates, false)
			set("i", u.Inserts, u.Adds)
		}
	}
	for _, g := range c.Gaps {
		if g.Reach == contract.Within {
			words = append(words, "?"+g.Relation.String())
		} else {
			words = append(words, "?"+string(g.Reach))
		}
	}
	return strings.Join(words, " ")
}

// FuzzRead: no text stops a scan.
func FuzzRead(f *testing.F) {
	f.Add("SELECT \x00 FROM users WHERE a = ?")
	f.Add("\xff\xfeSELECT")
	f.Fuzz(func(t *testing.T, text string) {
		findings := &found.Findings{}
		Read(findings, Literal{Text: text})
		Fragment(findings, Literal{Text: text})
		findings.Contract(contract.Source{Whole: true})
	})
}
