package cli_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestQueriesOfKilledRun has a run killed whose command has sent a query. Nobody knows
// then whether it was code that runs which sent it, until a run has succeeded; what code
// has sent before that run is code's.
func TestQueriesOfKilledRun(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		db := pgtest.StartFor(t, pgtest.Options{Major: shared.Major}).NewDB(t)
		db.Exec(t, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE users (id int, note text, label text)")
		dir := t.TempDir()
		writeFile(t, dir, "nothing.json", nothing)
		writeFile(t, dir, "migguard.toml", "[policy]\ndropped-column = \"refuse\"\n")
		run := func(command string) call {
			return on(db.URL, "run", "--build", "one", "--contract", "nothing.json", "--", command).in(dir)
		}
		psql := func(sql string) string { return `psql "$DATABASE_URL" -Xqc "` + sql + `"` }
		run("true").run(t).expect(t, 0)
		db.Exec(t, "UPDATE users SET label = 'a'")

		stdin, hold, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		killed := run(psql("UPDATE users SET note = 'a'") + " && " + psql("UPDATE users SET label = 'a'") + " && touch sent && cat")
		killed.stdin = stdin
		victim := killed.start(t)
		platform.Eventually(t, "the command has sent its queries", func() bool {
			_, err := os.Stat(filepath.Join(dir, "sent"))
			return err == nil
		})
		if err := victim.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_, _ = hold.Close(), stdin.Close() // which ends the command
		if r := victim.wait(t); r.code != 128+9 {
			t.Fatalf("%d\n%s", r.code, r.stderr)
		}

		const may, has = "what the database has seen may be a use: a query seen once ", "the database has seen a use: a query seen 2 times "
		for range 2 { // a refused run leaves that as it is
			run(psql("ALTER TABLE users DROP COLUMN note")).run(t).expect(t, 77, may, "perhaps not since the last release (UPDATE users SET note = $1)")
			run(psql("ALTER TABLE users DROP COLUMN label")).run(t).expect(t, 77, has, "and since the last release (UPDATE users SET label = $1)")
		}
		db.Exec(t, "UPDATE users SET note = 'a'")
		run(psql("ALTER TABLE users DROP COLUMN note")).run(t).expect(t, 77, has, "and since the last release (UPDATE users SET note = $1)")
		run("true").run(t).expect(t, 0)
		run(psql("ALTER TABLE users DROP COLUMN note")).run(t).expect(t, 0)
	}
}
