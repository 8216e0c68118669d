package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestStatementsAreKept has the ledger tell what a command of many statements has done,
// while it goes on, when its run was killed, and when it has ended.
func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	const many, kept = 1200, 500
	for _, server := range pgtest.Servers(t) {
		db := server.NewDB(t)
		count := func(outcome string) string {
			return db.Value(t, fmt.Sprintf("SELECT count(*) || ' ' || count(*) FILTER (WHERE s.text = 'ALTER TABLE t ADD COLUMN c' || s.seq - 1 || ' int') FROM migguard.statement s JOIN migguard.release r ON r.id = s.release_id WHERE r.outcome = '%s'", outcome))
		}
		run := func(then string) result {
			dir := t.TempDir()
			var sql strings.Builder
			fmt.Fprintln(&sql, "CREATE TABLE t (id int);")
			for n := range many {
				fmt.Fprintf(&sql, "ALTER TABLE t ADD COLUMN c%d int;\n", n+1)
			}
			writeFile(t, dir, "many.sql", sql.String())
			return on(db.URL, "run", "--", `psql "$DATABASE_URL" -Xq -v ON_ERROR_STOP=1 -f many.sql && `+
				fmt.Sprintf(`until [ "$(psql "$DATABASE_URL" -XAtc "SELECT count(*) >= %d FROM migguard.statement s JOIN migguard.release r ON r.id = s.release_id WHERE r.outcome = 'running'")" = t ]; do :; done; `, kept)+then).in(dir).run(t)
		}
		if r := run("kill -9 $PPID"); r.code != 128+9 {
			t.Fatalf("%d\n%s", r.code, r.stderr)
		}
		db.Exec(t, "DROP TABLE t")
		run("true").expect(t, 0)
		if got, want := count("succeeded"), fmt.Sprintf("%d %d", many+1, many); got != want {
			t.Errorf("PostgreSQL %d: of the run that ended there are %s statements, want %s", server.Major, got, want)
		}
		var all, right int
		if _, err := fmt.Sscan(count("interrupted"), &all, &right); err != nil || all < kept || all > many+1 || right != all-1 {
			t.Errorf("PostgreSQL %d: of the run that was killed there are %d statements, %d of them in their place", server.Major, all, right)
		}
	}
}
