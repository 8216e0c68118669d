package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// existed is what was there before the run.
const existed = `create table t (id int primary key, n text, "O k" int);
	create table u (id int); create view v as select id from t;
	create table p (id int, n text) partition by range (id); create table p_1 partition of p for values from (0) to (10);
	create schema s; create table s.t (id int); create schema empty;
	create type e as enum ('x'); create table typed (id int, e e);
	create schema types; create type types.e as enum ('x'); create table typed2 (id int, e types.e);
	create materialized view m as select 1 as id`

// free changes touch nothing that running code can know.
var free = map[string][]string{
	"created table":              {"create table c (id int, n text)", "alter table c rename column n to m", "alter table c drop column m", "alter table c rename to d", "alter table d set schema s", "drop table s.d"},
	"created in a transaction":   {"begin", "create table c (id int)", "drop table c", "create table c (n int)", "alter table c drop column n", "commit"},
	"created, rolled back":       {"begin", "create table c (id int)", "rollback", "create table c (n int)", "drop table c"},
	"created, savepoint":         {"begin", "savepoint s", "create table c (id int)", "rollback to s", "create table c (id int)", "commit", "drop table c"},
	"created as":                 {"create table c as select 1 as id", "drop table c", "select 1 as id into c", "drop table c", "create table if not exists c (id int)", "drop table c"},
	"created with schema":        {"create schema n create table c (id int)", "alter table n.c drop column id", "alter schema n rename to o", "drop schema o cascade"},
	"created by block":           {"do $$ begin create table c (id int, n int); alter table t add column x int; end $$", "alter table c drop column n", "alter table t drop column x", "drop table c"},
	"created view":               {"create view w as select * from t", "alter view w rename to x", "drop view x"},
	"created materialized view":  {"create materialized view w as select * from t", "alter materialized view w rename to x", "drop materialized view x"},
	"created partition":          {"create table p_2 partition of p for values from (10) to (20)", "drop table p_2"},
	"created child":              {"create table c () inherits (t)", "alter table c rename to d", "drop table d"},
	"created column":             {"alter table t add column c int, add column d int", "alter table t rename column c to x", "alter table t drop column x, drop column d"},
	"created column, if":         {"alter table t add column if not exists c int", "alter table t drop column c"},
	"created column of child":    {"alter table p add column c int", "alter table p rename column c to d", "alter table p drop column d"},
	"created by function":        {"create function f() returns void language plpgsql as $$ begin create table c (id int); end $$", "select f()", "drop table c", "drop function f()"},
	"missing":                    {"drop table if exists zz", "drop table if exists nowhere.zz, zz cascade", "alter table if exists zz drop column c", "alter table t drop column if exists zz", "drop schema if exists zz cascade", "alter table if exists zz rename column a to b"},
	"temporary":                  {"create temp table c (id int, n int)", "alter table c drop column n", "alter table c rename to d", "drop table d", "create temp table t (x int)", "drop table t"},
	"empty schema":               {"alter schema empty rename to full_", "drop schema full_ cascade"},
	"restricted":                 {"create schema n", "drop schema n"},
	"function, index, sequence":  {"create function f(int) returns int language sql immutable as 'select 1'", "create index i on t (f(id))", "create index concurrently j on t (f(id))", "drop index j", "drop function f cascade", "create sequence q", "alter sequence q rename to r", "drop sequence r"},
	"unused type":                {"create type x as enum ('a')", "drop type x", "create domain d as int", "drop domain d cascade"},
	"view replaced":              {"create or replace view v as select id, n from t", "begin", "drop view v", "create view v as select id, n from t", "commit"},
	"detached":                   {"create table p_2 partition of p for values from (10) to (20)", "alter table p detach partition p_2"},
	"set schema that is there":   {"alter table s.t set schema s"},
	"rename column to its name?": {"alter table t add column x int", "alter table t rename x to y"},
}

func TestFreeChanges(t *testing.T) {
	t.Parallel()
	for name, sql := range free {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, existed)
				b.run(t, sql...)
			})
			t.Run("extended", func(t *testing.T) {
				b := setup(t, pgtest.New(t), options{}, existed)
				for _, text := range sql {
					extended(t, b, text)
				}
			})
		})
	}
}

// used changes would break running code, and change nothing.
var used = map[string]struct{ code, sql string }{
	"drop table":              {"MG003", "drop table t cascade"},
	"drop if exists":          {"MG003", "drop table if exists zz, t cascade"},
	"drop several":            {"MG003", "drop table u, zz, t cascade"},
	"drop partitioned":        {"MG003", "drop table p"},
	"drop partition":          {"MG003", "drop table p_1"},
	"drop schema":             {"MG003", "drop schema s cascade"},
	"drop column":             {"MG004", `alter table t drop column "O k"`},
	"drop column among":       {"MG004", "alter table t add column x int, alter id set default 1, drop column n"},
	"drop and add column":     {"MG004", "alter table t drop column n, add column n int"},
	"drop column of parent":   {"MG004", "alter table p drop column n"},
	"rename column":           {"MG002", "alter table t rename id to i"},
	"rename column of view":   {"MG002", "alter view v rename column id to i"},
	"rename column partition": {"MG002", "alter table p rename n to m"},
	"rename schema":           {"MG001", "alter schema s rename to q"},
	"drop type":               {"MG004", "drop type e cascade"},
	"drop schema of a type":   {"MG004", "drop schema types cascade"},
	"attach and drop":         {"MG003", "create table q (id int) partition by list (id); alter table q attach partition u default; drop table q"},
	"attach and rename":       {"MG002", "create table q (id int) partition by list (id); alter table q attach partition u default; alter table q rename id to x"},
	"inherit and drop":        {"MG003", "create table q (id int); alter table u inherit q; drop table q cascade"},
}

func TestUsedChanges(t *testing.T) {
	t.Parallel()
	for name, u := range used {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{policy: dropsRefused}, existed)
				b.fails(t, u.code, u.sql)
				b.run(t, "begin; create table rolled (back int)")
				b.fails(t, u.code, u.sql)
				b.run(t, "rollback")
				b.olds(t, `select id, n, "O k" from t`, "select id from u", "select id from v", "select id, n from p", "select id, n from p_1",
					"select id from s.t", "select id, e from typed", "select id, e from typed2", "select id from m")
				if _, refused := b.Recorded(); refused != 2 {
					t.Errorf("%d refused", refused)
				}
			})
		})
	}
}

// What a failed or killed run created is still nobody's; after one that
// succeeded it is the running code's.
func TestCreatedOutlivesFailedRuns(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, existed)
		b.run(t, "create table c (id int, n int)", "alter table t add column x int, add column y int")
		b.end(t, ledger.Failed)
		b.start(t, options{})
		b.run(t, "alter table c drop column n", "alter table t rename x to z", "alter table c rename to d")
		b.end(t, ledger.Succeeded)
		b.start(t, options{policy: dropsRefused})
		b.fails(t, "MG003", "drop table d")
		b.fails(t, "MG004", "alter table t drop column y")
	})
}

// Exceptions cover what they name, and a partition with its parent.
func TestExceptions(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{allow: []string{"dropped-table:p", "dropped-column:t.n", `renamed-column:public.t."O k"`, "renamed-table:u"}}, existed)
		b.run(t, "drop table p", "alter table t drop column n", `do $$ begin alter table t rename "O k" to n; end $$`, "alter table u rename to w")
		b.fails(t, "MG003", "drop table t cascade")
		b.wants(t, "m m, t r, typed r, typed2 r, v v, w r", "")
	})
}
