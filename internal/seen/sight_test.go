package seen_test

import (
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/seen"
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
		got := seen.New(c.seen, c.recorded, ago(day), 0).Blind()
		if c.blind == "" && got != "" || !strings.HasPrefix(got, c.blind) {
			t.Errorf("%s: %q, want %q", name, got, c.blind)
		}
	}
	for age, young := range map[time.Duration]bool{time.Minute: true, day - 1: true, day: false} {
		if got := seen.New(whole, ledger.Seen{}, ago(age), 0).Young(); got != young {
			t.Errorf("after a release %v ago: young %v", age, got)
		}
	}
}

// What is forgotten while a run goes on, too, is on record for the next.
func TestForgottenWhileRunning(t *testing.T) {
	t.Parallel()
	began := pg.Seen{At: now, Since: ago(time.Hour), Whole: true, Queries: []pg.SeenQuery{{Role: 1, ID: 2, Calls: 5}}}
	count := seen.New(began, ledger.Seen{}, ago(time.Hour), 0)
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
