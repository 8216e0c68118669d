package guard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// palette are messages that a fuzzed client is put together from.
var palette = []string{
	`Query "create table a (id int)"`, `Query "drop table if exists a"`, `Query "BEGIN"`, `Query "COMMIT"`,
	`Query "ROLLBACK"`, `Query "select 1 /* refuse */"`, `Query "select 1/0"`, `Query "SAVEPOINT s; create table b ()"`,
	`Query "insert into t values (1); drop table b; select 1 /* refuse late */"`, `Query "copy t from stdin"`,
	`Query "copy t to stdout"`, `Query ""`, `Parse "" "create table a (id int)"`, `Parse "s" "select id from t"`,
	`Parse "s" "alter table t add column x int"`, `Parse "" "select 1 /* refuse */"`, `Parse "" "COMMIT"`,
	`Parse "" "BEGIN"`, `Parse "" "copy t from stdin"`, `Parse "" "selec"`, `Bind "" ""`, `Bind "" "s"`,
	`Bind "p" "s"`, `Describe P ""`, `Describe S "s"`, `Execute ""`, `Execute "p" 1`, `Close S "s"`, `Close P "p"`,
	`Flush`, `Sync`, `CopyData "5\tx\n"`, `CopyDone`, `CopyFail "no"`, `FunctionCall 1397 "-5"`, `Terminate`,
}

// FuzzFrontend sends a guard in front of a real server what a fuzzer made up:
// bytes before the start-up, bytes after it, or messages in any order. The
// guard must not panic or hang, and the session must be gone in the end.
func FuzzFrontend(f *testing.F) {
	db := pgtest.New(f)
	db.Exec(f, fixture)
	f.Add([]byte{0, 0, 0, 0, 8, 4, 210, 22, 47, 22, 3, 1})
	f.Add([]byte("\x01Q\x00\x00\x00\x0dselect 1\x00X\x00\x00\x00\x04"))
	f.Add([]byte{2, 0, 9, 25, 30, 12, 20, 25, 30, 35})
	f.Add([]byte{2, 12, 20, 25, 2, 0, 30, 9, 31, 32, 0})
	f.Add([]byte{2, 18, 20, 25, 30, 31, 32, 30, 0, 5, 8})
	f.Add([]byte{2, 17, 20, 25, 14, 22, 26, 16, 20, 25, 12, 20, 25, 30})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 {
			return
		}
		goroutines := runtime.NumGoroutine()
		r := newRig(t, db, gates["refusing"], withMaxStatement)
		conn := fuzzConn(t, r, script[0]%3)
		_ = conn.SetDeadline(time.Now().Add(patience))
		answered := make(chan error, 1)
		go func() {
			_, err := io.Copy(io.Discard, conn)
			answered <- err
		}()
		_, _ = conn.Write(fuzzBytes(t, script[0]%3, script[1:]))
		_ = conn.(interface{ CloseWrite() error }).CloseWrite()
		var ne net.Error
		if err := <-answered; errors.As(err, &ne) && ne.Timeout() {
			t.Errorf("the guard hangs")
		}
		_ = conn.Close()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Fatal(err)
		}
		await(t, "the end of the guard's goroutines", func() bool { return runtime.NumGoroutine() <= goroutines+1 })
	})
	if !f.Failed() {
		sql := "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
		await(f, "the end of the server's sessions", func() bool { return db.Value(f, sql) == "0" })
	}
}

func fuzzConn(t *testing.T, r *rig, kind byte) net.Conn {
	if kind > 0 {
		return dialWire(t, r.url("disable")).Conn
	}
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fuzzBytes(t *testing.T, kind byte, script []byte) []byte {
	if kind < 2 {
		return script
	}
	var buf []byte
	for _, b := range script {
		m, err := parseMessage(palette[int(b)%len(palette)])
		if err != nil {
			t.Fatal(err)
		}
		buf = appendMessage(t, buf, m)
	}
	return buf
}

func appendMessage(t *testing.T, buf []byte, m pgproto3.FrontendMessage) []byte {
	t.Helper()
	buf, err := m.Encode(buf)
	if err != nil {
		t.Fatal(err)
	}
	return buf
}
