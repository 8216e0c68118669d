package guard_test

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// floodSize is what goes each way, in messages of floodMessage bytes.
const (
	floodSize    = 64 << 20
	floodMessage = 1 << 20
)

// A client that sends long parameters and does not read, while the server has
// as much to say, is stuck without a guard; as soon as it reads, everything
// moves again, with one.
func TestFloodBothWays(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, gate := range gates {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, db, gate, nil)
			w := dialWire(t, r.url("disable"))
			_ = w.SetDeadline(time.Now().Add(6 * patience))
			var sent atomic.Int64
			failed := make(chan error, 1)
			go func() { failed <- flood(w, &sent) }()
			for last := int64(-1); sent.Load() != last; {
				last = sent.Load()
				<-time.After(200 * time.Millisecond) // until it is stuck
			}
			if sent.Load() >= floodSize {
				t.Fatal("it was not stuck")
			}
			rows := 0
			for done := false; !done; {
				m, err := w.front.Receive()
				if err != nil {
					t.Fatalf("after %d rows: %v", rows, err)
				}
				switch m := m.(type) {
				case *pgproto3.DataRow:
					rows++
				case *pgproto3.ErrorResponse:
					t.Fatal(text(m))
				case *pgproto3.ReadyForQuery:
					done = true
				}
			}
			if err := <-failed; err != nil || rows != floodSize/floodMessage {
				t.Errorf("%d rows, %v", rows, err)
			}
		})
	}
}

func flood(w *wire, sent *atomic.Int64) error {
	parameter := bytes.Repeat([]byte("x"), floodMessage)
	buf, err := (&pgproto3.Parse{Query: "select $1::text"}).Encode(nil)
	for range floodSize / floodMessage {
		if err == nil {
			buf, err = (&pgproto3.Bind{Parameters: [][]byte{parameter}}).Encode(buf)
		}
		if err == nil {
			buf, err = (&pgproto3.Execute{}).Encode(buf)
		}
		for err == nil && len(buf) > 0 {
			var n int
			n, err = w.Write(buf[:min(len(buf), 64<<10)])
			sent.Add(int64(n))
			buf = buf[n:]
		}
	}
	if err == nil {
		buf, err = (&pgproto3.Sync{}).Encode(nil)
	}
	if err == nil {
		_, err = w.Write(buf)
	}
	return err
}
