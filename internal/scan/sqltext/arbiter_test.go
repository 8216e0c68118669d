package sqltext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// TestArbiters: what ON CONFLICT needs of users, and of relations that are not known.
func TestArbiters(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, users, somewhere string }{
		{"INSERT INTO users (a) VALUES (?) ON CONFLICT (b, a) DO NOTHING", "a, b", ""},
		{"INSERT INTO users (a) VALUES (?) ON CONFLICT DO NOTHING", "", ""},
		{"INSERT INTO users (a) VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING", "constraint k", ""},
		{"INSERT INTO users (a) VALUES (1) ON CONFLICT (lower(a)) DO UPDATE SET a = 1", "an expression", ""},
		{"INSERT INTO users (a) VALUES (1) ON CONFLICT (~) DO NOTHING", "what is not known", ""},
		{"INSERT INTO users (a) VALUES (1) ON CONFLICT ON CONSTRAINT ~ DO NOTHING", "a constraint whose name is computed", ""},
		{"ON CONFLICT (a) DO UPDATE SET n = excluded.n", "", "a"},
		{"ON CONFLICT (~) DO NOTHING", "", "what is not known"},
		{"ON CONFLICT DO NOTHING", "", ""},
	} {
		f := &found.Findings{}
		Read(f, Literal{Text: strings.ReplaceAll(tt.text, "~", Hole), At: contract.Evidence{File: "x", Line: 1}})
		c := f.Contract(contract.Source{Scanner: "scan", Whole: true})
		var users, somewhere []string
		for _, r := range c.Relations {
			for _, u := range r.Uses {
				for _, a := range u.Arbiters {
					users = append(users, fmt.Sprint(a))
				}
			}
		}
		for _, u := range c.Upserts {
			somewhere = append(somewhere, fmt.Sprint(u.Arbiter))
		}
		if got := strings.Join(users, "; "); got != tt.users {
			t.Errorf("%q: users %q, want %q", tt.text, got, tt.users)
		}
		if got := strings.Join(somewhere, "; "); got != tt.somewhere {
			t.Errorf("%q: somewhere %q, want %q", tt.text, got, tt.somewhere)
		}
	}
}
