package release_test

import (
	"io"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A view takes the place of one that stays if it has what that has. It is the migration's own
// then: nothing drops it, and code knows it.
func TestViewsThatStayReplaced(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"or replace":     "create or replace view v as select id, n from t where n <> ''",
		"more columns":   "create or replace view v as select id, n, 1 as more from t",
		"create":         "create view v as select id, n from t where n <> ''",
		"other order":    "create view v as select 1 as more, n, id from t",
		"in a block":     "begin; create view v as select id, n from t; commit",
		"with its right": "begin; create view v as select id, n from t; grant select on v to public; commit",
		"and dropped":    "begin; create view v as select id, n from t; drop view v; commit",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, stayingOn, "drop view on_v")
				if _, err := b.old.Prepare(t.Context(), "prepared", "select id, n from v"); err != nil {
					t.Fatal(err)
				}
				b.run(t, "drop view v", "begin; "+strings.NewReplacer("begin; ", "", "; commit", "").Replace(sql)+"; rollback")
				if left := db.Value(t, stay); left != "v" {
					t.Errorf("rolled back, %q stay", left)
				}
				b.run(t, sql)
				uses := []string{"select id, n from v", "insert into v (id, n) values (2, 'y')", "delete from v where id = 2"}
				b.olds(t, uses...)
				if _, err := b.old.Exec(t.Context(), "prepared"); err != nil {
					t.Error(explain(err))
				}
				want := ""
				if name == "and dropped" {
					want = "v"
				}
				if left := db.Value(t, stay); left != want {
					t.Errorf("%q stay, want %q", left, want)
				}
				b.run(t, "drop view v") // code knows it still
				b.olds(t, uses...)
				if left := db.Value(t, stay); left != "v" {
					t.Errorf("dropped again, %q stay", left)
				}
				b.run(t, "create or replace view v as "+strings.TrimSuffix(db.Value(t, "select pg_get_viewdef('v'::regclass)"), ";"))
				b.end(t, ledger.Succeeded)
				for _, build := range []string{"three", "four", "five"} {
					if ended, out := doWith(t, db, forgetful(), build, &judge.Policy{}, "select 1"); ended.Exit != 0 {
						t.Fatalf("%+v\n%s", ended.Report, out)
					}
				}
				if n := db.Value(t, "select count(*) from v"); n != "1" {
					t.Errorf("%s rows", n)
				}
			})
		})
	}
}

// One that has not what it has is refused, with the reason.
func TestViewsThatStayNotReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ code, sql, says string }{
		"column":              {"MG030", "create view v as select id from t", "it has no column n"},
		"type":                {"MG030", "create view v as select id, 1 as n from t", "its column n was text and is integer"},
		"writes":              {"MG030", "create view v as select distinct id, n from t", "not all that could be written"},
		"writes, or replace":  {"MG030", "create or replace view v as select distinct id, n from t", "not all that could be written"},
		"rights":              {"MG030", "create view v as select id, n from t", "may no longer SELECT"},
		"column, or replace":  {"42P16", "create or replace view v as select id from t", "cannot drop columns from view"},
		"order, or replace":   {"42P16", "create or replace view v as select n, id from t", "cannot change name of view column"},
		"a view on it":        {"MG057", "create view base as select id from t", "is there still"},
		"a view on it, other": {"42P16", "create or replace view base as select n from t", "cannot change"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, stayingOn, "drop view on_v; create view base as select id from t; create view dep as select id from base")
				if name == "rights" {
					reader, _ := role(t, db, "reader")
					db.Exec(t, "grant select on v to "+reader)
				}
				b.run(t, "drop view v; drop view base cascade")
				e := b.fails(t, c.code, c.sql)
				if !strings.Contains(e.Message, c.says) || c.code != "MG057" && !strings.Contains(e.Hint, "--allow dropped-view:") || c.code == "42P16" && !strings.Contains(e.Detail, "stays for code that is still running") {
					t.Error(explain(e))
				}
				b.olds(t, "insert into v values (2, 'y')", "select id from dep")
				if left := db.Value(t, stay); left != "base dep v" {
					t.Errorf("%q stay", left)
				}
			})
		})
	}
}

// Once no code needs it, the name is free for whatever comes.
func TestNamesOfViewsThatWentBefore(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"view":              "create view v as select 1 as one",
		"or replace":        "create or replace view v as select 1 as one",
		"table":             "create table if not exists v (one int)",
		"table as":          "create table v as select 1 as one",
		"materialized view": "create materialized view v as select 1 as one",
		"renamed":           "alter table other rename to v; alter table v add one int",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := staying(t, db, options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}, next: readingView("v")[0].Contract})
				b.run(t, sql)
				db.Value(t, "select count(one) from v")
				if left := db.Value(t, stay); left != "" {
					t.Errorf("%q stay", left)
				}
			})
		})
	}
}

// A view that a migration drops and makes again is known to the code that knew it.
func TestViewMadeAgainIsKnown(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, stayingOn, "drop view on_v")
		b.run(t, "begin; drop view v; create view v as select id, n from t; commit", "drop view v")
		b.olds(t, "select id, n from v")
	})
}

// A plan knows views that stay: what only the run can tell it leaves open.
func TestPlanKnowsViewsThatStay(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := staying(t, db, options{})
		config, err := pg.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		run := &release.Run{Database: config, Major: db.Major, Catalog: db.Connect(t), Ledger: b.ledger, ByHand: true, Policy: &judge.Policy{}, Out: report.New(io.Discard, false, false)}
		run.Runs()
		for sql, want := range map[string]string{"create or replace view v as select id, n from t": report.Unknown, "alter table t alter id type bigint": report.Unknown,
			"alter table t drop column n": "shim", "alter table other add m int": "allow", "create view fresh as select 1": "allow"} {
			p, err := run.Foresee(t.Context(), []string{sql})
			if err != nil {
				t.Fatal(err)
			}
			if s := p.Migrations[0].Statements[0]; s.Verdict != want {
				t.Errorf("%s: %s %s %s", sql, s.Verdict, s.Error, s.Detail)
			}
		}
	})
}
