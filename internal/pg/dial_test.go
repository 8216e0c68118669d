package pg

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// dialed is a connection of Dial with pgconn on top again.
func dialed(t *testing.T, c *Config, params map[string]string, database string) *pgconn.PgConn {
	t.Helper()
	hijacked, err := c.Dial(within(t), params, database, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgconn.Construct(hijacked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeConn(conn) })
	return conn
}

func value(t *testing.T, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	row, err := queryRow(within(t), conn, sql, 1)
	if err != nil {
		t.Fatal(err)
	}
	return row[0]
}

// with is a URL with other parameters.
func with(t *testing.T, dbURL string, params map[string]string) string {
	t.Helper()
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for k, v := range params {
		q.Set(k, v)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestDialParameters(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		c := parse(t, with(t, db.URL, map[string]string{"application_name": "url", "statement_timeout": "5s"}))
		params := map[string]string{
			"user": "somebody", "database": "somewhere", "application_name": "runner", "DateStyle": "German",
			"options": "-c lock_timeout=3s", "client_encoding": "LATIN1",
		}
		conn := dialed(t, c, params, "postgres")
		for sql, want := range map[string]string{
			"select current_database()":             "postgres",
			"select current_user":                   db.Server.User,
			"show application_name":                 "runner",
			"show datestyle":                        "German, DMY",
			"show lock_timeout":                     "3s",
			"show client_encoding":                  "LATIN1",
			"show statement_timeout":                "0",
			"show client_connection_check_interval": "1s",
			"reset all; show lock_timeout":          "3s",
		} {
			if got := value(t, conn, sql); got != want {
				t.Errorf("%s: %s, want %s", sql, got, want)
			}
		}
		if len(params) != 6 {
			t.Errorf("the caller's parameters changed: %v", params)
		}
	})
}

func TestDialKeepsTheClientsInterval(t *testing.T) {
	t.Parallel()
	c := parse(t, pgtest.New(t).URL)
	for _, params := range []map[string]string{
		{intervalName: "7s"}, {"options": "-c " + intervalName + "=7s"},
	} {
		if got := value(t, dialed(t, c, params, ""), "show "+intervalName); got != "7s" {
			t.Errorf("%v: %s", params, got)
		}
	}
}

func TestDialRefused(t *testing.T) {
	t.Parallel()
	c := parse(t, pgtest.New(t).URL)
	for code, params := range map[string]map[string]string{
		"42704": {"nonsense": "1"}, "22023": {"DateStyle": "nonsense"},
	} {
		_, err := c.Dial(within(t), params, "", nil)
		var pgErr *pgconn.PgError
		if !errors.As(err, &pgErr) || pgErr.Code != code {
			t.Errorf("%v: %v, want SQLSTATE %s", params, err, code)
		}
	}
}

// A session pooler refuses the parameter that a server takes.
func TestDialThroughPooler(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		c := parse(t, bouncer{mode: "session", size: 20}.start(t, db))
		for range 2 {
			if got := value(t, dialed(t, c, nil, ""), "show "+intervalName); got != "1s" {
				t.Errorf("interval %s", got)
			}
		}
		if !c.noInterval.Load() {
			t.Error("the refusal was not remembered")
		}
	})
}

// The backend of a migguard that was killed while it waited for a lock leaves
// the queue.
func TestDeadClientLeavesTheQueue(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table a (id int)")
		c := parse(t, db.URL)
		holder := dialed(t, c, nil, "")
		if _, err := holder.Exec(within(t), "begin; lock table a").ReadAll(); err != nil {
			t.Fatal(err)
		}
		hijacked, err := c.Dial(within(t), map[string]string{"application_name": "waiter"}, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		hijacked.Frontend.SendQuery(&pgproto3.Query{String: "select from a"})
		if err := hijacked.Frontend.Flush(); err != nil {
			t.Fatal(err)
		}
		watcher := dialed(t, c, nil, "")
		const waiting = "select count(*) from pg_stat_activity where application_name = 'waiter' and wait_event_type = 'Lock'"
		await(t, watcher, waiting, "1")
		if err := hijacked.Conn.Close(); err != nil { // as the kernel does for the dead
			t.Fatal(err)
		}
		await(t, watcher, "select count(*) from pg_stat_activity where application_name = 'waiter'", "0")
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, params := range map[string]map[string]string{
			"plain":     {"sslmode": "disable"},
			"prefer":    {"sslmode": "prefer"},
			"verified":  {"sslmode": "verify-full", "sslrootcert": db.Server.CAFile},
			"long keys": {"sslmode": "require", "max_protocol_version": "3.2"},
		} {
			c := parse(t, with(t, db.URL, params))
			hijacked, err := c.Dial(within(t), map[string]string{"application_name": name}, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			if long := len(hijacked.SecretKey) > 4; long != (name == "long keys" && db.Major >= 18) {
				t.Errorf("%s: a key of %d bytes", name, len(hijacked.SecretKey))
			}
			if (hijacked.TLSConfig != nil) != (name != "plain") {
				t.Errorf("%s: TLS %v", name, hijacked.TLSConfig != nil)
			}
			conn, err := pgconn.Construct(hijacked)
			if err != nil {
				t.Fatal(err)
			}
			defer closeConn(conn)
			ended := make(chan error, 1)
			go func() {
				_, err := conn.Exec(within(t), "select pg_sleep(60)").ReadAll()
				ended <- err
			}()
			await(t, dialed(t, c, nil, ""),
				"select count(*) from pg_stat_activity where wait_event = 'PgSleep' and application_name = '"+name+"'", "1")
			if err := c.Cancel(within(t), hijacked.PID, hijacked.SecretKey); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			var pgErr *pgconn.PgError
			if err := <-ended; !errors.As(err, &pgErr) || pgErr.Code != "57014" {
				t.Errorf("%s: %v, want SQLSTATE 57014", name, err)
			}
		}
	})
}

func TestCancelOfAStranger(t *testing.T) {
	t.Parallel()
	if err := parse(t, pgtest.New(t).URL).Cancel(within(t), 1, []byte("abcd")); err == nil {
		t.Error("no error")
	}
}

// await asks until the answer is want.
func await(t *testing.T, conn *pgconn.PgConn, sql, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(within(t), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		got := value(t, conn, sql)
		if got == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %s, want %s", sql, got, want)
		case <-tick.C:
		}
	}
}
