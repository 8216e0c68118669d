package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// stayingViews are migrations that drop views by their text: these stay.
var stayingViews = map[string][]string{
	"alone":              {"drop view v"},
	"among others":       {"drop view if exists nothere, v"},
	"in a block":         {"begin", "drop view v", "commit"},
	"in a message":       {"select 1; drop view v; select 1"},
	"block in a message": {"begin; drop view v; commit"},
	"and chain":          {"begin", "drop view v", "commit and chain", "rollback"},
	"two, one again":     {"begin", "drop view v", "drop view agg", "create view v as select id, n from t", "commit"},
	"in a savepoint":     {"begin", "savepoint s", "drop view v", "release s", "commit"},
	"dropped twice":      {"begin", "drop view v; create view v as select id, n from t; drop view v", "commit"},
	"temporary":          {"begin", "drop view v", "create temp view v as select id, n from t", "commit"},
	"renamed away":       {"begin", "drop view v", "create view v as select id, n from t", "alter view v rename to z", "commit"},
	"other schema":       {"begin", "drop view v", "create view s.v as select id, n from t", "commit"},
	"cascade":            {"drop view base cascade"},
	"cascade, one again": {"begin", "drop view base cascade", "create view base as select id, n from t", "commit"},
	"one by one":         {"begin", "drop view dep", "drop view base", "commit"},
	"both":               {"drop view dep, base"},
	"other search_path":  {"begin", "set local search_path to s", "set local datestyle to german", "drop view public.v, one", "commit"},
	"again and again":    {"drop view v", "drop view if exists v"},
}

// made is the query for all that there is of the views that running code knows. What the server
// prints does not depend on the code that made them anew.
const made = `select string_agg(concat_ws('; ', c.oid::regclass, pg_get_viewdef(c.oid), c.reloptions, c.relowner::regrole, obj_description(c.oid, 'pg_class'),
	(select string_agg(x::text, ',' order by x::text) from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x),
	(select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attacl, col_description(c.oid, a.attnum), (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = c.oid and adnum = attnum)), ',' order by attnum)
	 from pg_attribute a where a.attrelid = c.oid and attnum > 0),
	(select string_agg(pg_get_triggerdef(oid) || tgenabled::text || coalesce(obj_description(oid, 'pg_trigger'), ''), ',' order by tgname) from pg_trigger where tgrelid = c.oid),
	(select string_agg(pg_get_ruledef(oid) || ev_enabled::text, ',' order by rulename) from pg_rewrite where ev_class = c.oid)), E'\n' order by c.oid::regclass::text)
	from pg_class c where relkind = 'v' and relnamespace in ('public'::regnamespace, 's'::regnamespace)
	  and c.oid::regclass::text in ('v', 'agg', 'dep', 's.one', 'full_')`

// Running code goes on with a view that a migration has dropped, and which is what it was. It is
// dropped when no code needs it.
func TestViewsStay(t *testing.T) {
	t.Parallel()
	eachCase(t, stayingViews, func(t *testing.T, db *pgtest.DB, sql []string) {
		b := setup(t, db, options{}, views)
		if _, err := b.old.Prepare(t.Context(), "prepared", "select id, n from v"); err != nil {
			t.Fatal(err)
		}
		was := db.Value(t, made)
		b.run(t, sql...)
		if now := db.Value(t, made); now != was {
			t.Errorf("%s\nwas\n%s", now, was)
		}
		b.olds(t, throughViews...)
		if _, err := b.old.Exec(t.Context(), "prepared"); err != nil {
			t.Error(explain(err))
		}
		if verdicts := strings.Join(b.verdicts(), " "); !strings.Contains(verdicts, "shim") || strings.Contains(verdicts, "refuse") {
			t.Error(verdicts)
		}
		b.run(t, "create table later ()", "drop table later")
		if n := db.Value(t, "select count(*) - count(distinct relation::regclass) from migguard.deferred where kind = 'drop-view' and closed_at is null"); n != "0" {
			t.Errorf("%s of what stays are not there, or are there twice", n)
		}
		b.end(t, ledger.Succeeded)
		db.Exec(t, "drop function drops()")               // it names v
		for _, build := range []string{"three", "four"} { // the last two may run
			if ended, out := doWith(t, db, forgetful(), build, &judge.Policy{}, "select 1"); ended.Exit != 0 || len(ended.Report.Shims) == 0 || ended.Report.Shims[0].Waits == "" {
				t.Fatalf("%s: %+v\n%s", build, ended.Report.Shims, out)
			}
		}
		ended, out := doWith(t, db, forgetful(), "five", &judge.Policy{}, "select 1")
		if ended.Exit != 0 || len(ended.Report.Dropped) == 0 || len(ended.Report.Shims) != 0 {
			t.Fatalf("%+v\n%s", ended.Report, out)
		}
	})
}

// fullView is one that has all there is to have.
const fullView = `create table t (id int primary key, n text, "O k" date default '2020-02-01'); insert into t values (1, 'x'); create schema s;
	create function s.f() returns trigger language plpgsql as $$ begin insert into public.t (id, n) values (new.id, new.n); return new; end $$;
	create view full_ (id, n, "O k", at) with (security_barrier, check_option = local) as
		select id, n, "O k", date '2021-03-04' + interval '1 day' from t where n is distinct from E'a\\b''c';
	alter view full_ alter n set default 'it''s'; comment on view full_ is E'of \\ it''s'; comment on column full_."O k" is 'k';
	create view v as select id, n from t; create trigger "T r" instead of insert on v for each row execute function s.f(); comment on trigger "T r" on v is 'c';
	create rule gone as on delete to v do instead delete from public.t where id = old.id;
	create view agg as select 1 as c; create view dep as select id from full_; create view s.one as select 1`

// All that a view is stays, with its rights.
func TestWholeViewStays(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		reader, _ := role(t, db, "reader")
		owner, _ := role(t, db, "owner")
		b := setup(t, db, options{}, fullView, "grant select on full_ to "+reader+" with grant option", "grant update (n), insert on full_ to "+reader, "grant select on v to public",
			"alter default privileges grant delete on tables to "+reader, "grant create on schema public to "+owner, "alter view v owner to "+owner, "revoke update on v from "+owner, "grant select, delete on t to "+owner)
		was := db.Value(t, made)
		b.run(t, "begin; drop view full_ cascade; set local search_path to s; set local datestyle to german; drop view public.v; commit")
		if now := db.Value(t, made); now != was {
			t.Errorf("%s\nwas\n%s", now, was)
		}
		b.olds(t, "insert into v values (2, 'y')", "delete from v where id = 2", "select id from dep", "set role "+reader, "select \"O k\" from full_", "update full_ set n = 'z'", "reset role")
	})
}

// What could not be as it was is refused with the reason.
func TestViewsThatDoNotStay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given, why string
		sql        []string
	}{
		"its column goes":    {"", `does not exist`, []string{"begin", "drop view w", "alter table t drop column extra", "commit"}},
		"its type changes":   {"", "its columns, or rights on them, would not be", []string{"begin", "drop view w", "alter table t alter extra type text", "commit"}},
		"given by another":   {"", "who does not own it", []string{"drop view granted"}},
		"by a block":         {"", "is not known", []string{"do $$ begin drop view v; end $$"}},
		"function goes":      {"create function of_base() returns setof base language sql as 'select * from base';", "CASCADE takes function public.of_base() along", []string{"drop view base cascade"}},
		"policy goes":        {"create policy p on t using (id in (select id from base));", "CASCADE takes policy p on", []string{"drop view base cascade"}},
		"a type of its name": {"", `already exists`, []string{"begin", "drop view v", "create type v as enum ()", "commit"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				first, _ := role(t, db, "first")
				second, _ := role(t, db, "second")
				b := setup(t, db, options{allow: []string{"dropped-column:t.extra", "retyped-column:t.extra", "dropped-function:of_base"}}, views, "alter table t add extra int; create view w as select id, extra from t; create view granted as select 1 as one",
					"grant select on granted to "+first+" with grant option; set role "+first+"; grant select on granted to "+second+"; reset role;"+c.given)
				e := b.refusedAtLast(t, "MG030", c.sql)
				if !strings.Contains(e.Detail, "No shim: ") || !strings.Contains(e.Detail, c.why) {
					t.Error(explain(e))
				}
				b.olds(t, throughViews...)
				b.olds(t, "select id, extra from w", "select one from granted")
				if n := db.Value(t, "select count(*) from migguard.deferred"); n != "0" {
					t.Errorf("%s deferred", n)
				}
			})
		})
	}
}

// A role that cannot give a view to its owner makes none.
func TestViewOfAnotherOwner(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		owner, _ := role(t, db, "owner")
		runner, address := role(t, db, "runner")
		b := setup(t, db, options{url: address}, views, "alter view v owner to "+owner, "grant "+owner+" to "+runner, "grant select on t to "+owner,
			"revoke create on schema public from public", "grant create on schema public to "+runner, "do $$ begin execute format('grant create on database %I to ', current_database()) || '"+strings.ReplaceAll(runner, "'", "''")+"'; end $$")
		e := b.fails(t, "MG030", "drop view v")
		if !strings.Contains(e.Detail, "cannot be made anew as it was: permission denied for schema") {
			t.Error(explain(e))
		}
		b.olds(t, "select id, n from v")
	})
}

// What would have the name of a view that stays is refused, but for a view, and policy can refuse that it stays.
func TestNameOfViewThatStays(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, views)
		b.run(t, "drop view v")
		for _, sql := range []string{"create table if not exists v (id int)", "create materialized view v as select id, n from t", "alter view agg rename to v", "do $$ begin create or replace view v as select id, n from t; end $$"} {
			if e := b.fails(t, "MG057", sql); !strings.Contains(e.Hint, "by: migguard shims keep ") {
				t.Error(explain(e))
			}
		}
		b.fails(t, "MG057", "create view more as select * from v")
		b.fails(t, "MG030", "drop view agg; commit; create view agg as select 2 as c")
		b.end(t, ledger.Succeeded)
		b.start(t, options{policy: dropsRefused})
		b.fails(t, "MG030", "drop view v")
		b.olds(t, throughViews...)
	})
}
