package guard_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A CancelRequest ends what the session does, on the server or in the gate,
// and nothing but that.
func TestCancelRequest(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, phase := range phases {
			if name == "idle" || name == "in transaction" || strings.HasSuffix(name, "copy") {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := db.Server.NewDB(t)
				db.Exec(t, fixture)
				g := newBusyGate()
				r := newRig(t, db, g, nil)
				w := dialWire(t, r.url("require"))
				w.send(t, phase.messages...)
				phase.there(t, r, w, g)
				if err := sendCancel(t.Context(), r.addr, w.pid, w.key); err != nil {
					t.Fatal(err)
				}
				trace := strings.Join(w.until(t, waitFor("E")), "\n")
				if !strings.HasSuffix(trace, `ErrorResponse ERROR 57014 "canceling statement due to user request"`) {
					t.Errorf("got\n%s", trace)
				}
				if name == "relayed execute" {
					w.send(t, synced...)
				}
				w.until(t, isReady)
				w.query(t, "ROLLBACK")
				expect(t, w.query(t, "select 'next' /* gate forwards */"), "RowDescription ?column?:25:0",
					`DataRow "next"`, "CommandComplete SELECT 1", "ReadyForQuery I")
				if n := db.Value(t, "SELECT count(*) FROM t WHERE id = 50"); n != "0" {
					t.Errorf("left behind: %s row", n)
				}
			})
		}
	})
}

// Who does not know the key cannot cancel.
func TestCancelRequestNeedsTheKey(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, fixture)
	g := newBusyGate()
	canceled := &countingDialer{Dialer: dialer{db.URL}}
	r := newRig(t, db, g, func(c *guard.Config) { c.Dialer = canceled })
	w := dialWire(t, r.url("disable"))
	phase := phases["relayed query"]
	w.send(t, phase.messages...)
	phase.there(t, r, w, g)
	wrong := append([]byte(nil), w.key...)
	wrong[0] ^= 1
	for _, try := range []struct {
		pid uint32
		key []byte
	}{{w.pid, wrong}, {w.pid + 1, w.key}, {w.pid, w.key[:3]}, {w.pid, nil}} {
		// The guard closes the connection when it has dealt with it.
		_ = sendCancel(t.Context(), r.addr, try.pid, try.key)
	}
	if n := canceled.n.Load(); n != 0 {
		t.Errorf("%d requests reached the server", n)
	}
	if err := sendCancel(t.Context(), r.addr, w.pid, w.key); err != nil {
		t.Fatal(err)
	}
	w.until(t, waitFor("E"))
	if n := canceled.n.Load(); n != 1 {
		t.Errorf("%d requests reached the server", n)
	}
}
