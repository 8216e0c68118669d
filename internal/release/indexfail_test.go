package release_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const leftovers = `select (select count(*) from pg_index where not indisvalid) || ' ' || (select count(*) from migguard.task where closed_at is null)`

// Duplicates are found when the transaction has committed: the task stays, no
// half index does, later migrations wait, and the next run goes on.
func TestIndexFailsAfterCommit(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large+"; insert into a values (0, 'n1')")
		b.run(t, "begin", "create table version (n int)", "create unique index i on a (n)", "insert into version values (1)", "commit", "select * from version")
		if e := b.fails(t, "MG055", "create table later (n int)"); !strings.Contains(e.Message, "could not create unique index") || !strings.Contains(e.Hint, "Remove the duplicates") {
			t.Error(explain(e))
		}
		if got := db.Value(t, leftovers); got != "0 1" {
			t.Errorf("invalid indexes and tasks: %s", got)
		}
		b.olds(t, "insert into a values (-1, 'n1')") // no index keeps it out
		b.end(t, ledger.Failed)

		b.start(t, options{large: true})
		var owed *release.TaskError
		if err := b.Tasks(t.Context()); !errors.As(err, &owed) || !strings.Contains(err.Error(), "i on public.a") {
			t.Errorf("%v", err)
		}
		b.olds(t, "delete from a where id < 1")
		if err := b.Tasks(t.Context()); err != nil {
			t.Error(err)
		}
		if got := db.Value(t, leftovers+" || (select indisunique from pg_index where indexrelid = 'i'::regclass)"); got != "0 0true" {
			t.Error(got)
		}
	})
}

// Alone, the statement fails as it would have, and nothing is owed.
func TestIndexFailsAlone(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large+"; insert into a values (0, 'n1')")
		if e := b.fails(t, "23505", "create unique index i on a (n)"); !strings.Contains(e.Detail, "n1") {
			t.Error(explain(e))
		}
		if got := db.Value(t, leftovers); got != "0 0" {
			t.Error(got)
		}
		b.run(t, "create table later (n int)")
	})
}

// In the extended protocol it is the same, with COMMIT prepared or not.
func TestIndexExtended(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large)
		for _, sql := range []string{"create index i on a (n)", "begin", "create index j on a (d)", "create unique index k on a (n)", "commit",
			"begin", "create index lost on a (n)", "rollback"} {
			extended(t, b, sql)
		}
		if got := db.Value(t, leftovers+"|| (select string_agg(indexrelid::regclass::text, ' ' order by 1) from pg_index where indrelid = 'a'::regclass and not indisprimary)"); got != "0 0i j k" {
			t.Error(got)
		}
		b.olds(t, "insert into a values (0, 'n0')")
		_, err := b.client.PgConn().ExecParams(t.Context(), "create unique index u on a ((id / 2))", nil, nil, nil, nil).Close()
		failed(t, err, "23505", "create unique index")
	})
}

// Who may not make the index is told so before anything is committed.
func TestIndexOfOthersTable(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, large)
		mate, url := role(t, db, "mate")
		db.Exec(t, "grant all on all tables in schema public to "+mate, "grant create on schema public to "+mate, "grant create on database "+db.Name+" to "+mate)
		b := setup(t, db, options{large: true, url: url})
		b.fails(t, "42501", "create index i on a (n)")
		b.run(t, "begin")
		b.fails(t, "42501", "create index i on a (n)")
		b.run(t, "rollback")
		if got := db.Value(t, leftovers); got != "0 0" {
			t.Error(got)
		}
	})
}

// A name that somebody took before the build is not taken for the index.
func TestIndexNameTakenMeanwhile(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large)
		b.run(t, "begin", "create unique index i on a (n)")
		b.olds(t, "create index i on a (d)")
		b.run(t, "commit")
		if err := b.Tasks(t.Context()); err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Error(err)
		}
		if got := db.Value(t, leftovers); got != "0 1" {
			t.Error(got)
		}
	})
}

// awaitBuild returns when an index is being built, and the build waits.
func awaitBuild(t *testing.T, db *pgtest.DB) {
	t.Helper()
	conn := db.Connect(t)
	for deadline := time.Now().Add(patience); ; {
		var waits bool
		err := conn.QueryRow(t.Context(), `select exists (select from pg_stat_progress_create_index p join pg_locks l using (pid)
			where datname = current_database() and not l.granted)`).Scan(&waits)
		if err != nil || time.Now().After(deadline) {
			t.Fatal("no build: ", err)
		}
		if waits {
			return
		}
	}
}

// A transaction of the command's own that the build would wait for is waited
// for by nobody: the index comes when the command is over.
func TestIndexIsPostponed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large)
		lock := b.connect(t)
		if _, err := lock.Exec(t.Context(), "begin; insert into a values (-1)"); err != nil {
			t.Fatal(err)
		}
		b.run(t, "begin", "create index i on a (n)", "commit")
		b.run(t, "begin", "create index j on a (d)", "commit", "create index k on a (id)") // the half index is in their way
		if got := db.Value(t, leftovers); got != "2 3" {
			t.Errorf("%s, want the index to be postponed", got)
		}
		if _, err := lock.Exec(t.Context(), "commit"); err != nil {
			t.Fatal(err)
		}
		if err := b.Tasks(t.Context()); err != nil {
			t.Error(err)
		}
		if got := db.Value(t, leftovers+"|| count(*) from pg_index where indexrelid::regclass::text in ('i', 'j', 'k') and indisvalid"); got != "0 03" {
			t.Error(got)
		}
	})
}

// Somebody else's transaction is waited for, and the client may give up: what
// is committed stays so, and the index is owed.
func TestIndexIsCanceled(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{"alone": "create index i on a (n)", "block": "begin; create index i on a (n); commit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{large: true}, large)
				b.olds(t, "begin", "insert into a values (-1)")
				done := b.sending(t, sql)
				awaitBuild(t, db)
				if err := b.client.PgConn().CancelRequest(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := <-done; name == "alone" {
					failed(t, err, "57014", sql)
				} else if err != nil {
					t.Error(explain(err))
				}
				if got := db.Value(t, "select count(*) from pg_stat_progress_create_index where datname = current_database()"); got != "0" {
					t.Error("the server builds on")
				}
				b.olds(t, "commit")
				b.end(t, ledger.Failed)
				b.start(t, options{large: true})
				if err := b.Tasks(t.Context()); err != nil {
					t.Error(err)
				}
				b.run(t, "create index if not exists i on a (n)") // as a runner would, that has not noted it
				if name == "alone" {
					b.run(t, "create index i on a (n)")
				}
				if got := db.Value(t, leftovers); got != "0 0" {
					t.Error(got)
				}
			})
		})
	}
}
