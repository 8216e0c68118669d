package cli_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// stopTime is how long a run may take to end when it is told to: after 30 s the
// platform kills it.
const stopTime = 30 * time.Second

// An interruption is a run that is told to stop while its migration waits
// inside a transaction.
type interruption struct {
	name  string
	start func(t *testing.T, db *pgtest.DB, sql string) *started
	sql   string
	// everyone: each process gets the signal, as on Heroku; otherwise
	// migguard alone.
	everyone bool
	codes    []int // that it may end with
}

const (
	blocked  = "ALTER TABLE accounts ADD COLUMN blocked int"
	sleeping = "SELECT pg_sleep(60)"
	renaming = "ALTER TABLE accounts RENAME TO blocked"
)

var interruptions = []interruption{
	{"goose, blocked", startGoose, blocked, false, []int{143}},
	{"goose, renaming", startGoose, renaming, false, []int{143}},
	{"goose, sleeping, everyone", startGoose, sleeping, true, []int{143}},
	// Rails catches the signal and rolls back, for which it waits until the
	// statement is over: it is killed when its time is up, unless a second
	// signal (its own, and migguard's) makes it give up with status 1.
	{"rails, blocked, everyone", startRails, blocked, true, []int{1, 137}},
	{"rails, sleeping", startRails, sleeping, false, []int{1, 137}},
	{"psql, blocked, everyone", startPSQL, blocked, true, []int{143}},
	{"psql, sleeping", startPSQL, sleeping, false, []int{143}},
}

// The migrations add a column before they wait, which must not stay.

func startGoose(t *testing.T, db *pgtest.DB, sql string) *started {
	app := newSQL(t, "goose", "first")
	writeFile(t, app, "migrations/00009_wait.sql", "-- +goose Up\nALTER TABLE users_too ADD COLUMN half int;\n"+sql+";\n")
	return on(db.URL, "run").in(app).start(t)
}

func startRails(t *testing.T, db *pgtest.DB, sql string) *started {
	app := newRails(t)
	writeFile(t, app, "db/migrate/20270101000000_wait.rb", fmt.Sprintf(
		"class Wait < ActiveRecord::Migration[6.1]\n  def up\n    add_column :users_too, :half, :integer\n    execute %q\n  end\nend\n", sql))
	return on(db.URL, "run").in(app).start(t)
}

func startPSQL(t *testing.T, db *pgtest.DB, sql string) *started {
	line := `echo 'BEGIN; ALTER TABLE users_too ADD COLUMN half int; ` + sql + `; COMMIT' | psql --no-psqlrc "$DATABASE_URL"`
	return on(db.URL, "run", "--", line).start(t)
}

// TestSIGTERM: what the migration had begun is rolled back, the ledger knows
// the end, nothing is left on the server, all within stopTime.
func TestSIGTERM(t *testing.T) {
	t.Parallel()
	for _, tt := range interruptions {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) { tt.test(t, db) })
		})
	}
}

func (i interruption) test(t *testing.T, db *pgtest.DB) {
	on(db.URL, "run").in(newSQL(t, "goose", "first")).run(t).expect(t, 0)
	db.Exec(t, "CREATE TABLE users_too (id int)")
	before := appCatalog(t, db)
	holder := db.Connect(t)
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE accounts IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	run := i.start(t, db, i.sql)
	i.awaitStatement(t, db, run)
	processes := []int{run.Process.Pid}
	if i.everyone {
		processes = descendants(t, run.Process.Pid)
	}
	began := time.Now()
	for _, pid := range processes {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	r := run.wait(t)
	if took := time.Since(began); took > stopTime {
		t.Errorf("it took %v", took)
	}
	if !slices.Contains(i.codes, r.code) {
		t.Errorf("exit status %d, want one of %d", r.code, i.codes)
	}
	r.expect(t, r.code, "failed: ")
	platform.Eventually(t, "no session is left", func() bool { return backends(t, db) == 1 }) // holder's
	if got := db.Value(t, "SELECT outcome || ' ' || exit_status FROM migguard.release ORDER BY id DESC LIMIT 1"); got != fmt.Sprint("failed ", r.code) {
		t.Errorf("the ledger says %q", got)
	}
	if _, err := holder.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	sameCatalog(t, withoutRails(before), withoutRails(appCatalog(t, db)))
}

// awaitStatement returns when the server works on the statement, or waits for
// its lock; a rename is tried again and again, which migguard says.
func (i interruption) awaitStatement(t *testing.T, db *pgtest.DB, run *started) {
	t.Helper()
	if i.sql == renaming {
		run.stderr.await(t, "waiting  ALTER TABLE")
		return
	}
	platform.Eventually(t, "the statement waits\n"+run.stderr.String(), func() bool {
		return db.Value(t, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%' || $1 || '%'
			AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')`, i.sql) == "1"
	})
}

// withoutRails leaves out what Rails makes before its first migration.
func withoutRails(lines []string) []string {
	var rest []string
	for _, line := range lines {
		if !strings.Contains(line, "schema_migrations") && !strings.Contains(line, "ar_internal_metadata") {
			rest = append(rest, line)
		}
	}
	return rest
}

// descendants are a process and all that it started, directly or not.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	all := []int{pid}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return all // it has ended
	}
	for _, thread := range threads {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		for word := range strings.FieldsSeq(string(children)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, descendants(t, child)...)
		}
	}
	return all
}

// TestInterruptedTask: a Ctrl-C while an index is built is called one, and the next
// run builds it.
func TestInterruptedTask(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE notes (id int)", "INSERT INTO notes VALUES (1)")
	other := db.Connect(t)
	if _, err := other.PgConn().Exec(t.Context(), "BEGIN; INSERT INTO notes VALUES (2)").ReadAll(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFile(t, dir, "migguard.toml", largeTables)
	writeFile(t, dir, "migrations/1_index.up.sql", "CREATE INDEX notes_id ON notes (id);")
	run := on(db.URL, "run").in(dir).start(t)
	for deadline := time.Now().Add(patience); db.Value(t, "SELECT (count(*) > 0)::text FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock' AND query ILIKE 'create index concurrently%'") != "true"; {
		if time.Now().After(deadline) {
			t.Fatalf("no index is built: %s", run.stderr)
		}
	}
	if err := run.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	run.wait(t).expect(t, 75, "index notes_id on public.notes: interrupted: ", "Release again: what is owed stays in the ledger")
	on(db.URL, "tasks").run(t).says(t, "interrupted: ")
	if _, err := other.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	on(db.URL, "run").in(dir).run(t).expect(t, 0, "built    index notes_id on public.notes")
}
