package cli_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// killsVariable says how often TestCrash kills; "make crash" has 50.
const killsVariable = "MIGGUARD_TEST_KILLS"

func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv(killsVariable)
	if text == "" {
		return 8
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q: want a number", killsVariable, text)
	}
	return n
}

// A crash is a run of Rails migrations that is killed, over and over again, in
// copies of one database.
type crash struct {
	base *pgtest.DB
	app  string        // folder
	took time.Duration // by a run that nobody kills
	want []string      // what that run leaves
	late atomic.Int64  // runs that ended before they could be killed
}

// moments are statements of a run. A round that waits for one kills as soon as
// it is seen, or up to afterMoment later.
var moments = []string{
	`create table migguard.release`, `insert into migguard.release`, `set client_encoding`,
	`schema_migrations`, `ALTER TABLE "accounts" RENAME`, `CREATE VIEW`, `INSERT INTO migguard.shim`,
	`INSERT INTO "schema_migrations"`, `COMMIT`, `INSERT INTO migguard.task`, `CREATE INDEX CONCURRENTLY`, `update migguard.task`, `CREATE TABLE "orders"`,
	`INSERT INTO migguard.created`, `ALTER TABLE "orders"`, `RENAME COLUMN`,
	`update migguard.release`, `delete from migguard.created`,
}

const afterMoment = 20 * time.Millisecond

// TestCrash kills migguard, and only it, at random instants and at chosen
// moments. Old code, which works all the time, never sees an error; nothing of
// the killed run stays; and the next run ends as if there had been no other.
func TestCrash(t *testing.T) {
	t.Parallel()
	c := newCrash(t)
	n := kills(t)
	t.Run("rounds", func(t *testing.T) {
		for i := range n {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				c.round(t, i)
			})
		}
	})
	t.Logf("%d kills, %d more came too late; a run takes %v", n, c.late.Load(), c.took)
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	c := &crash{base: pgtest.New(t), app: newRails(t, "first", "crash")}
	writeFile(t, c.app, "migguard.toml", largeTables)
	bareRails(t, c.base, newRails(t, "first")) // so that the killed run is the one that makes the ledger
	c.base.Exec(t, "INSERT INTO accounts (email, created_at, updated_at) SELECT 'old-' || n, now(), now() FROM generate_series(1, 1000) n")
	db := c.base.Copy(t)
	began := time.Now()
	c.call(db).run(t).expect(t, 0, "built    index index_members_on_plan", "1 rewritten, 1 shimmed")
	c.took, c.want = time.Since(began), c.state(t, db)
	if standing := "shim table-view accounts members public accounts members t"; !slices.Contains(c.want, standing) {
		t.Fatalf("there is no %q in\n%s", standing, strings.Join(c.want, "\n"))
	}
	return c
}

// bareRails migrates without migguard.
func bareRails(t *testing.T, db *pgtest.DB, app string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bin/rails", "db:migrate")
	cmd.Dir, cmd.Env = app, []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "DATABASE_URL=" + db.URL}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func (c *crash) call(db *pgtest.DB) call {
	return on(db.URL, "run", "--build", "two").in(c.app).with("HEROKU_RELEASE_VERSION=v2")
}

// state is all that a run leaves, but its own name and times.
func (c *crash) state(t *testing.T, db *pgtest.DB) []string {
	t.Helper()
	lines := wholeCatalog(t, db)
	for _, row := range db.Query(t, `
		SELECT 'migration ' || version FROM schema_migrations
		UNION ALL SELECT 'metadata ' || key || '=' || value FROM ar_internal_metadata
		UNION ALL SELECT concat_ws(' ', 'shim', kind, view::regclass, relation::regclass, schema_name, old_name, new_name, dropped_at IS NULL)
			FROM migguard.shim
		UNION ALL SELECT concat_ws(' ', 'created', relation::regclass, attnum) FROM migguard.created
		UNION ALL SELECT concat_ws(' ', 'index', indexrelid::regclass, indisvalid, indisready) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace
		UNION ALL SELECT 'owed ' || object_name FROM migguard.task WHERE closed_at IS NULL
		UNION ALL SELECT 'last ' || outcome FROM (SELECT outcome FROM migguard.release ORDER BY id DESC LIMIT 1) last
		ORDER BY 1`) {
		lines = append(lines, row[0])
	}
	return lines
}

// tries is how often a round kills anew because the run had ended before.
const tries = 5

// round is one kill that is not too late.
func (c *crash) round(t *testing.T, i int) {
	for try := range tries {
		if c.kill(t, i, try) {
			return
		}
		c.late.Add(1)
	}
	t.Errorf("%d runs had ended before they were killed", tries)
}

// kill tells whether it came before the run's end.
func (c *crash) kill(t *testing.T, i, try int) bool {
	t.Helper()
	db := c.base.Copy(t)
	stop := startOldCode(t, db)
	killed := c.call(db).start(t)
	when := c.instant(t, db, killed, i)
	if err := syscall.Kill(killed.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r := killed.wait(t)
	platform.Eventually(t, "no session of the killed run is left", func() bool {
		return db.Value(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND backend_type = 'client backend' AND application_name <> 'old code' AND pid <> pg_backend_pid()`) == "0"
	})
	c.call(db).run(t).expect(t, 0, "succeeded")
	stop()
	sameCatalog(t, c.want, c.state(t, db))
	if t.Failed() {
		t.Logf("killed %s; it had written:\n%s%s", when, r.stdout, r.stderr)
	}
	return r.code == 128+9
}

// instant returns when it is time: every other round after a random part of a
// run's time, the others at a moment.
func (c *crash) instant(t *testing.T, db *pgtest.DB, run *started, i int) string {
	t.Helper()
	if i%2 == 0 {
		after := rand.N(c.took)
		<-time.After(after)
		return fmt.Sprintf("after %v", after)
	}
	moment := moments[rand.N(len(moments))]
	conn := db.Connect(t)
	if _, err := conn.Exec(t.Context(), "SET application_name = 'old code'"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*c.took)
	defer cancel()
	for range platform.Ticks(ctx, time.Millisecond) {
		var seen bool
		err := conn.QueryRow(t.Context(), `SELECT exists (SELECT FROM pg_stat_activity WHERE datname = current_database()
			AND application_name <> 'old code' AND query ILIKE '%' || $1 || '%')`, pgx.QueryExecModeSimpleProtocol, moment).Scan(&seen)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(run.stderr.String(), "migguard: succeeded") {
			break
		}
		if seen {
			after := rand.N(afterMoment)
			<-time.After(after)
			return fmt.Sprintf("%v after %s", after, moment)
		}
	}
	return "when it had ended: never saw " + moment
}
