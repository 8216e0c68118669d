package release_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// harmlessSchema are statements that nothing has to be asked about.
var harmlessSchema = []string{
	"create index concurrently on a (lower(n))",
	"alter table a alter n set statistics 10",
	"create sequence s",
	"create temporary table t (id int)",
	"comment on table a is 'x'",
}

// asked are statements that must not pass: the ledger has to hear of them, the
// catalogs to be looked at, or their lock to be taken with care.
var asked = []string{
	"create index on a (n)", "alter table a alter n set default 'y'", "alter table a add constraint c check (id > 0) not valid",
	"create table n (id int)", "create table if not exists a (id int)", "create table n as select 1 as x",
	"create view n as select 1 as x", "create or replace view v as select 1 as x",
	"create materialized view n as select 1 as x",
	"alter table a add n int", "alter table a add if not exists x int", "alter table a add n int, add m int",
	"alter table a rename to b", "alter table a rename x to y", "alter table a set schema s",
	"alter table a drop x", "alter table a alter x drop default, drop x",
	"drop table a", "drop table if exists zz", "drop view v", "drop schema s cascade", "alter schema public rename to p",
	"drop type s cascade", "create index on a (own(x))",
	"create function own() returns int language sql as 'select 1'; drop table a",
	"do $$ begin end $$", "call p()", "alter tabel a rename to b", "explain analyze create table n as select 1 as x",
}

// What passes is none of what the gate has to judge or to keep.
func TestWhatPasses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b := setup(t, db, options{}, tableA)
	for _, sql := range harmlessSchema {
		if !b.Passes(sql) {
			t.Errorf("does not pass: %s", sql)
		}
	}
	asked := slices.Clone(asked)
	for _, h := range hazard.All {
		asked = append(asked, h.Bad)
	}
	for _, sql := range asked {
		if b.Passes(sql) {
			t.Errorf("passes: %s", sql)
		}
	}
	b.run(t, "create table n (id int)")
	for sql, want := range map[string]bool{
		"create index on n (id)": true, "alter table n alter id set default 1": true, "alter table n add foreign key (id) references a": false,
		"alter table n add x int": true, "alter table public.n add x int": false,
		"alter table a add x2 int": false} {
		if got := b.Passes(sql); got != want {
			t.Errorf("%s: passes %v", sql, got)
		}
	}
	if b.Passes("alter table n drop id") {
		t.Error("a dropped column passes")
	}
	b.run(t, "alter table a rename to b") // while a shim stands everything is looked at
	for _, sql := range slices.Concat(harmlessSchema, asked) {
		if b.Passes(sql) {
			t.Errorf("passes beside a shim: %s", sql)
		}
	}
}

// What a run has made is looked at like everything else as soon as its name may
// mean something else.
func TestMadeIsForgotten(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b := setup(t, db, options{}, tableA, "create schema s")
	const index = "create index on n (id)"
	for i, sql := range []string{"set search_path = s, public", "reset search_path", "rollback", "begin; commit", "select set_config('search_path', 's', true)",
		"drop table a1", "create table m1 (id int); set search_path = public", "do $$ begin end $$", "discard temp"} {
		if i == 0 {
			b.run(t, "create table a1 (id int)")
		}
		b.run(t, "drop table if exists n", "create table n (id int)", "begin", "alter table n add x int", "savepoint s", "select 1")
		if !b.Passes(index) {
			t.Errorf("before %s: does not pass", sql)
		}
		b.run(t, "commit", "drop table n", "create table n (id int)")
		if !b.Passes(index) {
			t.Errorf("before %s: does not pass", sql)
		}
		b.run(t, sql)
		if b.Passes(index) {
			t.Errorf("after %s: passes", sql)
		}
	}
	b.run(t, "create table o (id int); set search_path = public")
	if b.Passes("create index on o (id)") {
		t.Error("passes after a text with SET in it")
	}
	b.run(t, "create table p (id int)")
	b.fails(t, "42P07", "create table p (id int)")
	if b.Passes("create index on p (id)") {
		t.Error("passes after an error")
	}
	b.run(t, "create table q (id int)")
	extended(t, b, "set search_path = public")
	b.run(t, "create table r (id int)")
	if b.Passes("create index on r (id)") {
		t.Error("passes after a SET that may run again")
	}
	two := setup(t, db.Server.NewDB(t), options{})
	two.run(t, "create table n (id int)")
	two.connect(t)
	if two.Passes(index) {
		t.Error("passes beside a second session")
	}
}

// What passed is on record as if it had been taken over.
func TestPassedIsOnRecord(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, tableA)
		ended, out := do(t, db, "one", nil,
			"create table n (id int)", "create index n_id on n (id)", "begin", "alter table n add x int", "commit",
			"create index concurrently on n (x)", "select count(*) from n", "create index n_id on n (id)")
		var got []string
		for i, s := range ended.Report.Statements {
			got = append(got, fmt.Sprint(s.Tag, " ", s.Verdict, " ", s.Error))
			if s.Seq != i+1 || s.Duration <= 0 || fmt.Sprint(s.Changes) == "[]" {
				t.Errorf("%+v", s)
			}
		}
		want := []string{"CREATE TABLE allow ", "CREATE INDEX allow ", "ALTER TABLE allow ", "CREATE INDEX allow ",
			` allow ERROR: relation "n_id" already exists (SQLSTATE 42P07)`}
		if !slices.Equal(got, want) || ended.Exit != 3 {
			t.Errorf("%q, want %q\n%s", got, want, out)
		}
		if kept := db.Value(t, "select string_agg(tag, ',' order by seq) || count(error) from migguard.statement"); kept != "CREATE TABLE,CREATE INDEX,ALTER TABLE,CREATE INDEX,1" {
			t.Errorf("the ledger has %s", kept)
		}
	})
}
