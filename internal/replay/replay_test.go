package replay_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/replay"
	"github.com/migguard/migguard/internal/seen"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const schema = "create table items (id int primary key, kind text); create table other (id int)"

var items = replay.Affected{Relations: []ddl.Name{{Schema: "public", Name: "items"}}}

// counted is a query that the database has seen.
func counted(t *testing.T, recent contract.Verdict, sql string) seen.Query {
	t.Helper()
	q, err := seen.QueryOf(sql, contract.Use{Origin: contract.Query, Calls: 1, Recent: recent})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// written is a build with texts in its source.
func written(overlay string, texts ...string) judge.Code {
	c := judge.Code{Name: "build one", Overlay: overlay}
	var all []contract.Text
	for i, sql := range texts {
		all = append(all, contract.Text{SQL: sql, At: contract.Evidence{File: "report.rb", Line: i + 1}})
	}
	c.Contract = contract.New(contract.Source{Scanner: "sql"}, nil, nil).WithTexts(all)
	return c
}

func spoken(broken []replay.Broken) string {
	var said []string
	for _, b := range broken {
		said = append(said, b.String())
	}
	return strings.Join(said, "; ")
}

// How a query fares is told by what it did before, by who has sent it, and by what is
// allowed; a table that the transaction leaves alone is not asked about.
func TestFared(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, schema)
		p := replay.New([]judge.Code{written("", "select kind from items where id = 7", "select nothing from items")}, "public", []seen.Query{
			counted(t, contract.Yes, "select kind from items"), counted(t, contract.No, "select kind, id from items"),
			counted(t, contract.Unknown, "update items set kind = $1"), counted(t, contract.Yes, "select * from items"),
			counted(t, contract.Yes, "select gone from items"), counted(t, contract.Yes, "select id from other")})
		p.Budget, p.Ahead = time.Minute, time.Minute
		r := newRig(t, db, p)
		r.affected, r.excused = items, []string{"update"}
		r.exec(t, "begin", know, "alter table items rename kind to sort; alter table other rename id to it", again)
		f := r.fared
		const why = `column "kind" does not exist (42703)`
		if said := spoken(f.Broken); len(f.Broken) != 2 || !strings.Contains(said, "(select kind from items): "+why) || !strings.Contains(said, "SQL at report.rb:1 of build one (select kind from items where id = 7): "+why) {
			t.Errorf("broken: %s", said)
		}
		if said := spoken(f.Weak); len(f.Weak) != 1 || !strings.Contains(said, "(select kind, id from items)") {
			t.Errorf("weak: %s", said)
		}
		if said := spoken(f.Excused); len(f.Excused) != 1 || !strings.Contains(said, "(update items") {
			t.Errorf("excused: %s", said)
		}
		if len(f.Returning) != 1 || !strings.Contains(f.Returning[0].Seen(), "select * from items") || f.Unsure != 0 {
			t.Errorf("returning %d, unsure %d", len(f.Returning), f.Unsure)
		}
		r.affected, r.told = replay.Affected{All: true}, true
		r.exec(t, again)
		if f := r.fared; len(f.Broken) != 3 || len(f.Returning) != 0 {
			t.Errorf("of all: %s; returning %d", spoken(f.Broken), len(f.Returning))
		}
	})
}

// What it has asked leaves no lock, no setting and no failed block behind.
func TestLeavesNothing(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, schema)
		p := replay.New([]judge.Code{written("mg_one", "select kind from items", "select nothing from items", "select id from items")}, "public", nil)
		p.Budget, p.Ahead = time.Minute, time.Minute
		r := newRig(t, db, p)
		const state = `select current_setting('search_path') || current_setting('lock_timeout') || current_setting('statement_timeout') || current_setting('plan_cache_mode')
			union all select relation::regclass::text from pg_locks where pid = pg_backend_pid() and relation::regclass::text in ('items', 'other')`
		before := r.exec(t, "begin", state)
		if after := r.exec(t, know, state); !slices.Equal(before, after) {
			t.Errorf("%q, before %q", after, before)
		}
		r.affected = items
		if after := r.exec(t, again, state); !slices.Equal(before, after) || len(r.fared.Broken) > 0 {
			t.Errorf("%q, before %q; %s", after, before, spoken(r.fared.Broken))
		}
	})
}

// What was known is asked again when it is stale, and where there is no time, nobody
// knows.
func TestKnown(t *testing.T) {
	t.Parallel()
	pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, schema)
		if replay.New(nil, "public", nil).Any() {
			t.Error("there is nothing to ask about")
		}
		p := replay.New([]judge.Code{written("")}, "public", []seen.Query{counted(t, contract.Yes, "select kind from items")})
		p.Budget, p.Ahead = time.Minute, 0
		r := newRig(t, db, p)
		r.affected = items
		unsure := func(want int) {
			t.Helper()
			r.exec(t, "begin", know, again, "commit")
			if r.fared.Unsure != want {
				t.Errorf("%d are not known, want %d", r.fared.Unsure, want)
			}
		}
		unsure(1)
		p.Ahead = time.Minute
		unsure(1) // it has asked
		p.Stale()
		unsure(0)
		p.Budget = 0
		unsure(1)
	})
}

// A text of the source that failed at first is not asked about again: what one migration
// makes for it, another may take away.
func TestFailsAtFirst(t *testing.T) {
	t.Parallel()
	pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, schema)
		p := replay.New([]judge.Code{written("", "select nothing from items")}, "public", nil)
		p.Budget, p.Ahead = time.Minute, time.Minute
		r := newRig(t, db, p)
		r.affected = items
		r.exec(t, "begin", know, "commit", "alter table items add nothing int")
		p.Stale()
		r.exec(t, "begin", know, "alter table items drop nothing", again, "commit")
		if len(r.fared.Broken) > 0 {
			t.Error(spoken(r.fared.Broken))
		}
	})
}
