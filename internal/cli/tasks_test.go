package cli_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// constraintsAtOnce goes after what has no section of its own.
const constraintsAtOnce = "[policy]\nrejected-write = 'allow'\n"

// largeTables leaves no table with a row small.
const largeTables = "small-table-rows = 0\nsmall-table-mb = 0\n"

// TestIndexOfLargeTable: a Rails migration, which is a transaction, adds an
// index that is built when it has committed. Old code writes meanwhile.
func TestIndexOfLargeTable(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		bareRails(t, db, newRails(t, "first"))
		db.Exec(t, "INSERT INTO accounts (email, created_at, updated_at) SELECT 'old-' || n, now(), now() FROM generate_series(1, 20000) n", "ANALYZE accounts")
		old := newOldCode(t, db, "user", "created_at, updated_at", "now(), now()")
		if _, err := old.conn.Exec(t.Context(), "SET lock_timeout = '2s'"); err != nil {
			t.Fatal(err)
		}
		app := newRails(t, "first")
		writeFile(t, app, "db/migrate/20260101000010_add_index.rb", `class AddIndex < ActiveRecord::Migration[6.1]
  def change
    add_index :accounts, :level
    execute "SELECT pg_advisory_lock(42)"
    change_column_default :accounts, :level, 1
  end
end
`)
		gate := db.Connect(t)
		if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_lock(42)"); err != nil {
			t.Fatal(err)
		}
		started := on(db.URL, "run").in(app).start(t)
		for deadline, waits := time.Now().Add(patience), false; !waits; {
			err := gate.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted)").Scan(&waits)
			if err != nil || time.Now().After(deadline) {
				t.Fatalf("the migration does not get there: %v\n%s", err, started.stderr)
			}
		}
		old.work(t) // between the statement and its transaction's end
		if _, err := gate.Exec(t.Context(), "SELECT pg_advisory_unlock(42)"); err != nil {
			t.Fatal(err)
		}
		started.wait(t).expect(t, 0, `rewritten  CREATE INDEX "index_accounts_on_level" ON "accounts" ("level")`, "accounts has about 2",
			"built    index index_accounts_on_level on public.accounts in", "1 rewritten")
		old.work(t)
		if got := db.Value(t, "SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index WHERE indexrelid = 'index_accounts_on_level'::regclass"); got !=
			"CREATE INDEX index_accounts_on_level ON public.accounts USING btree (level) true" {
			t.Error(got)
		}
	})
}

// TestTasks: duplicates keep a unique index from being built. The release fails,
// and so do later ones, until they are gone or the task is given up.
func TestTasks(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		on(db.URL, "tasks").run(t).says(t, "Nothing is owed.")
		app := newApp(t)
		writeFile(t, app, "migguard.toml", largeTables+constraintsAtOnce)
		writeFile(t, app, "migrations/00001_items.sql", "-- +goose Up\nCREATE TABLE items (n int);\n")
		on(db.URL, "run", "--build", "one").in(app).run(t).expect(t, 0)
		db.Exec(t, "INSERT INTO items VALUES (1), (1)")
		writeFile(t, app, "migrations/00002_index.sql", "-- +goose Up\nCREATE UNIQUE INDEX items_n ON items (n);\n")
		writeFile(t, app, "migrations/00003_more.sql", "-- +goose Up\nCREATE TABLE more (n int);\n")

		on(db.URL, "run").in(app).run(t).expect(t, 77, "could not create unique index", "refused  CREATE TABLE more", "Remove the duplicates", "migguard tasks")
		on(db.URL, "run").in(app).run(t).expect(t, 77, "could not create unique index", "going on: a migration may mend that", "failed: 1 schema statement", "Remove the duplicates", "migguard tasks drop")
		r := on(db.URL, "tasks", "--format", "json").run(t)
		var tasks []struct {
			ID                                   int
			Kind, Relation, Object, State, Error string
		}
		if err := json.Unmarshal([]byte(r.stdout), &tasks); err != nil || len(tasks) != 1 || tasks[0].Object != "items_n" ||
			tasks[0].Relation != "public.items" || tasks[0].State != "owed" || !strings.Contains(tasks[0].Error, "23505") {
			t.Fatalf("%v\n%s", err, r.stdout)
		}
		on(db.URL, "tasks").run(t).says(t, "create-index  items_n  public.items  run 2", "could not create unique index")
		on(db.URL, "status").run(t).says(t, "TASKS\nID", "items_n")

		// The code that is out has run without the index, and may go on so.
		on(db.URL, "run", "--build", "one").in(app).run(t).expect(t, 0, "going on: a migration", "nothing is pending", "has run without that: going on", "succeeded")
		on(db.URL, "run", "--build", "two").in(app).run(t).expect(t, 77)
		writeFile(t, app, "migrations/00004_mend.sql", "-- +goose Up\nDELETE FROM items;\n")
		on(db.URL, "run", "--build", "two").in(app).run(t).expect(t, 0, "going on: a migration", "built    index items_n on public.items in", "succeeded")
		on(db.URL, "tasks").run(t).says(t, "Nothing is owed.")
		if got := db.Value(t, "SELECT count(*) FROM pg_index WHERE indexrelid = 'items_n'::regclass AND indisvalid"); got != "1" {
			t.Error(got)
		}
	})
}

// TestTaskDrop gives a task up: the next run has nothing to do for it.
func TestTaskDrop(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, args := range [][]string{{"tasks", "drop"}, {"tasks", "drop", "x"}, {"tasks", "drop", "1", "2"}, {"tasks", "drop", "1"}, {"tasks", "more"}} {
		on(db.URL, args...).run(t).expect(t, 64)
	}
	app := newApp(t)
	writeFile(t, app, "migguard.toml", largeTables+constraintsAtOnce)
	writeFile(t, app, "migrations/00001_items.sql", "-- +goose Up\nCREATE TABLE items (n int);\n")
	on(db.URL, "run").in(app).run(t).expect(t, 0)
	db.Exec(t, "INSERT INTO items VALUES (1), (1)")
	writeFile(t, app, "migrations/00002_index.sql", "-- +goose Up\nCREATE UNIQUE INDEX items_n ON items (n);\n")
	on(db.URL, "run").in(app).run(t).expect(t, 77, "migguard tasks")
	id := db.Value(t, "SELECT id FROM migguard.task")
	on(db.URL, "tasks", "drop", id).run(t).says(t, "Task "+id+" is given up.")
	on(db.URL, "tasks", "drop", id).run(t).expect(t, 64, "no task "+id+" is owed")
	on(db.URL, "run").in(app).run(t).expect(t, 0, "nothing is pending")
}
