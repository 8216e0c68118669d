package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// stayingOn has a view that reads a table, and one on that. Both are dropped, and stay.
const stayingOn = `create table t (id int primary key, n text); insert into t values (1, 'x'); create view v as select id, n from t; create view on_v as select n from v; create table other (id int)`

// staying runs a release that drops the views, and begins one while that code runs.
func staying(t *testing.T, db *pgtest.DB, o options) *bundle {
	t.Helper()
	b := setup(t, db, options{}, stayingOn)
	b.run(t, "drop view v cascade")
	b.end(t, ledger.Succeeded)
	b.start(t, o)
	return b
}

// stay tells what stays, by its ledger, and of that what is not there.
const stay = `select concat((select string_agg(concat_ws('.', table_name, column_name), ' ' order by table_name, column_name) from migguard.deferred where closed_at is null),
	(select string_agg(' lost ' || table_name, '') from migguard.deferred where closed_at is null and not exists (select from pg_class c where c.oid = relation)))`

// readingView is code that uses a view, and nothing else.
func readingView(view string) []judge.Code {
	return []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1}, []contract.Relation{{
		Name: contract.Name{Name: view},
		Uses: []contract.Use{{Origin: contract.Model, By: "V", At: contract.Evidence{File: "app/models/v.rb", Line: 2}, Reads: contract.Every()}},
	}}, nil)}}
}

// A view that stays goes before a statement that it is in the way of, once no code needs it.
func TestViewsGoBeforeStatements(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql   string
		gone  string
		cause options
	}{
		"type":            {"alter table t alter n type varchar(9)", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}}},
		"column":          {"alter table t drop column n", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}}},
		"column, cascade": {"alter table t drop column n cascade", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}}},
		"table":           {"drop table t", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}}},
		"table, cascade":  {"drop table t cascade", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}}},
		"next, too":       {"alter table t alter n type varchar(9)", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}, next: forgetful()}},
		"exceptions":      {"alter table t alter id type bigint", "2", options{allow: []string{"dropped-view:v", "dropped-view:on_v", "retyped-column:t.id"}}},
		"two of several":  {"alter table t alter n type varchar(9), alter id type bigint", "2", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}}},
	} {
		for _, block := range []string{"", "begin; "} {
			t.Run(name+"/"+block, func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					b := staying(t, db, c.cause)
					if block != "" {
						b.run(t, "begin; "+c.sql+"; rollback")
						if left := db.Value(t, stay); left != "on_v v" {
							t.Errorf("rolled back, %q stay", left)
						}
						b.olds(t, "select n from on_v", "select id, n from v")
						b.run(t, "begin", c.sql, "commit")
					} else {
						b.run(t, c.sql)
					}
					if left := db.Value(t, stay); left != "" {
						t.Errorf("%s stay", left)
					}
					if views := db.Value(t, "select count(*) from pg_class where relname in ('v', 'on_v')"); views != "0" {
						t.Errorf("%s views are there", views)
					}
					if n := db.Value(t, "select count(*) from migguard.deferred where done and closed_by is not null and note <> ''"); n != c.gone {
						t.Errorf("%s noted", n)
					}
				})
			})
		}
	}
}

// While code needs one, what the server does under no view is refused, with all that there is to say.
func TestViewsInTheWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql, what string
		cause     options
	}{
		"no contract":  {"alter table t alter id type bigint", "it reads column id of t", options{allow: []string{"retyped-column:t.id"}}},
		"uses it":      {"alter table t alter n type varchar(9)", "it reads column n of t", options{code: readingView("v")}},
		"uses the one": {"alter table t alter n type varchar(9)", "it reads column n of t", options{code: readingView("on_v")}},
		"next uses it": {"alter table t alter n type varchar(9)", "it reads column n of t", options{code: []judge.Code{{Name: "build one", Contract: forgetful()}}, next: readingView("on_v")[0].Contract}},
		"an exception": {"drop table t", "it reads t", options{code: readingView("v"), allow: []string{"dropped-table:t"}}},
		"one of two":   {"alter table t alter id type bigint", "view public.v is in the way", options{allow: []string{"dropped-view:on_v", "retyped-column:t.id"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := staying(t, db, c.cause)
				e := b.fails(t, "MG057", c.sql)
				if !strings.Contains(e.Message, c.what) || !strings.Contains(e.Message, "is in the way") || !strings.Contains(e.Detail, "Run 1 has dropped it (2") && !strings.Contains(e.Detail, "has dropped it (2") || !strings.Contains(e.Hint, "--allow dropped-view:public.") {
					t.Error(explain(e))
				}
				b.olds(t, "select n from on_v", "insert into v values (2, 'y')")
				if left := db.Value(t, stay); left != "on_v v" {
					t.Errorf("%q stay", left)
				}
				b.run(t, "create table later ()", "drop table later")
			})
		})
	}
}

// What is dropped under a view that stays does so, too, and goes after it.
func TestDropsUnderViewsThatStay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql, stays string
		cause      options
	}{
		"column":            {"alter table t drop column n", "on_v t.n v", options{}},
		"table":             {"drop table t", "on_v t v", options{}},
		"column by view":    {"alter table t drop column n", "on_v t.n v", options{code: readingView("v")}},
		"table by view":     {"drop table t", "on_v t v", options{code: readingView("on_v")}},
		"beside, by view":   {"alter table t drop column n, add more int", "on_v t.n v", options{code: readingView("on_v")}},
		"table, by columns": {"begin; alter table t drop column n; drop table t; commit", "on_v t.n t v", options{code: readingView("on_v")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := staying(t, db, c.cause)
				b.run(t, c.sql)
				if left := db.Value(t, stay); left != c.stays {
					t.Errorf("%q stay, want %q", left, c.stays)
				}
				b.olds(t, "select n from on_v", "select id, n from v")
				b.end(t, ledger.Succeeded)
				for _, build := range []string{"three", "four", "five"} { // the last two may run
					if ended, out := doWith(t, db, forgetful(), build, &judge.Policy{}, "select 1"); ended.Exit != 0 {
						t.Fatalf("%+v\n%s", ended.Report, out)
					}
				}
				if left := db.Value(t, stay); left != "" {
					t.Errorf("%s stay", left)
				}
			})
		})
	}
}

// What is not judged by its text gets the server's error, with a hint; CASCADE takes what
// stays along, and leaves it.
func TestViewsInTheWayUnseen(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, stayingOn)
		b.run(t, "drop view on_v")
		for code, sql := range map[string]string{"0A000": "do $$ begin alter table t alter n type varchar(9); end $$", "2BP01": "drop view v"} {
			if e := b.fails(t, code, sql); !strings.Contains(e.Hint, "it stays for code that is still running") {
				t.Error(explain(e))
			}
		}
		b.run(t, "drop view v cascade")
		b.olds(t, "select n from on_v", "select id, n from v")
		if left := db.Value(t, stay); left != "on_v v" {
			t.Errorf("%q stay", left)
		}
	})
}
