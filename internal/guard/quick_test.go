package guard_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/guard"
)

// quickPair are the two ends of a connection, one of them quick.
func quickPair(t *testing.T, network, address string) (quick, peer net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if peer, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	quick = guard.Quick(accepted)
	t.Cleanup(func() { _ = quick.Close(); _ = peer.Close() })
	return quick, peer
}

// TestQuickConnIsConn has more go both ways than the sockets hold, so that reads
// and writes have to wait, and then the end of each direction.
func TestQuickConnIsConn(t *testing.T) {
	t.Parallel()
	for network, address := range map[string]string{
		"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			quick, peer := quickPair(t, network, address)
			sent := bytes.Repeat([]byte("0123456789abcde\n"), 1<<20)
			go func() {
				_, _ = io.Copy(peer, peer) // nothing is read while a write waits
				_ = peer.(interface{ CloseWrite() error }).CloseWrite()
			}()
			wrote := make(chan error, 1)
			go func() {
				n, err := quick.Write(sent)
				if err == nil && n != len(sent) {
					err = io.ErrShortWrite
				}
				wrote <- err
				_ = quick.(interface{ CloseWrite() error }).CloseWrite()
			}()
			got, err := io.ReadAll(quick)
			if err := <-wrote; err != nil {
				t.Error(err)
			}
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("read %d of %d bytes, equal: %t, error: %v", len(got), len(sent), bytes.Equal(got, sent), err)
			}
		})
	}
}

// TestQuickConnFails holds the errors against those of the connection itself:
// the guard asks them whose fault they are.
func TestQuickConnFails(t *testing.T) {
	t.Parallel()
	quick, peer := quickPair(t, "tcp", "127.0.0.1:0")
	fails := func(op string, c net.Conn) *net.OpError {
		t.Helper()
		for {
			var err error
			if op == "write" {
				_, err = c.Write(make([]byte, 1<<20))
			} else {
				_, err = c.Read(make([]byte, 1))
			}
			var failure *net.OpError
			if errors.As(err, &failure) {
				return failure
			} else if err != nil {
				t.Fatalf("%s: %T %v", op, err, err)
			}
		}
	}
	same := func(op string, is error) {
		t.Helper()
		got, want := fails(op, quick), fails(op, peer)
		if got.Op != op || got.Net != want.Net || got.Addr == nil || got.Addr.String() != quick.RemoteAddr().String() ||
			!errors.Is(got, is) || !errors.Is(want, is) {
			t.Errorf("%s: %v, and the connection itself: %v; not both %v", op, got, want, is)
		}
	}
	for _, c := range []net.Conn{quick, peer} {
		_ = c.SetDeadline(time.Now().Add(-time.Second))
	}
	same("read", os.ErrDeadlineExceeded)
	same("write", os.ErrDeadlineExceeded)
	_ = quick.Close()
	_ = peer.Close()
	same("read", net.ErrClosed)
	same("write", net.ErrClosed)

	quick, peer = quickPair(t, "tcp", "127.0.0.1:0")
	_ = peer.(*net.TCPConn).SetLinger(0) // closing resets
	_ = peer.Close()
	if err := fails("write", quick); err.Op != "write" || err.Addr.String() != peer.LocalAddr().String() || err.Timeout() {
		t.Errorf("write to a connection that was reset: %v", err)
	}
}
