package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// moody is a table whose column n gets the name h, and has a type of the application's.
const moody = `create type mood as enum ('sad', 'ok'); create table t (id int primary key, n mood not null default 'ok', o text);
	insert into t values (1, 'sad'); create function f() returns trigger language plpgsql as 'begin return new; end'`

// Nothing that a text hides, or says of migguard's own trigger, has the two columns
// differ that a rename has left: old code goes on, and no row differs.
func TestSyncIsKept(t *testing.T) {
	t.Parallel()
	const alters = `create function g() returns trigger language plpgsql as $$ begin execute 'alter table t alter h set default ''sad'''; return new; end $$;
		create table other (id int); create trigger g before insert on other for each row execute function g()`
	for name, sql := range map[string]string{
		"the copy's default":     "do $$ begin alter table t alter n set default 'sad'; end $$",
		"the column's default":   "do $$ begin alter table t alter h set default 'sad'; end $$",
		"no default":             "do $$ begin alter table t alter h drop default; end $$",
		"both defaults":          "do $$ begin alter table t alter h set default 'sad', alter n set default 'sad'; end $$",
		"another name":           "do $$ begin alter table t rename h to g; end $$",
		"the copy's name":        "do $$ begin alter table t rename n to g; end $$",
		"no column":              "do $$ begin alter table t drop column h; end $$",
		"no trigger":             "do $$ begin drop trigger zzz_migguard_sync_2 on t; end $$",
		"the type's name":        "alter type mood rename to feeling",
		"hidden":                 "insert into other values (1)",
		"drop the trigger":       "drop trigger zzz_migguard_sync_2 on t",
		"drop it, if it is":      "drop trigger if exists zzz_migguard_sync_2 on t",
		"rename the trigger":     "alter trigger zzz_migguard_sync_2 on t rename to a",
		"replace the trigger":    "create or replace trigger zzz_migguard_sync_2 before insert on t for each row execute function f()",
		"drop the function":      "drop function migguard.sync_REL_2() cascade",
		"replace the function":   "create or replace function migguard.sync_REL_2() returns trigger language plpgsql as 'begin return new; end'",
		"rename the function":    "alter function migguard.sync_REL_2() rename to f",
		"another's trigger":      "create trigger a after update of h on t for each row execute function f()",
		"another's, of the copy": "create trigger a after update of id, n on t for each row execute function f()",
		"when":                   "create trigger a before update on t for each row when (new.h = 'sad') execute function f()",
		"a child":                "create table child () inherits (t)",
		"inherits":               "do $$ begin create table child () inherits (t); end $$",
		"another inherits":       "alter table heir inherit t",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{allow: []string{"dropped-type:mood"}}, moody, alters)
				b.run(t, "alter table t rename n to h", "create table heir (id int not null, o text, h mood not null, n mood)")
				sql := strings.ReplaceAll(sql, "REL", db.Value(t, "select 't'::regclass::oid"))
				_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
				b.olds(t, "insert into t (id) values (2)", "insert into t (id, n) values (3, 'sad'), (4, 'ok')", "update t set n = 'sad' where id = 4", "insert into t (id, h) values (5, 'sad')")
				if got := db.Value(t, "select string_agg(n || ' ' || h, ', ' order by id) from t"); got != "sad sad, ok ok, sad sad, sad sad, sad sad" {
					t.Error(got)
				}
				if said := explain(err); err == nil || !strings.Contains(said, "MG057") && !strings.Contains(said, "MG002") && !strings.Contains(said, "MG010") && !strings.Contains(said, "trigger zzz_migguard_sync_2 is migguard's shim") {
					t.Error(said)
				}
				b.end(t, ledger.Succeeded)
			})
		})
	}
}

// What leaves the two equal is done, whatever the default looks like when the server has read it
// again; and what somebody has changed past the guard is said, and keeps no migration up.
func TestSyncLetsOthersPass(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, moody, `alter table t add many varchar[] default array['a', 'b'], add num numeric(6,2) default 1 + 2 * 3,
			add "The ""day""" date default '2020-01-01', add at timestamptz not null default now()`)
		b.run(t, "alter table t rename n to h", "alter table t rename many to several", "alter table t rename num to number", `alter table t rename "The ""day""" to "user"`, "alter table t rename at to since")
		passing := []string{"create trigger a after update of h, n on t for each row execute function f()", "do $$ begin alter table t alter o set default 'x'; end $$",
			"drop trigger a on t", "create table heir (like t)", "create function g() returns int language sql as 'select 1'", "alter table t add more int", "alter table t rename to u", "alter table u rename to t"}
		b.run(t, passing...)
		b.end(t, ledger.Succeeded)
		db.Exec(t, "alter table t disable trigger zzz_migguard_sync_2")
		var out strings.Builder
		b.start(t, options{out: &out})
		b.run(t, "do $$ begin create table other (id int); end $$")
		if !strings.Contains(out.String(), "columns h and n of public.t are to be one to code that runs, and may differ: the trigger that keeps them equal is gone, off, or another one") {
			t.Error(out.String())
		}
	})
}

// A table that is made like one with a copy, or with a column that is dropped later, has
// neither of these.
func TestLikeSynced(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		const (
			spare = "alter table things add spare int"
			like  = "create table heir (like things including all)"
			shape = `select (select string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull), ', ' order by attname) from pg_attribute where attrelid = 'heir'::regclass and attnum > 0 and not attisdropped)
				|| (select string_agg(d, '; ' order by d) from pg_index, regexp_replace(pg_get_indexdef(indexrelid), 'INDEX .* ON', 'ON') d where indrelid = 'heir'::regclass)`
		)
		bare := db.Server.NewDB(t)
		bare.Exec(t, synced, spare, `alter table things rename "Na me" to label`, "alter table things drop column spare", like)
		b := setup(t, db, options{}, synced, spare)
		b.run(t, "create table before (like things)", `alter table things rename "Na me" to label`, "alter table things drop column spare", like, "create table if not exists heir (like things)", "create temporary table t (like things)")
		if got, want := db.Value(t, shape), bare.Value(t, shape); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		b.run(t, "insert into heir (label) values ('a')", "insert into t (id, label) values (1, 'a')")
		b.fails(t, "42703", `select "Na me" from t`)
	})
}
