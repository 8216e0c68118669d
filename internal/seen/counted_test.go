package seen_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/seen"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A bench is a database with what runs have recorded in it.
type bench struct {
	*pgtest.DB
	ledger *ledger.Ledger
	config *pg.Config
	conn   *pgx.Conn
}

func newBench(t *testing.T, db *pgtest.DB) bench {
	t.Helper()
	config, err := pg.Parse(db.URL)
	must(t, err)
	l, err := ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	must(t, l.Lock(t.Context(), time.Minute, nil))
	return bench{db, l, config, db.Connect(t)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b bench) read(t *testing.T) *seen.Counted {
	t.Helper()
	c, err := seen.Read(t.Context(), b.conn, b.ledger, true, 0)
	must(t, err)
	return c
}

// run is one that sends the query so often, and ends so; empty: it is killed.
func (b bench) run(t *testing.T, own int, how ledger.Outcome) {
	t.Helper()
	id, err := b.ledger.Begin(t.Context(), ledger.Release{Build: "b", Migguard: "1.2.3"})
	must(t, err)
	c := b.read(t)
	must(t, c.Begin(t.Context(), b.ledger))
	b.send(t, own)
	if how == "" {
		return
	}
	must(t, c.End(t.Context(), b.config, b.ledger, how == ledger.Succeeded))
	must(t, b.ledger.Finish(t.Context(), id, how, 0, 0, nil))
}

func (b bench) send(t *testing.T, times int) {
	t.Helper()
	for range times {
		b.Exec(t, "select notes from users where id = 1")
	}
}

// Calls while runs go on are nobody's, and of a query that was not sent outside of them
// since the last run that succeeded, the code is gone. What a run may have sent that was
// killed says neither.
func TestCalls(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) { // not those: a reset is of all databases
		db := pgtest.StartFor(t, pgtest.Options{Major: shared.Major}).NewDB(t)
		db.Exec(t, "create extension pg_stat_statements; create table users (id int primary key, notes text)")
		b := newBench(t, db)
		for _, step := range []struct {
			name   string
			do     func()
			calls  int64
			recent contract.Verdict
		}{
			{"sent before any run", func() { b.send(t, 2) }, 2, contract.Unknown},
			{"a run sends it", func() { b.run(t, 3, ledger.Succeeded) }, 2, contract.No},
			{"sent since", func() { b.send(t, 1) }, 3, contract.Yes},
			{"a run that fails", func() { b.run(t, 1, ledger.Failed) }, 3, contract.Yes},
			{"one that is killed", func() { b.run(t, 1, "") }, 4, contract.Yes},
			{"the next release", func() { b.run(t, 0, ledger.Succeeded) }, 4, contract.No},
			{"killed again", func() { b.run(t, 1, "") }, 5, contract.Unknown},
			{"and released", func() { b.run(t, 0, ledger.Succeeded) }, 5, contract.No},
			{"sent since a reset", func() { b.Exec(t, "select pg_stat_statements_reset()"); b.send(t, 1) }, 1, contract.Yes},
		} {
			step.do()
			if use := useOfUsers(t, b.read(t)); use.Calls != step.calls || use.Recent != step.recent {
				t.Errorf("PostgreSQL %d, %s: %d calls, recently %v, want %d, %v", shared.Major, step.name, use.Calls, use.Recent, step.calls, step.recent)
			}
		}
	}
}

// useOfUsers is the only one that the queries show.
func useOfUsers(t *testing.T, c *seen.Counted) (use contract.Use) {
	t.Helper()
	found := 0
	for _, q := range c.Queries() {
		for _, r := range q.Relations {
			if r.Name.Name == "users" {
				use, found = r.Uses[0], found+1
			}
		}
	}
	if found != 1 || !use.Reads.Has("notes") || use.At.Text != "select notes from users where id = $1" {
		t.Fatalf("%d uses, %+v", found, use)
	}
	return use
}

// A server that does not count tells nothing, and there is nothing to record.
func TestReadNothing(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := newBench(t, db)
		b.run(t, 0, ledger.Succeeded)
		c := b.read(t)
		if is := c.Evidence(); len(c.Queries()) > 0 || !strings.Contains(is.Blind, "pg_stat_statements is not installed (CREATE EXTENSION pg_stat_statements)") {
			t.Errorf("%+v", is)
		}
		if recorded, err := b.ledger.Seen(t.Context()); err != nil || len(recorded.Queries) > 0 {
			t.Errorf("%+v, %v", recorded, err)
		}
	})
}

// TestPrepared: a server counts what SQL's own PREPARE has prepared with that word, and
// what a driver has like all else.
func TestPrepared(t *testing.T) {
	t.Parallel()
	for _, shared := range pgtest.Servers(t) {
		db := pgtest.StartFor(t, pgtest.Options{Major: shared.Major}).NewDB(t)
		db.Exec(t, "create extension pg_stat_statements; create table users (id int primary key, notes text); create table orders (id int)")
		b := newBench(t, db)
		conn := db.Connect(t)
		for _, sql := range []string{"prepare p as select * from users where id = 1", "execute p"} {
			_, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
			must(t, err)
		}
		_, err := conn.Prepare(t.Context(), "q", "select * from orders where id = 1")
		must(t, err)
		_, err = conn.Exec(t.Context(), "q")
		must(t, err)
		got := map[string]bool{}
		for _, q := range b.read(t).Queries() {
			for _, r := range q.Relations {
				if r.Uses[0].Star {
					got[r.Name.Name] = r.Uses[0].Prepared
				}
			}
		}
		if prepared, there := got["users"]; !prepared || !there {
			t.Errorf("PostgreSQL %d, PREPARE: %v", shared.Major, got)
		}
		if prepared, there := got["orders"]; prepared || !there {
			t.Errorf("PostgreSQL %d, a driver's: %v", shared.Major, got)
		}
	}
}
