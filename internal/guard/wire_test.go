package guard_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// A wire is a client that sends and receives single messages.
type wire struct {
	net.Conn
	front *pgproto3.Frontend
	pid   uint32
	key   []byte
}

// dialWire connects and authenticates.
func dialWire(t testing.TB, url string) *wire {
	t.Helper()
	w, err := openWire(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func openWire(ctx context.Context, url string) (*wire, error) {
	c, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := c.SyncConn(ctx); err != nil { // see dialer
		return nil, err
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, err
	}
	return &wire{Conn: h.Conn, front: pgproto3.NewFrontend(h.Conn, h.Conn), pid: h.PID, key: h.SecretKey}, nil
}

// send encodes messages and writes them at once.
func (w *wire) send(t testing.TB, messages ...pgproto3.FrontendMessage) {
	t.Helper()
	if err := w.trySend(messages...); err != nil {
		t.Fatal(err)
	}
}

func (w *wire) trySend(messages ...pgproto3.FrontendMessage) error {
	var buf []byte
	for _, m := range messages {
		var err error
		if buf, err = m.Encode(buf); err != nil {
			return err
		}
	}
	_ = w.SetWriteDeadline(time.Now().Add(patience))
	_, err := w.Write(buf)
	return err
}

// silence is what until returns last when nothing came within patience.
const silence = "silence"

// until returns messages in text form up to the one to stop at, or to the
// connection's end.
func (w *wire) until(t testing.TB, stop func(pgproto3.BackendMessage) bool) []string {
	t.Helper()
	var lines []string
	for {
		_ = w.SetReadDeadline(time.Now().Add(patience))
		m, err := w.front.Receive()
		if err != nil {
			var ne net.Error
			if asTimeout(err, &ne) {
				t.Errorf("nothing within %v after %q", patience, lines)
				return append(lines, silence)
			}
			return append(lines, "end of connection")
		}
		lines = append(lines, text(m))
		if stop(m) {
			return lines
		}
	}
}

func isReady(m pgproto3.BackendMessage) bool {
	_, ok := m.(*pgproto3.ReadyForQuery)
	return ok
}

// query runs a simple query and returns all it brought.
func (w *wire) query(t testing.TB, sql string) []string {
	t.Helper()
	w.send(t, &pgproto3.Query{String: sql})
	return w.until(t, isReady)
}

// ends reads up to the connection's end.
func (w *wire) ends(t testing.TB) []string {
	t.Helper()
	return w.until(t, func(pgproto3.BackendMessage) bool { return false })
}

// sendCancel asks a server, or a guard, to cancel what a session runs.
func sendCancel(ctx context.Context, addr string, pid uint32, secretKey []byte) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	b := binary.BigEndian.AppendUint32(nil, uint32(12+len(secretKey)))
	b = binary.BigEndian.AppendUint32(b, 80877102)
	b = binary.BigEndian.AppendUint32(b, pid)
	if _, err := c.Write(append(b, secretKey...)); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, c) // the server closes it when it is done
	return err
}
