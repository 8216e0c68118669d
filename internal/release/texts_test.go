package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// withTexts is a contract with texts of one file, line by line.
func withTexts(c *contract.Contract, texts ...string) *contract.Contract {
	var all []contract.Text
	for i, sql := range texts {
		all = append(all, contract.Text{SQL: sql, At: contract.Evidence{File: "lib/report.rb", Line: i + 1}})
	}
	return c.WithTexts(all)
}

// A text of the source is replayed where no server has ever counted queries, and what
// it says is where the text stands.
func TestReplayOfSource(t *testing.T) {
	t.Parallel()
	for name, tt := range replays {
		if name == "copy" {
			continue // refused by the columns that it names
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				says := tt.says[max(strings.LastIndex(tt.says, "("), 0):] // what types are is another with constants
				text := strings.TrimSuffix(tt.query, ";")
				code := starring("one", "")
				code.Contract = withTexts(code.Contract, "select nothing from nowhere", text)
				b := setup(t, db, options{code: []judge.Code{code}}, items)
				e := b.refusedAtLast(t, "MG058", tt.sql)
				if !strings.Contains(e.Message+e.Detail, says) || !strings.Contains(e.Detail, "It is SQL at lib/report.rb:2 of build one (") || strings.Contains(e.Hint, "pg_stat_statements") {
					t.Error(explain(e))
				}
				b.olds(t, text)
			})
		})
	}
}

// What passes before and after is not spoken of, nor what fails before; what is allowed
// is only said.
func TestReplayOfSourcePasses(t *testing.T) {
	t.Parallel()
	texts := []string{grouped, "select * from items", "select id, twice(sku) from items where at > now() - interval '1 day' and kind = $1",
		"insert into items (id, sku) values ($1, $2) on conflict (sku) do nothing", "select gone from items", "select 1 from gone", "select id from items where kind = 3",
		"copy items (id) from stdin", "lock table items", "truncate k", "declare c cursor for select id from items", "select $1 is null from items", "select 'x'::int from items"}
	for name, tt := range map[string]struct {
		o    options
		sql  []string
		says string
	}{
		"added":         {options{}, []string{"alter table items add more text, add less int default 4"}, ""},
		"as it was":     {options{}, []string{"do $$ begin alter table items rename kind to sort; alter table items rename sort to kind; end $$"}, ""},
		"arbiter again": {options{}, []string{"begin", "drop index items_sku", "create unique index items_sku_new on items (sku)", "commit"}, ""},
		// What is allowed makes the run ask anew.
		"later": {options{allow: []string{"renamed-column:items.kind"}}, []string{"alter table k add n int", "create table gone (id int)", "alter table items rename kind to sort", "alter table items add gone int", "drop table gone"},
			"by what an exception or maintenance mode allows"},
		"warn":    {options{warn: true}, []string{"do $$ begin drop index items_sku; end $$"}, `replay = "warn" lets it: SQL at lib/report.rb:4 of build one (insert into items`},
		"allowed": {options{allow: []string{"renamed-column:items.kind"}}, []string{"alter table items rename kind to sort"}, `by what an exception or maintenance mode allows: SQL at lib/report.rb:`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				code := starring("one", "")
				code.Contract = withTexts(code.Contract, texts...)
				tt.o.code = []judge.Code{code}
				b := setup(t, db, tt.o, items)
				b.run(t, tt.sql...)
				if said := notes(b); tt.says == "" && said != "" || !strings.Contains(said, tt.says) {
					t.Errorf("%s, want %s", said, tt.says)
				}
			})
		})
	}
}

// Each build's texts are asked about by its own path: one that has its overlay does not
// miss what it finds there, and another does.
func TestReplayOfSourceByBuild(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		// extract's field is no parameter to the grammar of a server: it is asked anew.
		const kind, both, year = "select kind from items where id === 1", "select id from items where sku === 2", "select extract($1 from at) from items"
		one, two := starring("one", "mg_one"), starring("two", "")
		reads := contract.Relation{Name: contract.Name{Name: "items"}, Uses: []contract.Use{{Origin: contract.SQL, Reads: contract.Named("kind")}}}
		one.Contract = withTexts(contract.Merge(one.Contract, contract.New(contract.Source{Scanner: "scan"}, []contract.Relation{reads}, nil)), kind, both, year)
		two.Contract = withTexts(two.Contract, "select 1", both)
		b := setup(t, db, options{code: []judge.Code{two, one}}, items)
		e := b.fails(t, "MG058", shadows)
		if !strings.Contains(e.Detail, "SQL at lib/report.rb:3 of build one (") {
			t.Error(explain(e))
		}
		b.run(t, "alter table items rename kind to sort")
		b.olds(t, "set search_path = mg_one, public", kind, "set search_path = public")
		if said := notes(b); strings.Contains(said, "SQL at") {
			t.Error(said)
		}
		e = b.fails(t, "MG058", "do $$ begin drop operator === (int, int); end $$")
		for _, said := range []string{"SQL at lib/report.rb:2 of build two, build one (select id", "in a session that looks into mg_one first", "SQL at lib/report.rb:1 of build one ("} {
			if !strings.Contains(e.Detail, said) {
				t.Errorf("%q is not in %s", said, explain(e))
			}
		}
		if n := strings.Count(e.Detail, "SQL at"); n != 3 || strings.Contains(e.Detail, " more") {
			t.Errorf("build one's own query is asked about by its path alone: %s", explain(e))
		}
	})
}

// A run knows a build's texts from the ledger, where an earlier run has left them.
func TestReplayOfRecordedSource(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, items, "create table users (id int primary key, name text, notes text)")
		const breaks = "do $$ begin drop index items_sku; end $$"
		needs := withTexts(ignoring(), "insert into items (id, sku, kind) values ($1, $2, '$300') on conflict (sku) do nothing")
		needs = contract.Merge(needs, contract.New(contract.Source{Scanner: "scan", Whole: true, TextsLeft: 3}, nil, nil))
		doNeeding(t, db, needs, "one", nil, "select 1")
		ended, out := doNeeding(t, db, ignoring(), "two", nil, breaks)
		if ended.Exit != release.ExitRefused || !strings.Contains(out, "fails after this transaction") || !strings.Contains(out, "3 queries in the source of build one of release v1, the longest, are not replayed") || !strings.Contains(out, "SQL at lib/report.rb:1 of build one of ") {
			t.Errorf("%d %s", ended.Exit, out)
		}
		// Code without it comes, and then nothing holds the index.
		for range 2 {
			doNeeding(t, db, ignoring(), "two", nil, "select 1")
		}
		db.Exec(t, "update migguard.release set outcome = 'failed' where build = 'one'")
		if ended, out := doNeeding(t, db, ignoring(), "three", nil, breaks); ended.Exit != 0 {
			t.Errorf("%d %s", ended.Exit, out)
		}
	})
}

// What 500 texts cost before a transaction's first gated statement, and at its commit.
func TestReplayOfSourceCost(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		var texts []string
		for i := range 500 {
			texts = append(texts, fmt.Sprintf("select i.id, i.kind, count(o.id) from items i join other o on o.id = i.sku where i.id > %d and i.kind = $1 and i.at > now() - interval '%d days' group by i.id order by i.at limit 10", i, i))
		}
		code := starring("one", "")
		code.Contract = withTexts(code.Contract, texts...)
		began := time.Now()
		b := setup(t, db, options{code: []judge.Code{code}}, items)
		b.Within(patience, patience)
		t.Logf("PostgreSQL %d: %v: begin", db.Major, time.Since(began))
		for _, sql := range []string{"alter table k add n int", "alter table items add n int", "alter table items add m int"} {
			began := time.Now()
			b.run(t, sql)
			t.Logf("PostgreSQL %d: %v: %s", db.Major, time.Since(began), sql)
		}
		if said := notes(b); said != "" {
			t.Error(said)
		}
	})
}
