package scan_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestGoRuns: a program really runs its queries; each column it sends is in the
// contract, and what the contract has not can go while it runs.
func TestGoRuns(t *testing.T) {
	t.Parallel()
	const dir = "testdata/golang"
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := scanned(t, dir)
	pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "CREATE TABLE users (id serial PRIMARY KEY, name text, nick text, email text, created_at timestamptz DEFAULT now(), spare int)",
			"CREATE TABLE orders (id serial PRIMARY KEY, user_id int, total int, state text, coupon text, spare int)",
			"CREATE TABLE events (id serial, kind text, note text, user_id int, at timestamptz, spare int)",
			"CREATE EXTENSION pg_stat_statements")
		app := start(t, db, dir, program)
		forget(t, db)
		app.do(t, "act")
		if n := sent(t, db, c); n < 20 {
			t.Errorf("only %d columns were sent", n)
		}
		for _, gap := range c.Gaps {
			if gap.Reach == contract.Anything {
				t.Errorf("gap: %+v", gap)
			}
		}
		for _, table := range strings.Fields("users orders events") {
			if a := c.Column(contract.Name{Name: table}, "spare", contract.AnyWay); a.Verdict == contract.Yes {
				t.Errorf("%s.spare: %+v", table, a)
			}
			db.Exec(t, "ALTER TABLE "+table+" DROP COLUMN spare")
		}
		app.do(t, "act")
		db.Exec(t, "ALTER TABLE events DROP COLUMN kind")
		if err := app.try("act"); err == nil {
			t.Error("it did without a column of its own")
		}
	})
}
