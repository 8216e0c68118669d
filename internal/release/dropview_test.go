package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const views = `create table t (id int primary key, n text); insert into t values (1, 'x'); create schema s;
	create view v as select id, n from t; create view agg as select count(*) as c from t;
	create view base as select id from t; create view dep as select id from base;
	create view s.one as select 1 as id; create materialized view m as select id, n from t;
	create function drops() returns void language plpgsql as $$ begin drop view v; end $$`

// What the running code does with them.
var throughViews = []string{"select id, n from v", "insert into v values (2, 'y')", "delete from v where id = 2", "select c from agg",
	"select id from dep", "select id from s.one", "select id, n from m", "refresh materialized view m"}

// goneViews are migrations whose last message is refused: a view is gone when
// it would commit, or is not what it was.
var goneViews = map[string][]string{
	"materialized":        {"drop materialized view m"},
	"without a column":    {"begin", "drop view v", "create view v as select id from t", "commit"},
	"other column":        {"begin", "drop view v", "create view v as select id, n as m from t", "commit"},
	"other type":          {"begin", "drop view v", "create view v as select id, n::varchar(10) as n from t", "commit"},
	"an index":            {"begin", "drop view v", "create index v on t (id)", "commit"},
	"read only":           {"begin", "drop view v", "create view v as select distinct id, n from t", "commit"},
	"without rows":        {"begin", "drop materialized view m", "create materialized view m as select id, n from t with no data", "commit"},
	"no refresh":          {"begin", "drop materialized view m", "create view m as select id, n from t", "commit"},
	"by a block":          {"do $$ begin drop view v; end $$"},
	"by a block, earlier": {"begin", "do $$ begin drop view v; end $$", "commit"},
	"by a function":       {"select drops()"},
	"with its schema":     {"drop schema s cascade"},
}

func TestDroppedViews(t *testing.T) {
	t.Parallel()
	eachCase(t, goneViews, func(t *testing.T, db *pgtest.DB, sql []string) {
		b := setup(t, db, options{}, views)
		kinds := b.kinds(t)
		e := b.refusedAtLast(t, "MG030", sql)
		if !strings.Contains(e.Message, "(dropped-view)") || !strings.Contains(e.Hint, "--allow dropped-view:") {
			t.Error(explain(e))
		}
		b.olds(t, throughViews...)
		b.wants(t, kinds, "")
		if left := db.Value(t, "select count(*) from t where id = 7"); left != "0" {
			t.Error("part of the transaction was committed")
		}
		if verdicts := b.verdicts(); verdicts[len(verdicts)-1] != "refuse" {
			t.Error(verdicts)
		}
		b.run(t, "create table later ()", "drop table later")
	})
}

// keptViews are migrations that leave the running code what it knew.
var keptViews = map[string][]string{
	"again":                {"begin", "drop view v", "create view v as select id, n from t where n <> ''", "commit"},
	"again in a message":   {"drop view v; create view v as select id, n from t"},
	"before":               {"begin", "create view x as select id, n from t", "drop view v", "alter view x rename to v", "commit"},
	"more columns":         {"begin", "drop view v", "create view v as select id, n, 1 as more from t", "commit"},
	"a table":              {"begin", "drop view agg", "create table agg (c bigint)", "commit"},
	"materialized":         {"begin", "drop materialized view m", "create materialized view m as select id, n from t", "create unique index on m (id)", "commit"},
	"refreshed":            {"begin", "drop materialized view m", "create materialized view m as select id, n from t with no data", "refresh materialized view m", "commit"},
	"cascade, all again":   {"begin", "drop view base cascade", "create view base as select id from t", "create view dep as select id from base", "commit"},
	"by a block":           {"do $$ begin drop view v; create view v as select id, n from t; end $$"},
	"after a block":        {"begin", "do $$ begin drop view v; end $$", "create view v as select id, n from t", "commit"},
	"taken back":           {"begin", "savepoint s", "drop view v", "rollback to s", "commit"},
	"rolled back":          {"begin", "drop view v", "rollback"},
	"begun anew":           {"begin", "drop view v", "rollback and chain", "insert into t values (8)", "commit"},
	"missing":              {"drop view if exists nothere"},
	"created":              {"create view x as select 1 as id", "drop view x"},
	"created in its block": {"begin", "create view x as select 1 as id", "drop view x", "commit"},
	"new column":           {"create or replace view v as select id, n, 1 as c from t"},
	"other search_path":    {"begin", "set local search_path to s", "drop view public.v", "create view public.v as select id, n from public.t", "commit"},
	"temporary":            {"create temp view x as select 1 as id", "drop view x"},
}

func TestViewsThereAgain(t *testing.T) {
	t.Parallel()
	for name, sql := range keptViews {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, views)
				if _, err := b.old.Prepare(t.Context(), "prepared", "select id, n from v"); err != nil {
					t.Fatal(err)
				}
				b.run(t, sql...)
				b.olds(t, throughViews...)
				if _, err := b.old.Exec(t.Context(), "prepared"); err != nil {
					t.Error(explain(err))
				}
			})
			t.Run("extended", func(t *testing.T) {
				b := setup(t, pgtest.New(t), options{}, views)
				for _, text := range sql {
					if strings.Contains(text, "; create") && !strings.HasPrefix(text, "do") {
						return // several statements
					}
					extended(t, b, text)
				}
				b.olds(t, throughViews...)
			})
		})
	}
}

// Whoever could read a view or write through it can after it was made anew.
func TestRightsOfViewsThereAgain(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		reader, _ := role(t, db, "reader")
		b := setup(t, db, options{}, views, "grant select on v to "+reader, "grant update (n) on v to "+reader)
		const anew = "begin; drop view v; create view v as select id, n from t;"
		e := b.fails(t, "MG030", anew+"commit")
		if !strings.Contains(e.Message, "may no longer SELECT") {
			t.Error(explain(e))
		}
		b.fails(t, "MG030", anew+"grant select on v to "+reader+"; commit")
		b.fails(t, "MG030", "do $$ begin drop view v; create view v as select id, n from t; end $$")
		b.olds(t, "set role "+reader, "select id from v", "update v set n = 'z'", "reset role")
		b.run(t, anew+"grant select, update on v to "+reader+"; commit")
		b.run(t, anew+"grant all on v to public; commit")
		b.olds(t, "set role "+reader, "select id from v", "update v set n = 'z'")
	})
}

// A COMMIT that was prepared by a message can be executed by SQL.
func TestDroppedViewCommittedByExecute(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, views)
		if _, err := b.client.Prepare(t.Context(), "c", "COMMIT"); err != nil {
			t.Fatal(err)
		}
		b.run(t, "begin", "drop materialized view m")
		b.fails(t, "MG030", "execute c")
		b.run(t, "rollback")
		b.olds(t, throughViews...)
		b.run(t, "begin", "drop view v", "create view v as select id, n from t", "execute c")
		b.olds(t, throughViews...)
		b.run(t, "begin", "drop view agg", "execute c")
		b.olds(t, throughViews...)
	})
}

// An exception holds for what is judged at COMMIT, too.
func TestExceptionForDroppedView(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{allow: []string{"dropped-view:v", "dropped-view:s.one"}}, views)
		b.run(t, "begin", "drop view v", "commit", "drop schema s cascade")
		b.fails(t, "MG030", "drop materialized view m")
		b.olds(t, "select id from m")
	})
}
