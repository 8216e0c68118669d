package pg

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// named opens a session under a name.
func named(t *testing.T, url, application string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["application_name"] = application
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeConn(conn.PgConn()) })
	return conn
}

func execAll(t *testing.T, conn *pgx.Conn, sql ...string) {
	t.Helper()
	for _, text := range sql {
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// activity waits until a look shows so many sessions: the server's view of
// another session may be a moment old.
func activity(t *testing.T, conn *pgx.Conn, within time.Duration, busy, hidden int, own ...uint32) Activity {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		a, err := ReadActivity(t.Context(), conn, within, own)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Busy) == busy && len(a.Hidden) == hidden {
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("busy %v, hidden %v; want %d and %d", a.Busy, a.Hidden, busy, hidden)
		}
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table a (id int)")
		look := named(t, db.URL, "look")
		web, run := named(t, db.URL, "web"), named(t, db.URL, "migguard")
		own := named(t, db.URL, "psql")
		execAll(t, run, "begin", "insert into a values (1)")
		execAll(t, own, "begin", "insert into a values (1)")

		a := activity(t, look, time.Hour, 1, 0, own.PgConn().PID())
		if s := a.Busy[0]; s.PID != web.PgConn().PID() || s.Application != "web" || s.State != "idle" {
			t.Errorf("the session that has just connected: %v", s)
		}
		activity(t, look, 0, 0, 0, own.PgConn().PID())
		activity(t, look, 0, 1, 0) // own, when it is not known as that

		execAll(t, web, "begin")
		a = activity(t, look, 0, 1, 0, own.PgConn().PID())
		if s := a.Busy[0]; s.State != "idle in transaction" {
			t.Errorf("an open transaction: %v", s)
		}
		execAll(t, web, "rollback")
		activity(t, look, 0, 0, 0, own.PgConn().PID())

		execAll(t, own, "commit")
		execAll(t, look, "select pg_advisory_lock(1)")
		done := make(chan error, 1)
		go func() {
			_, err := web.Exec(t.Context(), "select pg_advisory_lock(1)")
			done <- err
		}()
		a = activity(t, look, 0, 1, 0)
		if s := a.Busy[0]; s.State != "active" {
			t.Errorf("a query that runs: %v", s)
		}
		execAll(t, look, "select pg_advisory_unlock(1)")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		activity(t, look, 0, 0, 0)
	})
}

// A role without pg_read_all_stats sees its own sessions and transactions that
// have written, and is told what it cannot see.
func TestActivityOfOtherRoles(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		role := "poor_" + db.Name
		db.Exec(t, "create table a (id int)", fmt.Sprintf("create role %s login password 'pw'", role))
		cfg := parse(t, db.URL).ConnConfig()
		cfg.User, cfg.Password = role, "pw"
		look, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer closeConn(look.PgConn())
		other := named(t, db.URL, "console")

		a := activity(t, look, time.Hour, 0, 1)
		if s := a.Hidden[0]; s.PID != other.PgConn().PID() || s.State != "" || s.User == "" {
			t.Errorf("another role's session: %v", s)
		}
		execAll(t, other, "begin", "insert into a values (1)")
		activity(t, look, 0, 1, 0)
		execAll(t, other, "commit")
		activity(t, look, 0, 0, 1)

		cfg.RuntimeParams["application_name"] = "web"
		mine, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer closeConn(mine.PgConn())
		execAll(t, mine, "begin")
		activity(t, look, 0, 1, 1)
		execAll(t, mine, "commit")
		activity(t, look, 0, 0, 1)

		db.Exec(t, "grant pg_read_all_stats to "+role)
		activity(t, look, 0, 0, 0)
		execAll(t, other, "begin")
		if s := activity(t, look, 0, 1, 0).Busy[0]; s.Application != "console" {
			t.Errorf("after the grant: %v", s)
		}
	})
}
