package guard_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A busyGate keeps a gated statement busy in one of the ways a gate can be.
type busyGate struct {
	testGate
	entered chan struct{} // gets a value when the gate waits
}

func newBusyGate() *busyGate {
	g := &busyGate{entered: make(chan struct{}, 1)}
	g.gated = func(st guard.Statement) bool { return strings.Contains(st.SQL, "gate ") }
	g.act = func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
		if err := c.Block(ctx); err != nil {
			return "", err
		}
		switch {
		case strings.Contains(st.SQL, "gate waits"):
			g.entered <- struct{}{}
			if err := c.Wait(ctx, time.Hour); err != nil {
				return "", err
			}
		case strings.Contains(st.SQL, "gate asks"):
			return "SELECT", c.Exec(ctx, "SELECT pg_sleep(3600)")
		}
		return c.Forward(ctx)
	}
	return g
}

// phases are where a session can be when its end comes. Each has the messages
// that lead there and how to see that it is there.
var phases = map[string]struct {
	messages []pgproto3.FrontendMessage
	there    func(t *testing.T, r *rig, w *wire, g *busyGate)
}{
	"idle":           {simple("select 'idle'"), isIdle},
	"in transaction": {simple("BEGIN; insert into t values (50)"), isIdle},
	"relayed query":  {simple("BEGIN; insert into t values (50); select pg_sleep(3600)"), sleeps},
	"relayed execute": {append(executes("insert into t values (50)"),
		append(executes("select pg_sleep(3600)"), &pgproto3.Flush{})...), sleeps},
	"forwarded query":   {simple("insert into t values (50); select pg_sleep(3600) /* gate forwards */"), sleeps},
	"forwarded execute": {append(executes("select pg_sleep(3600) /* gate forwards */"), synced...), sleeps},
	"the gate asks":     {simple("select 1 /* gate asks */"), sleeps},
	"the gate waits":    {simple("insert into t values (50); select 1 /* gate waits */"), waits},
	"relayed copy":      {simple("copy t from stdin"), copies},
	"forwarded copy":    {simple("copy t /* gate forwards */ from stdin"), copies},
}

func isIdle(t *testing.T, _ *rig, w *wire, _ *busyGate) { w.until(t, isReady) }

func sleeps(t *testing.T, r *rig, w *wire, _ *busyGate) {
	t.Helper()
	sql := fmt.Sprintf("SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event = 'PgSleep'", w.pid)
	await(t, "pg_sleep", func() bool { return r.db.Value(t, sql) == "1" })
}

func waits(t *testing.T, _ *rig, _ *wire, g *busyGate) {
	t.Helper()
	select {
	case <-g.entered:
	case <-time.After(patience):
		t.Fatal("the gate does not wait")
	}
}

func copies(t *testing.T, _ *rig, w *wire, _ *busyGate) {
	t.Helper()
	w.until(t, waitFor("G"))
	w.send(t, &pgproto3.CopyData{Data: []byte("50\tx\n")})
}

// gone waits until the server has no session of the test any more.
func gone(t testing.TB, r *rig) {
	t.Helper()
	sql := "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	await(t, "the end of the server's sessions", func() bool { return r.db.Value(t, sql) == "0" })
}

// inEachPhase leads a session to each phase, ends it, and looks whether
// anything is left of it.
func inEachPhase(t *testing.T, end func(t *testing.T, r *rig, w *wire)) {
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, phase := range phases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := db.Server.NewDB(t)
				db.Exec(t, fixture)
				g := newBusyGate()
				r := newRig(t, db, g, nil)
				w := dialWire(t, r.url("require"))
				w.send(t, phase.messages...)
				phase.there(t, r, w, g)
				end(t, r, w)
				gone(t, r)
				if n := db.Value(t, "SELECT count(*) FROM t WHERE id = 50"); n != "0" {
					t.Errorf("left behind: %s row", n)
				}
			})
		}
	})
}

// The server's last words reach the client, whatever the guard is doing.
func TestServerEndsTheSession(t *testing.T) {
	t.Parallel()
	inEachPhase(t, func(t *testing.T, r *rig, w *wire) {
		r.db.Value(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", w.pid))
		trace := strings.Join(w.ends(t), "\n")
		const want = `ErrorResponse FATAL 57P01 "terminating connection due to administrator command"`
		if strings.Count(trace, want) != 1 || !strings.HasSuffix(trace, "end of connection") {
			t.Errorf("got\n%s", trace)
		}
	})
}

func TestCloseEndsSessions(t *testing.T) {
	t.Parallel()
	inEachPhase(t, func(t *testing.T, r *rig, w *wire) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		w.ends(t)
		if _, err := net.Dial("tcp", r.addr); err == nil {
			t.Error("the guard still listens")
		}
	})
}

// A client that is gone leaves nothing behind. While a statement runs the
// server does not notice, with or without a guard; so the test ends those.
func TestClientGoes(t *testing.T) {
	t.Parallel()
	inEachPhase(t, func(t *testing.T, r *rig, w *wire) {
		_ = w.Close()
		r.db.Value(t, "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
	})
}

func TestClientGoesInAMessage(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, fixture)
	for name, gate := range gates {
		r := newRig(t, db, gate, nil)
		for message, bytes := range map[string]string{
			"Query":    "Q\x00\x00\x00\x40insert into t values (60)\x00",
			"header":   "Q\x00\x00",
			"Parse":    "P\x00\x00\x00\x40\x00insert into t values (60)\x00",
			"Bind":     "B\x00\x00\x00\x40\x00",
			"too long": "Q\x7f\x00\x00\x00insert into t values (60)\x00",
		} {
			w := dialWire(t, r.url("disable"))
			w.query(t, "BEGIN; insert into t values (61)")
			if _, err := w.Write([]byte(bytes)); err != nil {
				t.Fatal(err)
			}
			_ = w.Close()
			gone(t, r)
			if n := db.Value(t, "SELECT count(*) FROM t WHERE id >= 60"); n != "0" {
				t.Errorf("gate %s: %s: left behind: %s row", name, message, n)
			}
		}
	}
}

// A client that has only stopped sending still gets its answers.
func TestClientStopsSending(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, gate := range gates {
		r := newRig(t, db, gate, nil)
		w := dialWire(t, r.url("disable"))
		w.send(t, &pgproto3.Query{String: "select count(*) from generate_series(1, 300000)"})
		if err := w.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(w.ends(t), "\n")
		if !strings.Contains(got, `DataRow "300000"`) {
			t.Errorf("gate %s: %s", name, got)
		}
	}
}
