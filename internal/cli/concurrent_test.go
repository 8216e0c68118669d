package cli_test

import (
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestTwoRuns: the second one waits, says for whom, and gives up when told to
// or goes on when the first one ends.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		first, stdin := shell(t, db, "echo here; read line", "--build", "one")
		first.stdout.await(t, "here")
		app := newSQL(t, "goose", "first")

		on(db.URL, "run", "--lock-wait", "300ms").in(app).run(t).
			expect(t, 75, "waiting for another run to end: pid ", "of build one", "another run holds the ledger lock", "waited 300ms")
		on(db.URL, "run", "--lock-wait", "0s").in(app).run(t).expect(t, 75, "another run holds the ledger lock")

		second := on(db.URL, "run").in(app).start(t)
		second.stderr.await(t, "waiting for another run to end")
		wantRelations(t, db, "")
		_ = stdin.Close()
		first.wait(t).expect(t, 1)
		second.wait(t).expect(t, 0, "succeeded")
		wantRelations(t, db, "r accounts, r goose_db_version")
	})
}

// TestSIGTERMWhileWaiting: a run that waits for another one ends at once.
func TestSIGTERMWhileWaiting(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	first, stdin := shell(t, db, "echo here; read line; true")
	first.stdout.await(t, "here")
	for signal, code := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
		second := on(db.URL, "run", "--", "true").start(t)
		second.stderr.await(t, "waiting for another run to end")
		if err := second.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		second.wait(t).expect(t, code, "interrupted: "+signal.String())
	}
	_ = stdin.Close()
	first.wait(t).expect(t, 0)
	if got := db.Value(t, "SELECT string_agg(outcome, ' ') FROM migguard.release"); got != "succeeded" {
		t.Errorf("runs in the ledger: %s", got)
	}
}

// TestTableLocked: a run that does not get a table's lock ends with "try
// again", has changed nothing, and works when tried again.
func TestTableLocked(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		on(db.URL, "run").in(newSQL(t, "goose", "first")).run(t).expect(t, 0)
		before := appCatalog(t, db)
		holder := db.Connect(t)
		if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE accounts IN ACCESS SHARE MODE"); err != nil {
			t.Fatal(err)
		}
		app := newSQL(t, "goose", "first", "second")
		on(db.URL, "run", "--lock-wait", "3s").in(app).run(t).
			expect(t, 75, "waiting  ALTER TABLE accounts RENAME TO members", "failed: ", "releasing again is safe")
		sameCatalog(t, before, appCatalog(t, db))
		if _, err := holder.Exec(t.Context(), "COMMIT"); err != nil {
			t.Fatal(err)
		}
		on(db.URL, "run").in(app).run(t).expect(t, 0, "1 shimmed")
	})
}
