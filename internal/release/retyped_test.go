package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const typed = `create table t (s varchar(10), x text, n numeric(6, 2), i int, j json, d timestamp, a varchar(5)[], c cidr, h char(3), u numeric);
	create type mood as enum ('sad', 'ok'); create table m (mood mood)`

// typeIs fails with 22012 when a column has another type than old code knows.
func typeIs(column, want string) string {
	return fmt.Sprintf("select 1 / (pg_typeof((select %s from t limit 1))::text = '%s')::int", column, want)
}

var retyped = map[string]breaking{
	"shorter":     {before: typed, sql: "alter table t alter s type varchar(5)", old: "insert into t (s) values ('1234567')", code: "22001"},
	"with length": {before: typed, sql: "alter table t alter x type varchar(20)", old: "insert into t (x) values (repeat('x', 21))", code: "22001"},
	"text to int": {before: typed, sql: "alter table t alter x type int using x::int", old: "insert into t (x) values ('x')", code: "22P02"},
	"digits":      {before: typed, sql: "alter table t alter n type numeric(5, 2)", old: "insert into t (n) values (1234.5)", code: "22003"},
	"scale":       {before: typed, sql: "alter table t alter n type numeric(8, 4)", old: "insert into t (n) values (1.5) returning 1 / (n::text = '1.50')::int", code: "22012"},
	"bounded":     {before: typed, sql: "alter table t alter u type numeric(5)", old: "insert into t (u) values (123456)", code: "22003"},
	"int to text": {before: typed, sql: "alter table t alter i type text", old: "select i + 1 from t", code: "42883"},
	"smaller int": {before: typed, sql: "alter table t alter i type smallint", old: "insert into t (i) values (100000)", code: "22003"},
	"json":        {before: typed, sql: "alter table t alter j type jsonb", old: typeIs("j", "json"), code: "22012"},
	"time zone":   {before: typed, sql: "alter table t alter d type timestamptz", old: typeIs("d", "timestamp without time zone"), code: "22012"},
	"less time":   {before: typed, sql: "alter table t alter d type timestamp(0)", old: "insert into t (d) values ('2026-01-01 00:00:00.5') returning 1 / (d <> date_trunc('second', d))::int", code: "22012"},
	"array":       {before: typed, sql: "alter table t alter a type text[]", old: "select a @> array['x']::varchar[] from t", code: "42883"},
	"enum":        {before: typed, sql: "alter table m alter mood type text", old: "select 1 from m where mood = 'ok'::mood", code: "42883"},
	"cidr":        {before: typed, sql: "alter table t alter c type inet", old: "insert into t (c) values ('10.0.0.1/32') returning 1 / (c::inet::cidr::text = '10.0.0.1/32' and pg_typeof(c) = 'cidr'::regtype)::int", code: "22012"},
	"using":       {before: typed, sql: "alter table t alter x type text using lower(x)", old: "select 1 / (select count(*) from t where x = 'X')", code: "22012"},
	"cut by using": {before: typed, sql: "alter table t alter x type text using x::varchar(3)", old: "select 1 / (select count(*) from t where x = 'long')",
		code: "22012"},
	"array by using": {before: typed, sql: "alter table t alter s type varchar(10)[] using array[s]", old: "insert into t (s) values ('x')", code: "22P02"},
	"among others":   {before: typed, sql: "alter table t add z int, alter s type text, alter x type varchar(3)", old: "insert into t (x) values ('long')", code: "22001"},
}

func TestRetypedColumn(t *testing.T) {
	t.Parallel()
	for name, c := range retyped {
		switch name {
		case "using":
			c.before += "; insert into t (x) values ('X')"
		case "cut by using":
			c.before += "; insert into t (x) values ('long')"
		}
		retyped[name] = c
	}
	breaks(t, "MG012", retyped)
	allowed(t, "retyped-column:t.s", retyped["shorter"])
}

// widened are columns' types and those that take every value of theirs.
var widened = map[string][]string{
	"varchar(10)":            {"varchar(10)", "varchar(11)", "character varying", "text", "pg_catalog.varchar(12)"},
	"varchar":                {"text", "character varying"},
	"text":                   {"varchar", "text", `text using "Col"`, `text using "Col"::text`},
	"numeric(6, 2)":          {"numeric(7, 2)", "numeric", "decimal(20,2)"},
	"numeric(6)":             {"numeric(8, 0)", "numeric(8)"},
	"smallint":               {"int", "int4", "bigint", `int using "Col"::int`},
	"int":                    {"bigint", "integer", `int8 using cast("Col" as int8)`},
	"real":                   {"double precision", "float8", "float"},
	"timestamp(3)":           {"timestamp(4)", "timestamp", "timestamp(3) without time zone"},
	"timestamptz(0)":         {"timestamptz", "timestamp(2) with time zone"},
	"timestamp":              {"timestamp(6)"},
	"time(1)":                {"time(2)", "time"},
	"interval(2)":            {"interval(3)", "interval"},
	"bit varying(3)":         {"varbit(4)", "bit varying"},
	"varchar(3)[]":           {"varchar(3)[]"},
	"mood":                   {"mood"},
	"s.mood":                 {"s.mood"},
	"char(3)":                {"char(3)", "character(3)"},
	"time(1) with time zone": {"timetz(1)", "timetz"},
}

func TestWidenedColumn(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		var pairs [][2]string
		var tables strings.Builder
		for from, all := range widened {
			for _, to := range all {
				fmt.Fprintf(&tables, `create table w%d ("Col" %s);`, len(pairs), from)
				pairs = append(pairs, [2]string{from, to})
			}
		}
		b := setup(t, db, reading("x", false), "create schema s; create type s.mood as enum ('a'); create type mood as enum ('b');"+tables.String())
		for i, pair := range pairs {
			if _, err := b.client.PgConn().Exec(t.Context(), fmt.Sprintf(`alter table w%d alter "Col" type %s`, i, pair[1])).ReadAll(); err != nil {
				t.Errorf("%s to %s: %s", pair[0], pair[1], explain(err))
			}
		}
	})
	passes(t, map[string]harmless{
		"new column": {typed, []string{"alter table t add z text", "alter table t alter z type int using z::int"}, "insert into t (x) values ('x')"},
		"new table":  {typed, []string{"create table c (z text)", "alter table c alter z type int using z::int"}, ""},
		"missing":    {typed, []string{"alter table if exists zz alter z type int"}, ""},
	})
}

const labelled = "create type mood as enum ('sad', 'ok'); create table t (id serial, mood mood)"

var renamedLabel = map[string]breaking{
	"of a column": {before: labelled, sql: "alter type mood rename value 'ok' to 'fine'", old: "insert into t (mood) values ('ok')", code: "22P02"},
	"of an array": {before: "create type mood as enum ('sad', 'ok'); create table t (moods mood[])", sql: "alter type public.mood rename value 'ok' to 'fine'",
		old: "insert into t values ('{ok}')", code: "22P02"},
	"of a domain": {before: "create type mood as enum ('sad', 'ok'); create domain d as mood; create table t (d d)", sql: "alter type mood rename value 'ok' to 'fine'",
		old: "insert into t values ('ok')", code: "22P02"},
	"of a function": {before: "create type mood as enum ('sad', 'ok'); create function f(mood) returns int language sql as 'select 1'",
		sql: "alter type mood rename value 'ok' to 'fine'", old: "select f('ok')", code: "22P02"},
}

func TestRenamedLabel(t *testing.T) {
	t.Parallel()
	breaks(t, "MG013", renamedLabel)
	allowed(t, "renamed-label:mood", renamedLabel["of a column"])
	const old = "insert into t (mood) values ('ok')"
	passes(t, map[string]harmless{
		"added":      {labelled, []string{"alter type mood add value 'fine'"}, old},
		"unused":     {labelled + "; create type other as enum ('a')", []string{"alter type other rename value 'a' to 'b'"}, old},
		"new":        {labelled, []string{"create type other as enum ('a')", "create table c (o other, p other[])", "alter table t add o other", "alter type other rename value 'a' to 'b'"}, old},
		"new, block": {labelled, []string{"do $$ begin create type other as enum ('a'); create table c (o other); end $$", "alter type other rename value 'a' to 'b'"}, old},
	})
	b := setup(t, pgtest.New(t), options{}, labelled)
	b.fails(t, "42704", "alter type zz rename value 'a' to 'b'")
}

// reading is code of JavaScript that reads a column of t.
func reading(column string, asText bool) options {
	return options{code: []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true},
		[]contract.Relation{{Name: contract.Name{Name: "t"}, Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "a.js", Line: 7},
			Reads: contract.Named(column), TextBigint: asText}}}}, nil)}}}
}

// but is code that reads a column, and has places of which little is known.
func but(o options, gap contract.Gap) options {
	o.code[0].Contract = contract.Merge(o.code[0].Contract, contract.New(contract.Source{Scanner: "scan", Whole: true}, nil, []contract.Gap{gap}))
	return o
}

// TestBigintForText: an integer gets wider only where code is known not to read a text then.
func TestBigintForText(t *testing.T) {
	t.Parallel()
	const widen = "alter table t alter i type bigint"
	unread := reading("i", false)
	unread.code[0].Contract = nil
	built := contract.Gap{Reach: contract.Anything, Why: "SQL that is built", At: contract.Evidence{File: "a.js", Line: 9}}
	ruby := built
	ruby.OneInteger = true
	for name, tt := range map[string]struct {
		options options
		sql     string
		why     string // it is refused; empty: it is not
	}{
		"reads it":              {reading("i", true), widen, "build one: SQL reads i, where a bigint comes as another kind of value (a.js:7)"},
		"reads another":         {reading("x", true), widen, ""},
		"reads a number":        {reading("i", false), widen, ""},
		"may read it":           {but(reading("x", true), built), widen, "takes both types is not known: build one: SQL that is built (a.js:9)"},
		"may read it, smallint": {but(reading("x", true), built), "alter table t alter s2 type int", ""},
		"one kind of integers":  {but(reading("i", false), ruby), widen, ""},
		"one kind, in a block":  {but(reading("i", false), ruby), "do $$ begin " + widen + "; end $$", ""},
		"in a block":            {but(reading("i", false), built), "do $$ begin " + widen + "; end $$", "SQL that is built (a.js:9)"},
		"another type":          {reading("s", true), "alter table t alter s type text", ""},
		"no contract":           {unread, widen, "no contract of it is recorded"},
		"nothing is known":      {options{}, widen, "counts as using it"},
		"said to be safe":       {options{allow: []string{"retyped-column:t.i"}}, widen, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, tt.options, typed, "alter table t add s2 smallint")
				if tt.why == "" {
					b.run(t, tt.sql)
				} else if e := b.fails(t, "MG012", tt.sql); !strings.Contains(e.Detail, tt.why) || !strings.Contains(e.Hint, "setTypeParser") {
					t.Errorf("evidence: %s; hint: %s", e.Detail, e.Hint)
				}
			})
		})
	}
}
