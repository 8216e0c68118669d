package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const functions = `create table t (id int primary key, n text); create schema s; create schema fs;
	create function f(a int) returns int language sql as 'select a + 1';
	create function f(a text, b int default 1) returns text language sql as 'select a || b';
	create function fs.g() returns setof t language sql as 'select * from public.t';
	create function made() returns text language sql as $$ select 'made' $$;
	create function two(out x int, out y int) language sql as 'select 1, 2';
	create procedure p(a int) language sql as 'insert into t values (a)';
	create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
	create table d (id int, n text default made());
	create function drops() returns int language plpgsql as $$ begin drop function f(int); return 1; end $$`

// What the running code calls.
var calls = []string{"select f(1)", "select f(a => 1)", "select f('x'::text), f('x'::text, 2)", "select * from fs.g()", "select made(), (two()).x",
	"begin; call p(1); rollback", "select total(id) from t", "begin; insert into d (id) values (1); select 1 / count(n) from d; rollback"}

// lostFunctions are migrations whose last message is refused.
var lostFunctions = map[string][]string{
	"alone":              {"drop function f(int)"},
	"function":           {"drop function fs.g"},
	"routine":            {"drop routine f(text, int)"},
	"procedure":          {"drop procedure p(int)"},
	"aggregate":          {"drop aggregate total(int)"},
	"among others":       {"drop function if exists nothere(int), f(int)"},
	"in a message":       {"drop function f(int); select 1"},
	"in a block":         {"begin", "drop function f(int)", "commit"},
	"renamed":            {"alter function f(int) rename to ff"},
	"renamed, procedure": {"alter procedure p rename to q"},
	"renamed, aggregate": {"alter aggregate total(int) rename to sum_up"},
	"moved":              {"alter function f(int) set schema s"},
	"with its schema":    {"drop schema fs cascade"},
	"schema renamed":     {"alter schema fs rename to x"},
	"by a block":         {"do $$ begin drop function f(int); end $$"},
	"by a function":      {"select drops()"},
	"other argument":     {"begin", "drop function f(int)", "create function f(a bigint) returns int language sql as 'select 1'", "commit"},
	"more arguments":     {"begin", "drop function f(int)", "create function f(a int, b bigint) returns int language sql as 'select 1'", "commit"},
	"no default":         {"begin", "drop function f(text, int)", "create function f(a text, b int) returns text language sql as 'select a'", "commit"},
	"other result":       {"begin", "drop function f(int)", "create function f(a int) returns bigint language sql as 'select 1::bigint'", "commit"},
	"one row":            {"begin", "drop function fs.g()", "create function fs.g() returns t language sql as 'select * from public.t'", "commit"},
	"other columns":      {"begin", "drop function two()", "create function two(out z int, out y int) language sql as 'select 1, 2'", "commit"},
	"other name":         {"begin", "drop function f(int)", "create function f(b int) returns int language sql as 'select b'", "commit"},
	"other schema":       {"begin", "drop function f(int)", "create function s.f(a int) returns int language sql as 'select a'", "commit"},
	"a procedure":        {"begin", "drop function f(int)", "create procedure f(a int) language sql as ''", "commit"},
	"default lost":       {"begin", "drop function made() cascade", "create function made() returns text language sql as $$ select 'x' $$", "commit"},
	"not callable":       {"begin", "drop function made() cascade; create function made() returns text language sql as $$ select 'x' $$; alter table d alter n set default made(); revoke all on function made() from public", "commit"},
	"dropped twice":      {"begin", "drop function f(int); create function f(a int) returns int language sql as 'select a'; drop function f(int)", "commit"},
}

func TestLostFunctions(t *testing.T) {
	t.Parallel()
	eachCase(t, lostFunctions, func(t *testing.T, db *pgtest.DB, sql []string) {
		b := setup(t, db, options{}, functions)
		e := b.refusedAtLast(t, "MG020", sql)
		if !strings.Contains(e.Message, "(dropped-function)") || !strings.Contains(e.Hint, "--allow dropped-function:") {
			t.Error(explain(e))
		}
		b.olds(t, calls...)
	})
}

// keptFunctions are migrations after which every call finds a function.
var keptFunctions = map[string][]string{
	"again":             {"begin", "drop function f(int)", "create function f(a int) returns int language sql as 'select a + 2'", "commit"},
	"again in one":      {"drop function if exists f(int); create function f(a int) returns int language sql as 'select a + 2'"},
	"by a block":        {"do $$ begin drop function f(int); create function f(a int) returns int language sql as 'select 3'; end $$"},
	"replaced":          {"create or replace function f(a int) returns int language sql as 'select a + 2'"},
	"swapped":           {"begin", "alter function f(int) rename to f_old", "create function f(a int) returns int language sql as 'select 3'", "commit"},
	"one more":          {"begin", "drop function f(int)", "create function f(a int, b int default 2) returns int language sql as 'select a + b'", "commit"},
	"taken back":        {"begin", "savepoint s", "drop function f(int)", "rollback to s", "commit"},
	"renamed back":      {"begin", "alter function f(int) rename to ff", "alter function ff rename to f", "commit"},
	"default anew":      {"begin", "drop function made() cascade; create function made() returns text language sql as $$ select 'x' $$; alter table d alter n set default made()", "commit"},
	"created":           {"create function x(a int) returns int language sql as 'select a'", "drop function x(int)"},
	"overload, created": {"create function f(a bigint) returns int language sql as 'select 1'", "drop function f(bigint)"},
	"created in a do":   {"do $$ begin create function x() returns int language sql as 'select 1'; end $$", "alter function x rename to y", "drop function y()"},
	"trigger":           {"create function tr() returns trigger language plpgsql as $$ begin return new; end $$", "drop function tr()"},
	"missing":           {"drop function if exists nothere(int), f(bigint)"},
	"no function":       {"create function x() returns int language sql as 'select 1'; create view v as select x() as one; drop function x() cascade"},
}

func TestFunctionsThereAgain(t *testing.T) {
	t.Parallel()
	eachCase(t, keptFunctions, func(t *testing.T, db *pgtest.DB, sql []string) {
		b := setup(t, db, options{}, functions)
		if _, err := b.old.Prepare(t.Context(), "prepared", "select f(1)"); err != nil {
			t.Fatal(err)
		}
		b.run(t, sql...)
		b.olds(t, calls...)
		if _, err := b.old.Exec(t.Context(), "prepared"); err != nil {
			t.Error(explain(err))
		}
	})
}

const (
	numbers = "create sequence x; create table t (id serial primary key, n int default nextval('x')); create schema s; create sequence s.y"
	kindsOf = `create type mood as enum ('sad', 'ok'); create domain pos as int check (value > 0); create type pair as (a int, b int);
		create type span as range (subtype = int); create schema s; create type s.m as enum ('a')`
)

var brokenFunctions = map[string]breaking{
	"dropped":         {functions, "", "drop function f(int)", "select f(1)", "42883"},
	"renamed":         {functions, "", "alter function f(int) rename to ff", "select f(1)", "42883"},
	"moved":           {functions, "", "alter function f(int) set schema s", "select f(1)", "42883"},
	"cascade":         {functions, "", "drop schema fs cascade", "select * from fs.g()", "3F000"},
	"by a block":      {functions, "", "do $$ begin drop procedure p(int); end $$", "call p(1)", "42883"},
	"another result":  {functions, "", "drop function two(); create function two(out z int, out y int) language sql as 'select 1, 2'", "select (two()).x", "42703"},
	"named otherwise": {functions, "", "drop function f(int); create function f(b int) returns int language sql as 'select b'", "select f(a => 1)", "42883"},
}

var brokenSequences = map[string]breaking{
	"dropped":              {"create sequence x", "", "drop sequence x", "select nextval('x')", "42P01"},
	"if exists":            {"create sequence x", "", "drop sequence if exists nothere, x", "select nextval('x')", "42P01"},
	"renamed":              {numbers, "", "alter sequence x rename to y", "select nextval('x')", "42P01"},
	"renamed, as a table":  {numbers, "", "alter table x rename to y", "select nextval('x')", "42P01"},
	"moved":                {numbers, "", "alter sequence x set schema s", "select nextval('x')", "42P01"},
	"cascade":              {numbers, "", "drop sequence x cascade", "select nextval('x')", "42P01"},
	"with its schema":      {numbers, "", "drop schema s cascade", "select last_value from s.y", "42P01"},
	"by a block":           {numbers, "", "do $$ begin alter sequence x rename to y; end $$", "select nextval('x')", "42P01"},
	"a column's":           {numbers, "", "drop sequence t_id_seq cascade", "insert into t default values", "23502"},
	"of a schema, renamed": {numbers, "", "alter schema s rename to s2", "select last_value from s.y", "42P01"},
}

var brokenTypes = map[string]breaking{
	"dropped":           {kindsOf, "", "drop type mood", "select 'ok'::mood", "42704"},
	"domain":            {kindsOf, "", "drop domain pos", "select 1::pos", "42704"},
	"range":             {kindsOf, "", "drop type span", "select '[1,2)'::span", "42704"},
	"renamed":           {kindsOf, "", "alter type mood rename to moods", "select 'ok'::mood", "42704"},
	"domain renamed":    {kindsOf, "", "alter domain pos rename to positive", "select 1::pos", "42704"},
	"moved":             {kindsOf, "", "alter type mood set schema s", "select 'ok'::mood", "42704"},
	"domain moved":      {kindsOf, "", "alter domain pos set schema s", "select 1::pos", "42704"},
	"attribute dropped": {kindsOf, "", "alter type pair drop attribute b", "select ((1, 2)::pair).b", "42846"},
	"attribute renamed": {kindsOf, "", "alter type pair rename attribute b to c", "select ((1, 2)::pair).b", "42703"},
	"with its schema":   {kindsOf, "", "drop schema s cascade", "select 'a'::s.m", "3F000"},
	"by a block":        {kindsOf, "", "do $$ begin drop type mood; end $$", "select 'ok'::mood", "42704"},
	"function's":        {kindsOf + "; create function f(mood) returns int language sql as 'select 1'", "", "drop type mood cascade", "select f('ok'::mood)", "42704"},
}

var brokenExtensions = map[string]breaking{
	"dropped":    {"create extension hstore", "", "drop extension hstore", "select 'a=>1'::hstore", "42704"},
	"if exists":  {"create extension hstore", "", "drop extension if exists nothere, hstore", "select akeys('a=>1')", "42883"},
	"moved":      {"create extension hstore; create schema s", "", "alter extension hstore set schema s", "select 'a=>1'::hstore", "42704"},
	"by a block": {"create extension hstore", "", "do $$ begin drop extension hstore; end $$", "select 'a=>1'::hstore", "42704"},
}

func TestBrokenFunctions(t *testing.T) {
	t.Parallel()
	eachCase(t, brokenFunctions, func(t *testing.T, db *pgtest.DB, c breaking) {
		b := setup(t, db.Server.NewDB(t), options{}, c.before)
		b.fails(t, "MG020", c.sql)
		b.olds(t, "begin; "+c.old+"; rollback")
		afterwards(t, db, c)
	})
}

// afterwards holds that a statement breaks old code, bare.
func afterwards(t *testing.T, db *pgtest.DB, c breaking) {
	t.Helper()
	db.Exec(t, c.before)
	old := db.Connect(t)
	db.Exec(t, c.sql)
	_, err := old.Exec(t.Context(), c.old, pgx.QueryExecModeSimpleProtocol)
	failed(t, err, c.code, c.old)
}

func TestDroppedSequences(t *testing.T)  { t.Parallel(); breaks(t, "MG021", brokenSequences) }
func TestDroppedTypes(t *testing.T)      { t.Parallel(); breaks(t, "MG022", brokenTypes) }
func TestDroppedExtensions(t *testing.T) { t.Parallel(); breaks(t, "MG023", brokenExtensions) }

func TestSymbolsNoCodeMisses(t *testing.T) {
	t.Parallel()
	passes(t, map[string]harmless{
		"sequence, created":       {"", []string{"create sequence x", "alter sequence x rename to y", "drop sequence y"}, ""},
		"sequence, by a block":    {"", []string{"do $$ begin create sequence x; end $$", "begin", "drop sequence x", "commit"}, ""},
		"sequence, temporary":     {"", []string{"create temp sequence x", "drop sequence x"}, ""},
		"sequence of a table":     {numbers, []string{"alter sequence t_id_seq rename to z", "alter table z rename to t_id_seq"}, "insert into t default values"},
		"sequence of an identity": {"create table t (id int generated always as identity)", []string{"alter table t_id_seq rename to z"}, "insert into t default values"},
		"sequence, other option":  {numbers, []string{"alter sequence x cache 10"}, "select nextval('x')"},
		"sequence with its table": {"", []string{"create table c (id serial)", "alter table c drop column id", "drop table c"}, ""},
		"sequence, missing":       {"", []string{"drop sequence if exists nothere"}, ""},
		"type, created":           {"", []string{"create type m as enum ('a')", "alter type m rename to m2", "drop type m2", "create type p as (a int, b int)", "alter type p drop attribute a"}, ""},
		"type, more":              {kindsOf, []string{"alter type mood add value 'fine'"}, "select 'ok'::mood"},
		"type, missing":           {"", []string{"drop type if exists nothere", "drop domain if exists nothere"}, ""},
		"type, a table's row":     {"", []string{"create table c (id int)", "alter table c rename to c2", "drop table c2"}, ""},
		"extension, created":      {"", []string{"create extension hstore", "alter extension hstore update", "drop extension hstore"}, ""},
		"extension, missing":      {"", []string{"drop extension if exists hstore"}, ""},
	})
}

func TestSymbolsAllowed(t *testing.T) {
	t.Parallel()
	allowed(t, "dropped-function:f", breaking{functions, "", "drop function f(int)", "", ""})
	allowed(t, "dropped-function:fs.g", breaking{functions, "", "begin; drop function fs.g(); commit", "", ""})
	allowed(t, "dropped-sequence:s.y", breaking{numbers, "", "drop sequence s.y", "", ""})
	allowed(t, "dropped-sequence:x", breaking{numbers, "", "alter sequence x rename to z", "", ""})
	allowed(t, "dropped-type:mood", breaking{kindsOf, "", "drop type mood", "", ""})
	allowed(t, "dropped-extension:hstore", breaking{"create extension hstore", "", "drop extension hstore", "", ""})
}

// A type that is dropped and created anew is another one: what was prepared with a
// parameter of it fails.
func TestTypeAnewIsAnother(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, kindsOf)
		for _, name := range []string{"before", "after"} {
			if _, err := b.old.Exec(t.Context(), "prepare "+name+" as select $1::mood"); err != nil {
				t.Fatal(err)
			}
		}
		const anew = "drop type mood; create type mood as enum ('sad', 'ok')"
		b.fails(t, "MG022", anew)
		b.olds(t, "execute before('ok')")
		db.Exec(t, anew)
		_, err := b.old.Exec(t.Context(), "execute after('ok')")
		if err == nil {
			t.Error("a prepared statement works with the new type")
		}
	})
}
