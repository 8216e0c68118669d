package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// synced is a table with a column of everything that a rename has to bring along.
const synced = `create table things (id int generated always as identity primary key, "Na me" varchar(40) collate "C" not null default 'x',
		rank numeric(10,2), unique ("Na me", rank), check ("Na me" <> ''));
	create unique index things_lower on things (lower("Na me"), id) where "Na me" <> 'y';
	create index things_include on things (rank) include ("Na me") with (fillfactor = 70);
	insert into things ("Na me", rank) select 'n' || g, g from generate_series(1, 500) g`

// Where code looks into no overlay, a copy takes the old name. All that belongs to the
// column stays with it, and in the end there is only what the statement would have made.
func TestSync(t *testing.T) {
	t.Parallel()
	const rename = `alter table things rename "Na me" to label`
	for name, sql := range map[string][]string{
		"alone":      {rename},
		"twice sent": {rename, rename},
		"and back":   {rename, `alter table things rename label to "Na me"`, rename},
		"two":        {rename, "alter table things rename rank to place"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				bare := db.Server.NewDB(t)
				bare.Exec(t, synced)
				bare.Exec(t, sql[0])
				if name == "two" {
					bare.Exec(t, sql[1])
				}
				b := setup(t, db, options{}, synced)
				b.run(t, sql...)
				b.olds(t, `insert into things ("Na me", rank) values ('old', -1)`, `update things set "Na me" = 'changed' where rank = -1`,
					`insert into things ("Na me") values ('up') on conflict (lower("Na me"), id) where "Na me" <> 'y' do nothing`,
					`select "Na me", label from things`,
					"set session_replication_role = replica", `insert into things ("Na me", rank) values ('changed', -2)`, "reset session_replication_role")
				if got := db.Value(t, `select label from things where "Na me" = 'changed' and rank = -1`); got != "changed" {
					t.Error(got)
				}
				if _, refused := b.Recorded(); refused != 0 {
					t.Errorf("%d refused", refused)
				}
				b.end(t, ledger.Succeeded)
				if got := db.Value(t, `select count(*) from things where label is distinct from "Na me"`); got != "0" {
					t.Errorf("%s rows differ", got)
				}
				db.Exec(t, "delete from things where label in ('changed', 'up')")
				dropSynced(t, db)
				if got, want := db.Value(t, fullShape), bare.Value(t, fullShape); got != want {
					t.Errorf("%s\nwant\n%s", got, want)
				}
				if got := db.Value(t, "select count(*) from pg_trigger where not tgisinternal") + db.Value(t, "select count(*) from pg_proc where proname like 'sync%'"); got != "00" {
					t.Errorf("triggers and functions left: %s", got)
				}
			})
		})
	}
}

// dropSynced drops what stands, as a run does when no code needs it.
func dropSynced(t *testing.T, db *pgtest.DB) {
	t.Helper()
	l := lockedLedger(t, db)
	defer l.Close()
	deferred, err := l.Deferred(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deferred {
		if err := l.DropDeferred(t.Context(), d.ID); err != nil {
			t.Error(err)
		}
	}
}

// A copy whose rename never came is taken away by the run of another build, with the
// tasks that would make it; one of the same build goes on with it.
func TestPreparedSyncIsTakenAway(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, synced)
		doWith(t, db, nil, "one", &judge.Policy{}, "select 1")
		const failing = "begin; alter table things rename rank to place; select 1 / 0; commit"
		left := func() string {
			return db.Value(t, `select concat_ws(' ', (select count(*) from pg_attribute where attname = 'mg_copy_3' and attrelid = 'things'::regclass), (select count(*) from pg_trigger where not tgisinternal),
				(select count(*) from migguard.task where closed_at is null))`)
		}
		if ended, out := doWith(t, db, nil, "two", &judge.Policy{}, failing); ended.Exit == 0 || left() != "1 1 0" {
			t.Errorf("left %s\n%s", left(), out)
		}
		db.Exec(t, "update migguard.task set closed_at = null, done = false")
		if ended, out := doWith(t, db, nil, "three", &judge.Policy{}, "select 1"); ended.Exit != 0 || left() != "0 0 0" || strings.Contains(out, "filled in") {
			t.Errorf("left %s\n%s", left(), out)
		}
	})
}

// A transaction whose statement comes again is not committed where its client goes on from a
// savepoint: the migration would be noted as done.
func TestSyncGivesItsTransactionUp(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]string{"commit": "commit", "chain": "commit and chain", "behind another": "select 1; end", "prepared": "prepare transaction 'p'"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, synced, "create table done (n int)")
				b.run(t, "begin", "savepoint a")
				b.fails(t, "MG061", "alter table things rename rank to place")
				b.run(t, "rollback to a", "insert into done values (1)")
				b.fails(t, "MG061", commit)
				if got := db.Value(t, "select count(*) from done"); got != "0" {
					t.Errorf("%s done", got)
				}
				if err := b.Copies(t.Context()); err != nil {
					t.Fatal(err)
				}
				if b.client.PgConn().TxStatus() != 'I' {
					b.run(t, "rollback")
				}
				b.run(t, "begin", "alter table things rename rank to place", "insert into done values (1)", "commit")
				b.fails(t, "MG061", `create table x (n int); alter table things rename "Na me" to label`)
				b.run(t, "begin", "insert into done values (2)", "commit") // which is another one
			})
		})
	}
}

// What keeps two columns equal fires for no row that another column is filled in of.
func TestSyncIsNoTriggerOfOthers(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, synced)
		b.run(t, "alter table things rename rank to place", "alter table things add token text not null default md5(random()::text)")
		if err := b.Tasks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := db.Value(t, "select count(*) || ' ' || count(distinct token) || ' ' || count(*) filter (where place is distinct from rank) from things"); got != "500 500 0" {
			t.Error(got)
		}
		if verdicts, _ := b.Recorded(); strings.Join(verdicts, " ") != "shim rewrite" {
			t.Error(verdicts)
		}
	})
}

// A rename waits for its copy also behind what has locked its table; not where its transaction has
// changed what a copy is made of.
func TestSyncBehindOtherChanges(t *testing.T) {
	t.Parallel()
	for before, code := range map[string]string{
		"alter table things add more int":        "MG061",
		"create index on things (rank)":          "MG061",
		"alter table things rename to stuff":     "MG002",
		`create index on things (rank, "Na me")`: "MG002",
	} {
		t.Run(before, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, synced)
				table := "things"
				if strings.Contains(before, "rename to") {
					table = "stuff"
				}
				b.run(t, "begin", before)
				b.fails(t, code, `alter table `+table+` rename "Na me" to label`)
			})
		})
	}
}

// What people drop by hand leaves nothing of a copy's.
func TestSyncDroppedByHand(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"drop table things", `alter table things drop column "Na me" cascade`, "alter table things drop column label cascade"} {
		t.Run(sql, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, synced)
				b.run(t, `alter table things rename "Na me" to label`)
				b.end(t, ledger.Succeeded)
				db.Exec(t, sql)
				dropSynced(t, db)
				if got := db.Value(t, "select (select count(*) from pg_proc where proname like 'sync%') + (select count(*) from migguard.deferred where closed_at is null)"); got != "0" {
					t.Errorf("%s functions and records left", got)
				}
			})
		})
	}
}

// Renaming back a column that has got a unique index since then would leave code that knows
// the index by the name that goes without one for ON CONFLICT.
func TestSyncBackWithNewIndex(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, synced)
		b.run(t, "alter table things rename rank to place", "create unique index since on things (place)", "create index on things (place)")
		b.end(t, ledger.Succeeded)
		b.start(t, options{allow: []string{"lost-arbiter:things"}})
		if e := b.fails(t, "MG002", "alter table things rename place to rank"); !strings.Contains(e.Detail, "since") {
			t.Error(e.Detail)
		}
		b.olds(t, "insert into things (place) values (1) on conflict (place) do nothing")
		b.run(t, "drop index since", "alter table things rename place to rank")
		b.olds(t, "update things set place = -7 where rank = 3", "select 1 / count(*) from things where rank = -7")
	})
}
