package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// items is a table that no source shows a use of.
const items = `create table items (id int primary key, sku int, kind text, at timestamptz not null default now());
	create unique index items_sku on items (sku); create table other (id int); create table k (id int);
	create function twice(int) returns int language sql immutable as 'select $1 * 2';
	create function same(int, int) returns boolean language sql immutable as 'select $1 = $2';
	create operator === (function = same, leftarg = int, rightarg = int)`

// shadows makes a table of that name with other types, which sessions find first. No rule
// but replay sees what that does.
var shadows = shadowing("id text, sku text, kind json, at text")

func shadowing(columns string) string {
	return fmt.Sprintf("do $$ begin execute format('create schema %%I', current_user); execute format('create table %%I.items (%s)', current_user); end $$", columns)
}

// grouped is a query of which only a table takes what it wants, and no text says so:
// whose column it is that the inner query names.
const grouped = "select id, (select kind), count(*) from items group by id"

// replays are transactions that no other rule refuses, after which a query fails that
// passes before. The last message is refused, with what the server says.
var replays = map[string]struct {
	query string
	sql   []string
	says  string
}{
	"operator":   {"select id from items where id + 1 > 2", []string{shadows}, "operator does not exist: text + unknown (42883)"},
	"in a block": {"select id from items where sku + 1 > 2", []string{"begin", shadows, "select 1", "commit"}, "(42883)"},
	"interval": {"select id from items where at > now() - interval '1 day'", []string{shadows},
		"operator does not exist: text > timestamp with time zone (42883)"},
	"extract":          {"select extract(year from at) from items", []string{shadows}, "(42883)"},
	"json":             {"select distinct kind from items", []string{shadows}, "could not identify an equality operator for type json (42883)"},
	"function of wide": {"select twice(sku) from items", []string{"alter table items alter sku type bigint"}, "function twice(bigint) does not exist (42883)"},
	"arbiter":          {"insert into items (id, sku) values (1, 2) on conflict (sku) do nothing", []string{"do $$ begin drop index items_sku; end $$"}, "there is no unique or exclusion constraint matching the ON CONFLICT specification (42P10)"},
	"group by":         {grouped, []string{"alter table items rename to goods"}, `subquery uses ungrouped column "items.kind" from outer query`},
	"copy":             {"copy items (id, kind) from program 'true'", []string{"do $$ begin alter table items add x int, drop at; alter table items rename kind to sort; end $$"}, ""},
	"operator dropped": {"select id from items where id === 1", []string{"begin", "drop operator === (int, int)", "commit"}, "operator does not exist: integer === unknown (42883)"},
}

func TestReplayRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range replays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachCounting(t, func(t *testing.T, db *pgtest.DB) {
				b := replaying(t, db, options{}, tt.query)
				if name == "copy" { // by the columns that it names
					b.refusedAtLast(t, "MG002", tt.sql)
					return
				}
				e := b.refusedAtLast(t, "MG058", tt.sql)
				if !strings.Contains(e.Message+e.Detail, tt.says) || !strings.Contains(e.Detail, "a query seen once since ") || !strings.Contains(e.Hint, "pg_stat_statements_reset()") {
					t.Error(explain(e))
				}
				if len(tt.sql) == 1 {
					_, err := b.client.PgConn().ExecParams(t.Context(), tt.sql[0], nil, nil, nil, nil).Close()
					failed(t, err, "MG058", tt.sql[0])
				}
				b.olds(t, tt.query)
			})
		})
	}
}

// replaying is a run that looks at queries which have been run, for a build that no
// source shows using items.
func replaying(t *testing.T, db *pgtest.DB, o options, queries ...string) *bundle {
	t.Helper()
	db.Exec(t, append([]string{items}, queries...)...)
	if o.code == nil {
		o.code = []judge.Code{starring("one", "")}
	}
	o.sees = true
	return setup(t, db, o)
}

// notes is what was said of the statements.
func notes(b *bundle) string {
	var said []string
	for _, s := range b.Statements() {
		said = append(said, s.Notes...)
	}
	return strings.Join(said, "\n")
}

// What passes before and after is no reason to refuse, nor is what fails before, and
// what is allowed is only said.
func TestReplayPasses(t *testing.T) {
	t.Parallel()
	queries := []string{grouped, "select * from items", "select id, twice(sku) from items where at > now() - interval '1 day'",
		"insert into items (id, sku) values (5, 6) on conflict (sku) do nothing", "insert into items (id) values (9) on conflict do nothing",
		"select extract(year from at) from items", "copy items (id) from program 'true'", "begin; lock table items; rollback", "select 1", "select twice(1)",
		"create table temporary (n int)", "select n from temporary", "drop table temporary",
		"begin; lock table public.k, public.items in access share mode; rollback", // pg_dump
		"begin; declare c cursor for select id from items; commit", "prepare p as select kind from items where id = $1", "delete from other where id in (1, 2, 3)"}
	for name, tt := range map[string]struct {
		o    options
		sql  []string
		says string
	}{
		"added":         {options{}, []string{"alter table items add more text, add less int default 4"}, "adding column more of items makes prepared statements"},
		"as it was":     {options{}, []string{"do $$ begin alter table items rename kind to sort; alter table items rename sort to kind; end $$"}, ""},
		"arbiter again": {options{}, []string{"begin", "drop index items_sku", "create unique index items_sku_new on items (sku)", "commit"}, ""},
		"other":         {options{}, []string{"alter table k add n int", "begin", "drop index items_sku", "rollback", "create table kk (id int)"}, ""},
		"dumped":        {options{}, []string{"drop table k"}, ""},
		"allowed": {options{allow: []string{"renamed-column:items.kind"}}, []string{"alter table items rename kind to sort", "alter table items add n int"},
			`by what an exception or maintenance mode allows: a query seen once since `},
		"function allowed": {options{allow: []string{"dropped-function:twice"}}, []string{"drop function twice(int)"}, "function twice(integer) does not exist (42883)"},
		"warn":             {options{warn: true}, []string{"do $$ begin drop index items_sku; end $$"}, `replay = "warn" lets it: a query seen once since `},
		"returns":          {options{}, []string{shadowing("id int primary key, sku numeric(9,0) unique, kind text, at timestamptz, fresh int")}, "function twice(numeric)"},
		"type":             {options{}, []string{shadowing("id int primary key, sku int unique, kind varchar(9), at timestamptz")}, "a query returns other columns from now on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachCounting(t, func(t *testing.T, db *pgtest.DB) {
				b := replaying(t, db, tt.o, queries...)
				if name == "returns" {
					b.refusedAtLast(t, "MG058", tt.sql)
					return
				}
				b.run(t, tt.sql...)
				if said := notes(b); tt.says == "" && said != "" || !strings.Contains(said, tt.says) {
					t.Errorf("%s, want %s", said, tt.says)
				}
			})
		})
	}
}

// What only code has sent that is gone is said.
func TestReplayOfCodeThatIsGone(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		const upsert = "insert into items (id, sku) values (1, 2) on conflict (sku) do nothing"
		db.Exec(t, items, upsert)
		for range 2 {
			doNeeding(t, db, ignoring(), "one", nil, "select 1")
		}
		if ended, out := doNeeding(t, db, ignoring(), "two", nil, "do $$ begin drop index items_sku; end $$"); ended.Exit != 0 || !strings.Contains(out, "that code which is gone has sent") || !strings.Contains(out, "42P10") {
			t.Errorf("%d %s", ended.Exit, out)
		}
		db.Exec(t, "create unique index items_sku on items (sku)", upsert)
		ended, out := doNeeding(t, db, ignoring(), "two", nil, "do $$ begin drop index items_sku; end $$")
		if ended.Exit != release.ExitRefused || !strings.Contains(out, "and since the last release (insert into items") {
			t.Errorf("%d %s", ended.Exit, out)
		}
	})
}

// Thousands of queries do not hold locks for longer than the budget, and what is not
// asked about is said. What is asked first is what is sent most.
func TestReplayBudget(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		var all strings.Builder
		for i := range 2000 {
			signs := strings.NewReplacer("0", " + sku", "1", " - id").Replace(fmt.Sprintf("%011b", i))
			fmt.Fprintf(&all, "select kind, 2%s from items where id = 3 and sku > 1;", signs)
		}
		const often = "select sku + 1 from items"
		b := replaying(t, db, options{}, all.String(), often, often)
		if n := db.Value(t, "select count(*) >= 2000 from pg_stat_statements where query like 'select kind, $1%'"); n != "t" {
			t.Fatal("the server takes some of the queries for one")
		}
		timed := func(sql string) {
			t.Helper()
			began := time.Now()
			b.run(t, sql)
			t.Logf("PostgreSQL %d: %v: %s", db.Major, time.Since(began), sql)
		}
		timed("alter table k add n int") // what queries do before is known with it
		timed("alter table items add n int")
		if said := notes(b); said != "" {
			t.Error(said)
		}
		b.Within(10*time.Millisecond, patience)
		timed("alter table items add m int")
		if said := notes(b); !strings.HasPrefix(said, "not replayed: ") || !strings.Contains(said, "10ms were over") {
			t.Errorf("said %q", said)
		}
		b.Within(patience, patience)
		if e := b.fails(t, "MG058", shadows); !strings.Contains(e.Detail, "a query seen 2 times") {
			t.Error(explain(e))
		}
	})
}

// A query that others keep from being analysed says nothing, and keeps nobody waiting.
func TestReplayBehindLock(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		const behind = "select 1 from items join other using (id)" // asked about first
		b := replaying(t, db, options{}, behind, behind, "select sku + 1 from items")
		b.Within(4*time.Second, patience)
		b.run(t, "alter table k add n int")
		b.olds(t, "begin", "lock table other")
		b.run(t, "alter table items add n int")
		if said := notes(b); !strings.HasPrefix(said, "not replayed: 1 of the queries") {
			t.Errorf("said %q", said)
		}
		b.fails(t, "MG058", shadows)
		b.olds(t, "rollback")
	})
}

// Code that looks into an overlay first passes there.
func TestReplayUnderOverlay(t *testing.T) {
	t.Parallel()
	eachCounting(t, func(t *testing.T, db *pgtest.DB) {
		b := replaying(t, db, options{code: []judge.Code{starring("one", "mg_one")}}, "select kind from items", "select kind from items where id === 1")
		b.run(t, "alter table items rename kind to sort")
		b.olds(t, "set search_path = mg_one, public", "select kind from items")
		e := b.fails(t, "MG058", "do $$ begin drop operator === (int, int); end $$")
		if !strings.Contains(e.Detail, "in a session that looks into mg_one first") {
			t.Error(explain(e))
		}
	})
}
