package pg

import (
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A standby says how far it has replayed; without any nobody is behind.
func TestReadLag(t *testing.T) {
	t.Parallel()
	db := pgtest.StartFor(t, pgtest.Options{Settings: map[string]string{"wal_level": "replica", "max_wal_senders": "2"}}).NewDB(t)
	conn := db.Connect(t)
	lag := func() int64 {
		t.Helper()
		bytes, err := ReadLag(t.Context(), conn)
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	if got := lag(); got != 0 {
		t.Errorf("%d bytes behind, without standbys", got)
	}
	position := func() uint64 {
		high, low, _ := strings.Cut(db.Value(t, "select pg_current_wal_lsn()"), "/")
		h, err := strconv.ParseUint(high, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		l, err := strconv.ParseUint(low, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return h<<32 | l
	}
	from := db.Value(t, "select pg_current_wal_lsn()")
	behind := position()
	standby := standby(t, db, from)
	replayed := func(position uint64) {
		t.Helper()
		standby.Frontend().Send(&pgproto3.CopyData{Data: statusUpdate(position)})
		if err := standby.Frontend().Flush(); err != nil {
			t.Fatal(err)
		}
	}
	until := func(what string, there func(int64) bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !there(lag()); {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d bytes behind", what, lag())
			}
		}
	}
	replayed(behind)
	db.Exec(t, "create table filled as select repeat('x', 100) from generate_series(1, 20000)")
	until("what was written", func(bytes int64) bool { return bytes > 1<<20 })
	replayed(position())
	until("what was replayed", func(bytes int64) bool { return bytes < 1<<20 })
}

// standby asks for the WAL from a position on, as a standby does (manual, "Streaming
// Replication Protocol").
func standby(t *testing.T, db *pgtest.DB, from string) *pgconn.PgConn {
	t.Helper()
	config, err := pgconn.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["replication"] = "true"
	conn, err := pgconn.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeConn(conn) })
	conn.Frontend().Send(&pgproto3.Query{String: "START_REPLICATION PHYSICAL " + from})
	if err := conn.Frontend().Flush(); err != nil {
		t.Fatal(err)
	}
	message, err := conn.ReceiveMessage(t.Context())
	if _, ok := message.(*pgproto3.CopyBothResponse); !ok {
		t.Fatalf("%T, %v", message, err)
	}
	return conn
}

// statusUpdate says that all before a position is written, flushed and replayed.
func statusUpdate(position uint64) []byte {
	update := []byte{'r'}
	for range 3 {
		update = binary.BigEndian.AppendUint64(update, position)
	}
	return append(update, make([]byte, 9)...) // the time, and no answer wanted
}
