package release_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const tableA = "create table a (id int primary key, n text); insert into a values (1, 'x')"

// Each story ends with the relations and shims that it names, and nothing in
// it fails. Old code reads what is in reads.
var stories = map[string]struct {
	before   string
	sql      []string
	kinds    string
	standing string
	reads    []string
}{
	"twice in a transaction": {tableA, []string{"begin", "alter table a rename to b", "alter table b rename to c", "commit"},
		"a v, c r", "a -> b", []string{"a"}},
	"three times in a transaction": {tableA, []string{"begin", "alter table a rename to b", "alter table b rename to c", "alter table c rename to d", "commit"},
		"a v, d r", "a -> b", []string{"a"}},
	"twice in a message": {tableA, []string{"alter table a rename to b; alter table b rename to c"},
		"a v, c r", "a -> b", []string{"a"}},
	"twice": {tableA, []string{"alter table a rename to b", "alter table b rename to c"},
		"a v, b v, c r", "a -> b, b -> c", []string{"a", "b"}},
	"back in a transaction": {tableA, []string{"begin", "alter table a rename to b", "alter table b rename to a", "commit"},
		"a r", "", []string{"a"}},
	"back and on in a transaction": {tableA, []string{"begin", "alter table a rename to b", "alter table b rename to a", "alter table a rename to c", "commit"},
		"a v, c r", "a -> c", []string{"a"}},
	"back": {tableA, []string{"alter table a rename to b", "alter table b rename to a"},
		"a r, b v", "b -> a", []string{"a", "b"}},
	"back and forth": {tableA, []string{"alter table a rename to b", "alter table b rename to a", "alter table a rename to b"},
		"a v, b r", "a -> b", []string{"a", "b"}},
	"again": {tableA, []string{"alter table a rename to b", "alter table a rename to b", "alter table if exists a rename to b"},
		"a v, b r", "a -> b", []string{"a", "b"}},
	"missing":           {tableA, []string{"alter table if exists z rename to b"}, "a r", "", []string{"a"}},
	"created":           {tableA, []string{"create table c (id int)", "alter table c rename to d"}, "a r, d r", "", []string{"a"}},
	"two":               {tableA + ";create table c (id int)", []string{"begin", "alter table a rename to b", "alter table c rename to d", "commit"}, "a v, b r, c v, d r", "a -> b, c -> d", []string{"a", "c"}},
	"array type's name": {tableA, []string{"alter table a rename to _a"}, "_a r, a v", "a -> _a", []string{"a"}},
	"index":             {tableA, []string{"alter index a_pkey rename to b_pkey", "alter table b_pkey rename to c"}, "a r", "", []string{"a"}},
	"same name elsewhere": {tableA + ";create schema s; create table s.a (id int)", []string{"alter table s.a rename to b", "alter table a rename to b", "create index on s.b (id)"},
		"a v, b r", "a -> b, a -> b", []string{"a", "s.a"}},
}

func TestStories(t *testing.T) {
	t.Parallel()
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, s.before)
				b.run(t, s.sql...)
				b.wants(t, s.kinds, s.standing)
				if verdicts, _ := b.Recorded(); name == "again" && strings.Join(verdicts, " ") != "shim allow allow" {
					t.Errorf("verdicts %v", verdicts)
				}
				for _, r := range s.reads {
					b.olds(t, "select id from "+r)
				}
				if _, refused := b.Recorded(); refused > 0 {
					t.Errorf("%d refused", refused)
				}
			})
		})
	}
}

// What is in the way is refused before anything is done, in a transaction and
// out of one.
var inTheWay = map[string]struct {
	before string
	sql    []string // the last one is refused
	code   string
}{
	"table":             {"create table b ()", []string{"alter table a rename to b"}, "MG052"},
	"view":              {"create view b as select 1", []string{"alter table a rename to b"}, "MG052"},
	"index":             {"create index b on a (n)", []string{"alter table a rename to b"}, "MG052"},
	"sequence":          {"create sequence b", []string{"alter table a rename to b"}, "MG052"},
	"type":              {"create type b as enum ('x')", []string{"alter table a rename to b"}, "MG052"},
	"itself":            {"", []string{"alter table a rename to a"}, "MG052"},
	"created":           {"", []string{"create table b ()", "alter table b rename to a"}, "MG052"},
	"shim":              {"create table x ()", []string{"alter table a rename to b", "alter table x rename to a"}, "MG052"},
	"swap":              {"create table b (id int)", []string{"alter table a rename to a_old", "alter table b rename to a"}, "MG052"},
	"create":            {"", []string{"alter table a rename to b", "create table a (id int)"}, "MG052"},
	"create as":         {"", []string{"alter table a rename to b", "create table a as select 1"}, "MG052"},
	"into":              {"", []string{"alter table a rename to b", "select 1 into a"}, "MG052"},
	"create if not":     {"", []string{"alter table a rename to b", "create table if not exists public.a (id int)"}, "MG052"},
	"replace view":      {"", []string{"alter table a rename to b", "create or replace view a as select 1"}, "MG052"},
	"create index":      {"", []string{"alter table a rename to b", "create index on a (n)"}, "MG052"},
	"create index only": {"", []string{"alter table a rename to b", "create index concurrently if not exists i on a (n)"}, "MG052"},
	"alter":             {"", []string{"alter table a rename to b", "alter table a add column x int"}, "MG052"},
	"foreign key":       {"create table c (id int)", []string{"alter table a rename to b", "alter table c add foreign key (id) references a"}, "MG052"},
	"like":              {"", []string{"alter table a rename to b", "create table l (like a)"}, "MG052"},
	"truncate":          {"", []string{"alter table a rename to b", "truncate a"}, "MG052"},
	"rename shim":       {"", []string{"alter table a rename to b", "alter view a rename to z"}, "MG052"},
	"move shim":         {"create schema s", []string{"alter table a rename to b", "alter view a set schema s"}, "MG052"},
	"drop shim":         {"", []string{"alter table a rename to b", "drop view a"}, "MG052"},
	"drop shim if":      {"", []string{"alter table a rename to b", "drop table if exists a"}, "MG052"},
	"replace column":    {"", []string{"alter table a rename to b", "alter view a rename column n to m"}, "MG052"},
	"drop renamed":      {"", []string{"alter table a rename to b", "drop table b cascade"}, "MG003"},
	"drop schema":       {"", []string{"alter table a rename to b", "drop schema public cascade"}, "MG003"},
	"drop ledger":       {"", []string{"drop schema migguard cascade"}, "MG003"},
	"drop by block":     {"", []string{"alter table a rename to b", "do $$ begin drop view a; end $$"}, "MG052"},
	"replaced by block": {"", []string{"alter table a rename to b", "do $$ begin drop view a; create view a as select * from b; end $$"}, "MG052"},
	"ledger by block":   {"", []string{"do $$ begin drop table migguard.created; end $$"}, "MG003"},
	"drop under shim":   {"create view v as select * from a; create view w as select * from v", []string{"alter view v rename to v2", "drop view v2 cascade"}, "MG052"},
}

func TestInTheWay(t *testing.T) {
	t.Parallel()
	for name, w := range inTheWay {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{policy: dropsRefused}, tableA+";"+w.before)
				last := len(w.sql) - 1
				b.run(t, w.sql[:last]...)
				kinds, standing := b.kinds(t), b.standing(t)
				b.fails(t, w.code, w.sql[last])
				b.wants(t, kinds, standing)
				if name != "create index only" {
					b.run(t, "begin")
					b.fails(t, w.code, w.sql[last])
					b.fails(t, "25P02", "select 1")
					b.run(t, "rollback")
				}
				b.wants(t, kinds, standing)
				b.olds(t, "select * from a", "insert into a values (7)")
			})
		})
	}
}

// A later run of a newer build takes the shim down, one of the same does not,
// and a down migration has its name back.
func TestShimInLaterRuns(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, tableA)
		b.run(t, "alter table a rename to b")
		b.end(t, ledger.Succeeded)
		b.start(t, options{})
		b.fails(t, "MG052", "create table a (id int)")
		b.run(t, "begin", "alter table b rename to a", "commit")
		b.wants(t, "a r, b v", "b -> a")
		if got := db.Value(t, "select note || dropped_by from migguard.shim where dropped_at is not null"); got != "renamed back2" {
			t.Error(got)
		}
		b.olds(t, "insert into a values (5)", "insert into b values (6)")
	})
}

// What fails only because the shim's view depends on the table says so.
func TestShimOfAChangedTable(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{allow: []string{"dropped-column:b.n", "retyped-column:b.n"}}, tableA)
		b.run(t, "alter table a rename to b")
		for _, sql := range []string{"alter table b drop column n", "alter table b alter column n type varchar(3)"} {
			_, err := b.client.Exec(t.Context(), sql)
			var server *pgconn.PgError
			if !errors.As(err, &server) || !strings.Contains(server.Hint, "a is migguard's shim") {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}
