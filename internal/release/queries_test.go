package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const dropNotes = "alter table users drop column notes"

// eachCounting is pgtest.Each on servers of the test's own, as the queries of other
// tests would push its own out. Each database has a table users.
func eachCounting(t *testing.T, f func(t *testing.T, db *pgtest.DB)) {
	for _, shared := range pgtest.Servers(t) {
		t.Run(fmt.Sprintf("pg%d", shared.Major), func(t *testing.T) {
			t.Parallel()
			db := pgtest.StartFor(t, pgtest.Options{Major: shared.Major}).NewDB(t)
			db.Exec(t, "create extension pg_stat_statements; create table users (id int primary key, name text, notes text)")
			f(t, db)
		})
	}
}

// evidence is what the report of a run says about its hazards.
func evidence(e release.Ended) string {
	var said []string
	for _, s := range e.Report.Statements {
		for _, h := range s.Hazards {
			said = append(said, h.Evidence)
		}
	}
	return strings.Join(said, "\n")
}

// A column that no source names, but a query that the database has seen, is kept;
// the message says how often and how to be rid of it. One that nobody has sent since
// the last release is of code that is gone.
func TestSeenQueryKeepsColumn(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		const select1, select2 = "select id from users where notes = 'a'", "select id from users where notes = 'b'"
		db.Exec(t, select1, select2)
		doNeeding(t, db, ignoring(), "one", nil, "select 1")
		refused := func(why string) {
			t.Helper()
			ended, out := doNeeding(t, db, ignoring(), "two", nil, dropNotes)
			if ended.Exit != release.ExitRefused || !strings.Contains(evidence(ended), why) || !strings.Contains(evidence(ended), "select id from users where notes = $1") {
				t.Errorf("%d, want %q\n%s\n%s", ended.Exit, why, evidence(ended), out)
			}
			if hint := ended.Report.Statements[0].Hint; !strings.Contains(hint, `SELECT "public".pg_stat_statements_reset()`) {
				t.Errorf("hint %q", hint)
			}
		}
		db.Exec(t, select1)
		refused("has seen a use: a query seen 3 times since ")
		refused(", and since the last release (") // a refused run changes nothing of that
		doNeeding(t, db, ignoring(), "two", nil, "select 1")

		// The code that has sent it is gone.
		ended, out := doNeeding(t, db, ignoring(), "two", nil, dropNotes)
		if ended.Exit != 0 || !strings.Contains(evidence(ended), "Nor does any of ") || !strings.Contains(evidence(ended), "more were not sent since the last release") {
			t.Errorf("%d %s\n%s", ended.Exit, evidence(ended), out)
		}
	})
}

// A name that only a query has is kept as long as nobody knows that the code is gone which
// sent it, by the rule that knows the name best.
func TestSeenConstraintKeepsName(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		const rename = "alter table users rename constraint users_pkey to users_key"
		db.Exec(t, "drop extension pg_stat_statements")
		doNeeding(t, db, ignoring(), "one", nil, "select 1") // which could not look
		db.Exec(t, "create extension pg_stat_statements", "insert into users (id) values (1) on conflict on constraint users_pkey do nothing")
		ended, out := doNeeding(t, db, ignoring(), "one", nil, rename)
		if ended.Exit != release.ExitRefused || !strings.Contains(out, "renamed-constraint") || !strings.Contains(evidence(ended), ", perhaps not since the last release (") {
			t.Errorf("%d %s\n%s", ended.Exit, evidence(ended), out)
		}
		for range 2 {
			doNeeding(t, db, ignoring(), "one", nil, "select 1")
		}
		if ended, out := doNeeding(t, db, ignoring(), "two", nil, rename); ended.Exit != 0 {
			t.Errorf("%d %s\n%s", ended.Exit, evidence(ended), out)
		}
	})
}

// What was reset and is seen again was seen since the last release, and so was what
// was never seen before it.
func TestSeenSinceReset(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		const query = "update users set notes = 'x'"
		db.Exec(t, query, query, query)
		doNeeding(t, db, ignoring(), "one", nil, "select 1")
		for _, forget := range []string{"select pg_stat_statements_reset()",
			"select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()))", "select 1"} {
			db.Exec(t, forget, query)
			if ended, out := doNeeding(t, db, ignoring(), "two", nil, dropNotes); ended.Exit != release.ExitRefused || !strings.Contains(evidence(ended), ", and since the last release (") {
				t.Errorf("%s: %d %s\n%s", forget, ended.Exit, evidence(ended), out)
			}
		}
	})
}

// Migrations' own queries are no evidence, and neither are migguard's, DDL, a dump,
// what reads all columns and what uses other tables' columns.
func TestSeenWithoutUse(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		doNeeding(t, db, ignoring(), "one", nil, "update users set notes = 'x'", "insert into users (id, notes) values (1, 'a')")
		doNeeding(t, db, ignoring(), "two", nil, "update users set notes = 'y' where id = 1", "select broken")
		db.Exec(t, "create table other (notes text)", "insert into other (notes) values ('x')", "alter table users alter notes set default 'x'",
			"create index on users (notes)", "select * from users", "select users.* from users where id = 1", "select name, id from users")
		if _, err := db.Connect(t).PgConn().CopyTo(t.Context(), &strings.Builder{}, "copy public.users (id, name, notes) to stdout"); err != nil {
			t.Error(err)
		}
		if ended, out := doNeeding(t, db, ignoring(), "three", nil, dropNotes); ended.Exit != 0 || !strings.Contains(evidence(ended), "Nor does any of ") {
			t.Errorf("%d %s\n%s", ended.Exit, evidence(ended), out)
		}
	})
}

// Every way of use is one, and tables count as well as columns.
func TestSeenWaysOfUse(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table scraps (id int, memo text)")
		doNeeding(t, db, ignoring(), "one", nil, "select 1")
		for _, c := range [][2]string{
			{"insert into users values (1, 'n', 'x')", dropNotes},
			{"/* app:web */ with u as (delete from users where notes is null returning id) select count(*) from u", dropNotes},
			{"begin; declare c cursor for select u.notes from public.users u; commit", dropNotes},
			{"copy ( select notes from users ) to '/dev/null'", dropNotes},
			{"copy users (id, notes) from '/dev/null'", dropNotes},
			{"(select notes from users) union (select name from users) order by 1", dropNotes},
			{"select * from scraps", "drop table scraps"},
			{"insert into scraps values (1)", "alter table scraps add need int not null"},
			{"insert into scraps (id) values (1); update scraps set memo = ''", "alter table scraps alter memo set not null"},
		} {
			db.Exec(t, "select pg_stat_statements_reset()", c[0])
			if ended, out := doNeeding(t, db, ignoring(), "two", nil, c[1]); ended.Exit != release.ExitRefused || !strings.Contains(evidence(ended), "has seen") {
				t.Errorf("%s: %d %s\n%s", c[0], ended.Exit, evidence(ended), out)
			}
		}
	})
}

// What cannot be read is said, and is no evidence; neither is what another
// database's queries, however many, say of tables of the same name.
func TestSeenButUnread(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		doNeeding(t, db, ignoring(), "one", nil, "select 1")
		other := db.Server.NewDB(t)
		other.Exec(t, "create table users (notes text)", "select notes from users", "update users set notes = 'x'")
		db.Exec(t, "select id from users where "+strings.Repeat("notes is null or ", 5000)+"true")
		if ended, out := doNeeding(t, db, ignoring(), "two", nil, dropNotes); ended.Exit != 0 || !strings.Contains(evidence(ended), "; 1 more could not be read.") {
			t.Errorf("%d %s\n%s", ended.Exit, evidence(ended), out)
		}
	})
}

// Where the source leaves it open, a query that the database has seen settles it;
// that there is none settles nothing.
func TestSeenWhereSourceIsUnknown(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		unclear := ignoring(contract.Gap{Reach: contract.Anything, Why: "Go is not understood"})
		doNeeding(t, db, unclear, "one", nil, "select 1")
		for _, query := range []string{"select 1", "select id from users where notes = 'a'"} {
			db.Exec(t, query)
			ended, out := doNeeding(t, db, unclear, "two", nil, dropNotes)
			seen := strings.Contains(evidence(ended), ": Go is not understood. But the database has seen a use: a query seen once")
			if ended.Exit != release.ExitRefused || seen != strings.Contains(query, "notes") || !strings.Contains(evidence(ended), "Go is not understood") {
				t.Errorf("%s: %d %s\n%s", query, ended.Exit, evidence(ended), out)
			}
		}
	})
}

// Without the extension the source alone is asked, and the report says so. A
// source's own yes stays what it is.
func TestNothingSeen(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table users (id int primary key, name text, notes text)")
		doNeeding(t, db, ignoring(), "one", nil, "select 1")
		if ended, _ := doNeeding(t, db, ignoring(), "two", nil, "alter table users drop column name"); !strings.Contains(evidence(ended), "model User") {
			t.Error(evidence(ended))
		}
		ended, out := doNeeding(t, db, ignoring(), "two", nil, dropNotes)
		if ended.Exit != 0 || !strings.Contains(evidence(ended), "pg_stat_statements is not installed (CREATE EXTENSION pg_stat_statements)") {
			t.Errorf("%d %s\n%s", ended.Exit, evidence(ended), out)
		}
	})
}
