package guard_test

import (
	"context"
	"math/rand/v2"
	"net"

	"github.com/migguard/migguard/internal/guard"
)

// A shredder is a connection that hands over bytes in small random pieces, in
// both directions.
type shredder struct{ net.Conn }

func (c shredder) Read(b []byte) (int, error) {
	return c.Conn.Read(b[:min(len(b), 1+rand.IntN(7))])
}

func (c shredder) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		n, err := c.Conn.Write(b[written:min(len(b), written+1+rand.IntN(7))])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func (c shredder) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// shreddingDialer shreds what is said to the server.
type shreddingDialer struct{ guard.Dialer }

func (d shreddingDialer) Dial(ctx context.Context, startup map[string]string) (*guard.Upstream, error) {
	up, err := d.Dialer.Dial(ctx, startup)
	if err == nil {
		up.Conn = shredder{up.Conn}
	}
	return up, err
}

// shreddingListener shreds what is said to clients.
type shreddingListener struct{ net.Listener }

func (l shreddingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		c = shredder{c}
	}
	return c, err
}

func shredded(c *guard.Config) { c.Dialer = shreddingDialer{c.Dialer} }
