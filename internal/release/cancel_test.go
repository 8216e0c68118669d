package release_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A query in the way that runs for too long is cancelled when the user wants that,
// and no other, nor an idle transaction.
func TestCancelBlockers(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{cancel: time.Millisecond}, "create table a (id int); create table other (id int); insert into a values (1); insert into other values (1)")
		inTheWay, elsewhere := sleeping(t, db, "select pg_sleep(600) from a"), sleeping(t, db, "select pg_sleep(600) from other")
		b.run(t, "alter table a rename to b")
		if !inTheWay() {
			t.Error("the query in the way was not cancelled")
		}

		idle := db.Connect(t)
		for _, sql := range []string{"begin", "select from other", "select from b"} {
			if _, err := idle.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatal(err)
			}
		}
		done := b.sending(t, "alter table b rename to c")
		await(t, db, "select count(*) > 0 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
		await(t, db, "select count(*) = 0 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") // its first try is over
		if _, err := idle.Exec(t.Context(), "commit"); err != nil {
			t.Errorf("an idle transaction: %v", err)
		}
		if err := <-done; err != nil {
			t.Error(explain(err))
		}
		if elsewhere() {
			t.Error("a query on another table was cancelled")
		}
	})
}

// sleeping has a session run a query that sleeps. quit ends it, and tells whether it
// was cancelled before.
func sleeping(t *testing.T, db *pgtest.DB, sql string) (quit func() bool) {
	t.Helper()
	conn, ended := db.Connect(t), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
		ended <- err
	}()
	await(t, db, fmt.Sprintf("select count(*) = 1 from pg_stat_activity where pid = %d and wait_event = 'PgSleep'", conn.PgConn().PID()))
	return func() bool {
		cancel()
		var server *pgconn.PgError // none, if it was quit
		return errors.As(<-ended, &server) && server.Code == "57014"
	}
}

// A session whose queries are all short is left alone, however long its transaction is.
func TestCancelBlockersSparesShortQueries(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{cancel: 2 * time.Second}, "create table a (id int)")
		busy, quit, ended := db.Connect(t), make(chan struct{}), make(chan error, 1)
		use := func(sql string) error {
			_, err := busy.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
			return err
		}
		if err := use("begin; select from a"); err != nil {
			t.Fatal(err)
		}
		go func() {
			err := use("select pg_sleep(0.2)")
			for err == nil {
				select {
				case <-quit:
					ended <- use("commit")
					return
				default:
					err = use("select pg_sleep(0.2)")
				}
			}
			ended <- err
		}()
		done := b.sending(t, "alter table a rename to b")
		awaitTries(t, db, 6)
		close(quit)
		if err := errors.Join(<-ended, <-done); err != nil {
			t.Error(explain(err))
		}
	})
}

// Tasks cancel what is in their way, too.
func TestCancelBlockersOfTasks(t *testing.T) {
	t.Parallel()
	const lock = "do $$ begin lock a in share update exclusive mode; perform pg_sleep(600); end $$"
	for kind, c := range map[string]struct{ object, sql, blocker string }{
		ledger.CreateIndex:        {"i", "CREATE INDEX CONCURRENTLY i ON public.a (n)", "select pg_sleep(600) from elsewhere"},
		ledger.ValidateConstraint: {"positive", "", lock},
		ledger.UseIndex:           {"u", "ALTER TABLE public.a ADD CONSTRAINT u UNIQUE USING INDEX u", "select pg_sleep(600) from a"},
		ledger.ReindexIndex:       {"u", "REINDEX (CONCURRENTLY) INDEX public.u", lock},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{cancel: time.Millisecond}, `create table elsewhere (); insert into elsewhere default values;
					create table a (id int, n int); insert into a values (1, 1); create unique index u on a (id); alter table a add constraint positive check (id > 0) not valid`)
				table, err := strconv.ParseUint(db.Value(t, "select 'a'::regclass::oid"), 10, 32)
				if err != nil {
					t.Fatal(err)
				}
				db.Exec(t, ledger.RecordTaskSQL(ledger.NewTask{ReleaseID: b.id, Kind: kind, Relation: uint32(table), Schema: "public", Table: "a", Object: c.object, SQL: c.sql}))
				quit := sleeping(t, db, c.blocker)
				if err := b.Tasks(t.Context()); err != nil {
					t.Error(err)
				}
				if cancelled, owed := quit(), db.Value(t, "select count(*) from migguard.task where not done"); !cancelled || owed != "0" {
					t.Errorf("cancelled: %v; %s owed", cancelled, owed)
				}
			})
		})
	}
}

// So does the end of shims, and of what is dropped later; and without leave nothing is
// cancelled.
func TestCancelBlockersOfDrops(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"cancelled": time.Millisecond, "not yet": time.Hour, "never": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, "create table a (id int); create table c (id int, n int); insert into a values (1); insert into c values (1, 1)")
				b.run(t, "alter table a rename to b", "alter table c drop column n")
				b.end(t, ledger.Succeeded)
				db.Exec(t, "insert into migguard.release (build, outcome, finished_at, migguard) values ('next', 'succeeded', now(), '1')")
				shim, column := sleeping(t, db, "select pg_sleep(600) from a"), sleeping(t, db, "select pg_sleep(600) from c")
				run, id := b.later(t, after)
				if err := run.Prepare(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				left := db.Value(t, "select (select count(*) from migguard.shim where dropped_at is null) + (select count(*) from migguard.deferred where closed_at is null)")
				want := [2]bool{name == "cancelled", name == "cancelled"}
				if cancelled := [2]bool{shim(), column()}; cancelled != want || (left == "0") != want[0] {
					t.Errorf("cancelled: %v; %s left", cancelled, left)
				}
			})
		})
	}
}

// later is a run of a build whose code needs nothing of what was there before.
func (b *bundle) later(t *testing.T, cancel time.Duration) (run *release.Run, id int64) {
	t.Helper()
	config, err := pg.Parse(b.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	if id, err = l.Begin(t.Context(), ledger.Release{Build: "last", Migguard: "1.2.3"}); err != nil {
		t.Fatal(err)
	}
	needs := &contract.Contract{Sources: []contract.Source{{Scanner: "scan", Whole: true, Paths: true, Upserts: true, Rows: true}}, Words: []string{"other"}}
	run = &release.Run{Database: config, Major: b.db.Major, Catalog: b.db.Connect(t), Ledger: l, Build: "last", Contract: needs, Policy: &judge.Policy{},
		LockWait: patience, CancelBlockers: cancel, Out: report.New(t.Output(), false, false), Log: slog.New(slog.DiscardHandler)}
	run.Runs(judge.Code{Name: "build next", Contract: needs})
	return run, id
}
