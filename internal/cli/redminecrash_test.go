package cli_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestRedmineKilled kills migguard, and only it, somewhere in Redmine's history. The
// next run completes it, and nothing differs from a run that nobody killed. Once, or
// a fifth as often as killsVariable says.
func TestRedmineKilled(t *testing.T) {
	t.Parallel()
	rounds := 1
	if os.Getenv(killsVariable) != "" {
		rounds = max(1, kills(t)/5)
	}
	dir, want := newRedmine(t), pgtest.New(t)
	migrateRedmine(t, dir, want.URL)
	for round := range rounds {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			db := pgtest.New(t)
			db.Exec(t, "CREATE TABLE schema_migrations (version varchar PRIMARY KEY)")
			after := strconv.Itoa(rand.N(300))
			killed := runRedmine(dir, db.URL, "--build", "one").with("SCHEMA=/dev/null").start(t)
			platform.Eventually(t, after+" migrations have been made", func() bool {
				return db.Value(t, "SELECT count(*) >= "+after+" FROM schema_migrations") == "t"
			})
			if err := syscall.Kill(killed.Process.Pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if r := killed.wait(t); r.code != 128+9 {
				t.Fatalf("it had ended: %d\n%s", r.code, r.stderr)
			}
			made := db.Value(t, "SELECT count(*) FROM schema_migrations")
			runRedmine(dir, db.URL, "--build", "one").with("SCHEMA=/dev/null").run(t).expect(t, 0, "succeeded")
			sameHistory(t, want, db)
			t.Logf("killed after %s migrations", made)
		})
	}
}
