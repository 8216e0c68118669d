package pg

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A slowConn's writes return so long after the server has answered them, as
// they do on a busy machine, that pgconn begins to read in the background,
// lest both sides wait for each other.
type slowConn struct {
	net.Conn
	slow int // writes left
}

func (c *slowConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.slow--; c.slow >= 0 {
		<-time.After(50 * time.Millisecond)
	}
	return n, err
}

// TestDialSlowly: nobody else reads from a connection that was given away.
func TestDialSlowly(t *testing.T) {
	t.Parallel()
	c := parse(t, pgtest.New(t).URL)
	dial := c.conn.DialFunc
	c.conn.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &slowConn{conn, 3}, err // StartupMessage and two of SCRAM's
	}
	given, err := c.Dial(t.Context(), nil, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer given.Conn.Close()
	query, err := (&pgproto3.Query{String: "SELECT 1"}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := given.Conn.Write(query); err != nil {
		t.Fatal(err)
	}
	if err := given.Conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 1)
	if _, err := given.Conn.Read(first); err != nil || first[0] != 'T' {
		t.Fatalf("the answer begins with %q (%v), want RowDescription", first, err)
	}
}
