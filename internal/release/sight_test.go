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
