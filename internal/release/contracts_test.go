package release_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// ignoring is the contract of code that has a model of users without notes, as
// Rails' ignored_columns leaves it, and nothing else.
func ignoring(gaps ...contract.Gap) *contract.Contract {
	users := contract.Every("notes")
	return contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1}, []contract.Relation{{
		Name: contract.Name{Name: "users"},
		Uses: []contract.Use{{Origin: contract.Model, By: "User", At: contract.Evidence{File: "app/models/user.rb", Line: 2},
			Reads: users, Updates: users, Adds: true, Inserts: users}},
	}}, gaps)
}

// lockedLedger is a session of the database's ledger, for nobody else. The caller closes it.
func lockedLedger(t *testing.T, db *pgtest.DB) *ledger.Ledger {
	t.Helper()
	config, err := pg.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	return l
}

// released has a release of a build succeed, with a contract unless that is nil.
func released(t *testing.T, db *pgtest.DB, app, build string, c *contract.Contract) {
	t.Helper()
	l := lockedLedger(t, db)
	defer l.Close()
	id, err := l.Begin(t.Context(), ledger.Release{App: app, Build: build, Migguard: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	if c != nil {
		var text bytes.Buffer
		if err := c.Write(&text); err != nil {
			t.Fatal(err)
		}
		if err := l.RecordContract(t.Context(), build, text.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Finish(t.Context(), id, ledger.Succeeded, 0, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// What code ignores goes, and the code goes on.
func TestWhatNoCodeUses(t *testing.T) {
	t.Parallel()
	const old = "insert into users (id) values (2); update users set name = 'x' where id = 2; select id, name from users"
	for name, sql := range map[string]string{
		"column":              "alter table users drop column notes",
		"column, at large":    "alter table users drop notes cascade, add rank int",
		"column, in a block":  "do $$ begin alter table users drop column notes; end $$",
		"column's name":       "alter table users rename notes to memo",
		"column's type":       "alter table users alter notes type int using 0",
		"table":               "drop table scraps",
		"table, with schema":  "drop schema attic cascade",
		"table's name":        "do $$ begin alter table scraps rename to bits; end $$",
		"required":            "alter table scraps add need int not null",
		"required later":      "alter table users alter notes set default 'x'; update users set notes = ''; alter table users alter notes set not null",
		"view":                "drop view shown",
		"partitions' column":  "alter table parted drop column notes",
		"column, then a view": "drop view shown; alter table users drop column notes",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				released(t, db, "", "one", ignoring())
				b := setup(t, db, options{}, `create table users (id int primary key, name text, notes text); insert into users values (1, 'a', 'b');
					create table parted (id int, notes int) partition by list (id); create table parted_1 partition of parted for values in (1);
					create table scraps (id int); create schema attic; create table attic.old (id int); create view shown as select id from users`)
				b.run(t, sql)
				b.olds(t, old)
			})
		})
	}
}

// Whatever leaves it open whether code uses a column, or says so, is refused with
// the reason.
func TestWhatCodeMayUse(t *testing.T) {
	t.Parallel()
	anything := contract.Gap{Reach: contract.Anything, Why: "SQL that is built when the code runs", At: contract.Evidence{File: "lib/report.rb", Line: 7}}
	for name, c := range map[string]struct {
		sql   string
		code  string
		given string
		first []string // builds, the running one last; contracts of those that begin with a c
		gaps  []contract.Gap
		why   string
	}{
		"used":             {"alter table users drop column name", "MG004", "", []string{"c1"}, nil, "build c1 of run 1: model User reads and writes every column but notes (app/models/user.rb:2)"},
		"used table":       {"drop table users", "MG003", "", []string{"c1"}, nil, "The code that runs needs it: "},
		"gap":              {"alter table users drop column notes", "MG004", "", []string{"c1"}, []contract.Gap{anything}, "SQL that is built when the code runs (lib/report.rb:7)"},
		"one without":      {"alter table users drop column notes", "MG004", "", []string{"x1", "c2"}, nil, "build x1 of run 1: no contract of it is recorded"},
		"function":         {"alter table users drop column notes", "MG004", "create function f() returns text language sql as $$ select 'x' as NOTES $$;", []string{"c1"}, nil, "function f() names notes"},
		"partitions":       {"alter table parted drop column name", "MG004", "create table parted (id int, name text) partition by list (id); alter table users rename to was; create table users partition of parted for values in (1);", []string{"c1"}, nil, "build c1 of run 1: model User reads and writes every column but notes"},
		"left out":         {"alter table users alter notes set not null", "MG011", "", []string{"c1"}, nil, "model User reads and writes every column but notes, and leaves notes out"},
		"required by code": {"alter table users add need int not null", "MG011", "delete from users;", []string{"c1"}, nil, "leaves need out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				for _, build := range c.first {
					var has *contract.Contract
					if strings.HasPrefix(build, "c") {
						has = ignoring(c.gaps...)
					}
					released(t, db, "", build, has)
				}
				b := setup(t, db, options{policy: dropsRefused}, "create table users (id int primary key, name text, notes text); insert into users values (1, 'a', 'b');"+c.given)
				e := b.fails(t, c.code, c.sql)
				if !strings.Contains(e.Detail, c.why) {
					t.Errorf("detail %q", e.Detail)
				}
			})
		})
	}
}

// The id of a build may be that of other code, too: what one has used stays used.
func TestContractsOfOneBuild(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table users (id int primary key, name text, notes text)")
		all := contract.Every()
		uses := contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1}, []contract.Relation{{Name: contract.Name{Name: "users"},
			Uses: []contract.Use{{Origin: contract.Model, By: "Person", Reads: all, Updates: all, Adds: true, Inserts: all}}}}, nil)
		doNeeding(t, db, uses, "same", nil, "select 1")
		if ended, out := doNeeding(t, db, ignoring(), "same", nil, "alter table users drop column notes"); ended.Exit != release.ExitRefused || !strings.Contains(out, "model Person reads and writes every column") {
			t.Errorf("%d\n%s", ended.Exit, out)
		}
		doNeeding(t, db, ignoring(), "next", nil, "select 1")
		db.Exec(t, "update migguard.release set outcome = 'failed' where build = 'same'")
		if ended, out := doNeeding(t, db, ignoring(), "last", nil, "alter table users drop column notes"); ended.Exit != 0 || !strings.Contains(out, "unused   alter table users drop column notes\n") {
			t.Errorf("%d\n%s", ended.Exit, out)
		}
	})
}

// A model of the new code whose table or column no migration has made is pointed
// out, unless the code that runs has it, too.
func TestForgottenMigration(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table users (id int primary key)")
		build := func(columns map[string]string) *contract.Contract {
			var relations []contract.Relation
			for table, column := range columns {
				named := contract.Named("id", column)
				relations = append(relations, contract.Relation{Name: contract.Name{Name: table}, Uses: []contract.Use{{
					Origin: contract.Model, By: "M", At: contract.Evidence{File: table + ".py", Line: 3}, Reads: named, Updates: named, Adds: true, Inserts: named}}})
			}
			return contract.New(contract.Source{Scanner: "scan", Whole: true}, relations, nil)
		}
		first := build(map[string]string{"users": "id", "elsewhere": "id"})
		if _, out := doNeeding(t, db, first, "one", nil, "select 1"); strings.Contains(out, "is not there") { // nothing is known of what runs
			t.Error(out)
		}
		doNeeding(t, db, first, "two", nil, "select 1")
		second := build(map[string]string{"users": "nick", "elsewhere": "id", "orders": "id"})
		ended, out := doNeeding(t, db, second, "three", nil, "create table unrelated (id int)")
		for _, want := range []string{"column nick of users, model M, users.py:3", "table orders, model M, orders.py:3", "column id of orders"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in\n%s", want, out)
			}
		}
		if len(ended.Report.Missing) != 3 || ended.Exit != release.ExitRefused || ended.Report.Outcome != "refused" || strings.Contains(out, "elsewhere") {
			t.Errorf("%d %+v\n%s", ended.Exit, ended.Report.Missing, out)
		}
		db.Exec(t, "select 1 from unrelated") // the migrations stay
		third := build(map[string]string{"users": "nick", "late": "id"})
		if ended, out := doNeeding(t, db, third, "four", nil, "create table late (id int)", "alter table users add nick text"); ended.Exit != 0 || ended.Report.Missing != nil {
			t.Errorf("%+v\n%s", ended.Report.Missing, out)
		}

		// A rollback to a build whose table has gone.
		if ended, out := doNeeding(t, db, first, "five", []string{"dropped-table:late"}, "drop table late"); ended.Exit != 0 {
			t.Fatal(out)
		}
		ended, out = doNeeding(t, db, third, "four", nil, "create table never (id int)")
		if ended.Exit != release.ExitRefused || ended.Report.Outcome != "refused" || !strings.Contains(ended.Report.Reason, "table late, model M, late.py:3") || strings.Contains(ended.Report.Reason, "users") {
			t.Errorf("%d %s\n%s", ended.Exit, ended.Report.Reason, out)
		}
		if got := db.Value(t, "select to_regclass('never') is null"); got != "t" {
			t.Error("its command was run")
		}
		if ended, out := doNeeding(t, db, first, "one", nil, "select 1"); ended.Exit != 0 { // fits
			t.Errorf("%d\n%s", ended.Exit, out)
		}
	})
}

// Another app's code counts, and code that reaches a table through a shim knows
// it by another name.
func TestWhoElseUsesIt(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		const drop = "alter table users drop column notes"
		released(t, db, "other", "its", nil)
		released(t, db, "", "one", ignoring())
		b := setup(t, db, options{policy: dropsRefused}, "create table users (id int primary key, name text, notes text); create table people (id int, notes text)")
		b.fails(t, "MG004", drop)
		b.end(t, ledger.Refused)

		released(t, db, "other", "its", ignoring())
		b.start(t, options{policy: dropsRefused})
		b.run(t, "alter table people rename to users_of_old")
		e := b.fails(t, "MG004", "alter table users_of_old drop column notes cascade")
		if !strings.Contains(e.Detail, "through a shim") {
			t.Errorf("detail %q", e.Detail)
		}
		b.run(t, drop)
		b.wants(t, "people v, users r, users_of_old r", "people -> users_of_old")
		b.fails(t, "MG011", "alter table users_of_old alter id set not null")
	})
}
