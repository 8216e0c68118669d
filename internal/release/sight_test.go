package release_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// now is when the runs of facts are.
var now = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

// ago is so long before that.
func ago(d time.Duration) time.Time { return now.Add(-d) }

// What the database has not seen is evidence when it has counted all queries for a day,
// and has forgotten none.
func TestBlind(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	one := []pg.SeenQuery{{Role: 1, ID: 2, Calls: 5}}
	whole := pg.Seen{At: now, Since: ago(9 * day), Whole: true, Queries: one}
	with := func(change func(*pg.Seen)) pg.Seen {
		s := whole
		change(&s)
		return s
	}
	recorded := func(age time.Duration, evictions, calls int64) ledger.Seen {
		return ledger.Seen{Whole: ago(age), Evictions: evictions, Queries: []ledger.SeenQuery{{Role: 1, Query: 2, Own: calls, RecordedAt: ago(time.Hour)}}}
	}
	for name, c := range map[string]struct {
		seen     pg.Seen
		recorded ledger.Seen
		blind    string // how it begins; empty: it is not
	}{
		"for days, first run": {whole, ledger.Seen{}, ""},
		"for days":            {whole, recorded(9*day, 0, 5), ""},
		"minutes":             {with(func(s *pg.Seen) { s.Since = ago(4 * time.Minute) }), ledger.Seen{}, "pg_stat_statements has counted for 4m 0s only: release again after 2026-11-21 09:56 UTC"},
		"reset since":         {with(func(s *pg.Seen) { s.Since = ago(4 * time.Minute) }), recorded(9*day, 7, 99), "pg_stat_statements has counted for 4m 0s only"},
		"reset before":        {with(func(s *pg.Seen) { s.Since = ago(2 * time.Hour) }), recorded(9*day, 0, 5), "pg_stat_statements has counted for 2h 0m only"},
		"unknown since when":  {with(func(s *pg.Seen) { s.Since = time.Time{} }), ledger.Seen{}, "since when pg_stat_statements counts is not known (ALTER EXTENSION pg_stat_statements UPDATE)"},
		"no room once":        {with(func(s *pg.Seen) { s.Evictions = 3 }), ledger.Seen{}, "pg_stat_statements has had no room for all queries, 0s ago at the latest (pg_stat_statements.max): release again after 2026-11-21 10:00 UTC"},
		"no room since":       {with(func(s *pg.Seen) { s.Evictions = 3 }), recorded(9*day, 2, 5), "pg_stat_statements has had no room for all queries, 0s ago"},
		"no room today":       {with(func(s *pg.Seen) { s.Evictions = 3 }), recorded(5*time.Hour, 3, 5), "pg_stat_statements has had no room for all queries, 5h 0m ago"},
		"no room days ago":    {with(func(s *pg.Seen) { s.Evictions = 3 }), recorded(2*day, 3, 5), ""},
		"no room, reset":      {with(func(s *pg.Seen) { s.Evictions, s.Since = 3, ago(time.Minute) }), recorded(2*day, 3, 5), "pg_stat_statements has had no room"},
		"one was forgotten":   {whole, recorded(9*day, 0, 6), "pg_stat_statements was seen to have forgotten queries 0s ago"},
		"one is gone":         {with(func(s *pg.Seen) { s.Queries = nil }), recorded(9*day, 0, 5), "pg_stat_statements was seen to have forgotten queries 0s ago"},
		"forgotten before":    {whole, recorded(3*time.Hour, 0, 5), "pg_stat_statements was seen to have forgotten queries 3h 0m ago: release again after 2026-11-21 07:00 UTC"},
		"forgotten long ago":  {whole, recorded(2*day, 0, 5), ""},
		"a copied ledger":     {whole, ledger.Seen{Whole: ago(9 * day)}, "pg_stat_statements was seen to have forgotten queries 0s ago"},
		"an earlier migguard": {whole, ledger.Seen{Queries: recorded(0, 0, 5).Queries}, ""},
		"its counts are gone": {whole, ledger.Seen{Queries: recorded(0, 0, 6).Queries}, "pg_stat_statements was seen to have forgotten queries 0s ago"},
		"many":                {with(func(s *pg.Seen) { s.Whole = false }), recorded(9*day, 0, 5), "the database has seen more than 5000 queries"},
		"hidden":              {with(func(s *pg.Seen) { s.Hidden = 2 }), recorded(9*day, 0, 5), "queries of other roles may not be read (2; GRANT pg_read_all_stats)"},
		"off":                 {with(func(s *pg.Seen) { s.Off = "compute_query_id = off" }), recorded(9*day, 0, 5), "the database does not count all queries (compute_query_id = off)"},
	} {
		got := release.Counted(c.seen, c.recorded, day).Blind()
		if c.blind == "" && got != "" || !strings.HasPrefix(got, c.blind) {
			t.Errorf("%s: %q, want %q", name, got, c.blind)
		}
	}
	for age, young := range map[time.Duration]bool{time.Minute: true, day - 1: true, day: false} {
		if got := release.Counted(whole, ledger.Seen{}, age).Young(); got != young {
			t.Errorf("after a release %v ago: young %v", age, got)
		}
	}
}

// What is forgotten while a run goes on, too, is on record for the next.
func TestForgottenWhileRunning(t *testing.T) {
	t.Parallel()
	began := pg.Seen{At: now, Since: ago(time.Hour), Whole: true, Queries: []pg.SeenQuery{{Role: 1, ID: 2, Calls: 5}}}
	count := release.Counted(began, ledger.Seen{}, time.Hour)
	ended := began
	ended.At = now.Add(time.Minute)
	for name, c := range map[string]struct {
		change func(*pg.Seen)
		whole  time.Time
	}{
		"nothing": {func(*pg.Seen) {}, began.Since},
		"no room": {func(s *pg.Seen) { s.Evictions++ }, ended.At},
		"gone":    {func(s *pg.Seen) { s.Queries = nil }, ended.At},
		"anew":    {func(s *pg.Seen) { s.Queries = []pg.SeenQuery{{Role: 1, ID: 2, Calls: 4}} }, ended.At},
	} {
		is := ended
		c.change(&is)
		if got := count.After(is, true); !got.Whole.Equal(c.whole) || got.Evictions != is.Evictions {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// That no upsert was seen is no reason to let a partitioned table stand in which does not
// take it, when the server has only begun to count, has forgotten some or all, may not say
// what others have sent, or the code is too young to have come to it.
func TestUnseenUpsert(t *testing.T) {
	t.Parallel()
	const atOnce = time.Nanosecond
	const upsert = "insert into orders values (1, 'a') on conflict (email) do nothing"
	var many []string
	for n := range 300 {
		many = append(many, fmt.Sprintf("listen channel_%d", n))
	}
	cases := map[string]struct {
		small   bool // there is room for 100 queries
		enough  time.Duration
		before  []string // the last release
		between []string // it and the migration
		why     string   // it is refused; empty: it is not
	}{
		"reset":                  {false, time.Hour, nil, []string{"select pg_stat_statements_reset()"}, "; and pg_stat_statements has counted for "},
		"reset of a query":       {false, atOnce, nil, []string{"select pg_stat_statements_reset(0, 0, (select queryid from pg_stat_statements where query like 'create table orders%' and dbid = (select oid from pg_database where datname = current_database())))"}, "; and pg_stat_statements was seen to have forgotten queries 0s ago: release again after "},
		"no room":                {true, atOnce, nil, many, "; and pg_stat_statements has had no room for all queries, 0s ago at the latest (pg_stat_statements.max): release again after "},
		"not counted":            {false, atOnce, nil, []string{"do $$ begin execute format('alter database %I set compute_query_id = off', current_database()); end $$"}, "; and the database does not count all queries (compute_query_id = off)"},
		"not read":               {false, atOnce, nil, []string{"select normalize('a', nfc) from orders"}, "; and a query that the database has seen could not be read (select normalize($1, $2) from orders)"},
		"not read, of another":   {false, atOnce, nil, []string{"select normalize('a', nfc) from others"}, ""},
		"no query, and not read": {false, atOnce, nil, []string{"begin; savepoint orders; release orders; commit"}, ""},
		"too long":               {false, atOnce, nil, []string{"select 1 from others where " + strings.Repeat("id is null or ", 6000) + "true"}, "; and queries that the database has seen are too long to be read (1)"},
		"sent since":             {false, atOnce, nil, []string{upsert}, ". But the database has seen a use: a query seen once since "},
		"sent before":            {false, atOnce, []string{upsert}, nil, ""},
		"sent before a moment":   {false, atOnce, []string{upsert}, []string{"update migguard.release set finished_at = now() + interval '1 hour'"}, "; and code may not have come to it since the last release: a query seen once since "},
	}
	for _, shared := range pgtest.Servers(t) {
		t.Run(fmt.Sprintf("pg%d", shared.Major), func(t *testing.T) {
			t.Parallel()
			server := pgtest.StartFor(t, pgtest.Options{Major: shared.Major})
			small := pgtest.StartFor(t, pgtest.Options{Major: shared.Major, Settings: map[string]string{"pg_stat_statements.max": "100"}})
			for name, c := range cases { // one by one, as a reset is of all databases
				t.Run(name, func(t *testing.T) {
					on := server
					if c.small {
						on = small
					}
					db := on.NewDB(t)
					db.Exec(t, "create extension pg_stat_statements", "create table orders (id int primary key, email text not null unique)", "create table others (id int)")
					db.Exec(t, c.before...)
					renamed(t, db, c.enough, c.why, func() { db.Exec(t, c.between...) })
				})
			}
			t.Run("hidden", func(t *testing.T) {
				owner := server.NewDB(t)
				quoted, url := role(t, owner, "app")
				owner.Exec(t, "create extension pg_stat_statements", "grant create on database "+owner.Name+" to "+quoted, "alter schema public owner to "+quoted,
					"set role "+quoted+"; create table orders (id int primary key, email text not null unique)")
				db := *owner
				db.URL = url
				renamed(t, &db, atOnce, "; and queries of other roles may not be read (", func() {
					other, _ := role(t, owner, "other")
					owner.Exec(t, "grant "+quoted+" to "+other+"; set role "+other+"; "+upsert)
				})
			})
		})
	}
}

// renamed releases code of which it is not known by what it upserts orders, and then the
// rename of that table, which is refused for a reason; empty: it is done.
func renamed(t *testing.T, db *pgtest.DB, enough time.Duration, why string, between func()) {
	t.Helper()
	code := ofModel("").Contract
	if ended, out := doWith(t, db, code, "one", &judge.Policy{}, "select 1"); ended.Exit != 0 {
		t.Fatalf("%d %s", ended.Exit, out)
	}
	between()
	ended, out := doAs(t, db, code, "two", &judge.Policy{}, func(r *release.Run) { r.CountedFor = enough }, "alter table orders rename to purchases")
	if why == "" && ended.Exit == 0 {
		return
	}
	const of = "no unique index orders_email_key for INSERT ... ON CONFLICT. Whether the code that runs needs it is not known: "
	if _, said, found := strings.Cut(out, of); why == "" || ended.Exit != release.ExitRefused || !found || !strings.Contains(said, why) {
		t.Errorf("%d, want %q\n%s", ended.Exit, why, out)
	}
}
