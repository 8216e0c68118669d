package guard_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// dialRaw connects without a word.
func dialRaw(t *testing.T, r *rig) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// answer writes a packet and reads n bytes.
func answer(t *testing.T, c io.ReadWriter, packet []byte, n int) string {
	t.Helper()
	if _, err := c.Write(packet); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func request(code uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, code)
}

// startup is a startup packet of any version.
func startup(version uint32, pairs ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, version)
	for _, s := range pairs {
		body = append(append(body, s...), 0)
	}
	body = append(body, 0)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

func TestEncryptionRequests(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	r := newRig(t, db, gates["nothing"], nil)
	bare := newRig(t, db, gates["nothing"], func(c *guard.Config) { c.Certificate = nil })

	if got := answer(t, dialRaw(t, bare), request(80877103), 1); got != "N" {
		t.Errorf("SSLRequest without a certificate: %q", got)
	}
	c := dialRaw(t, r)
	if got := answer(t, c, request(80877104), 1); got != "N" {
		t.Errorf("GSSENCRequest: %q", got)
	}
	if got := answer(t, c, request(80877103), 1); got != "S" {
		t.Errorf("SSLRequest after GSSENCRequest: %q", got)
	}
	tlsTo(t, r, c)

	direct := dialRaw(t, r) // sslnegotiation=direct: TLS at once
	state := tlsTo(t, r, direct)
	if state.NegotiatedProtocol != "postgresql" {
		t.Errorf("ALPN %q", state.NegotiatedProtocol)
	}
}

// tlsTo verifies the certificate and asks for the password inside.
func tlsTo(t *testing.T, r *rig, c net.Conn) tls.ConnectionState {
	t.Helper()
	pem, err := os.ReadFile(r.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := tls.Client(c, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", NextProtos: []string{"postgresql"}})
	if got := answer(t, client, startup(3<<16, "user", "postgres"), 1); got != "R" {
		t.Errorf("startup inside TLS: %q", got)
	}
	return client.ConnectionState()
}

// What is wrong before authentication is answered as a server would.
func TestStartupRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.New(t), gates["nothing"], nil)
	for name, test := range map[string]struct {
		packet []byte
		want   string // "" for the connection's end
	}{
		"protocol 2":    {startup(2<<16, "user", "x"), `FATAL 0A000 "unsupported frontend protocol 2.0"`},
		"protocol 4":    {startup(4<<16, "user", "x"), `FATAL 0A000 "unsupported frontend protocol 4.0"`},
		"no user":       {startup(3<<16, "database", "x"), `FATAL 28000 "no PostgreSQL user name specified in startup packet"`},
		"replication":   {startup(3<<16, "user", "x", "replication", "database"), `FATAL 0A000 "migguard does not relay replication connections"`},
		"no terminator": {[]byte{0, 0, 0, 12, 0, 3, 0, 0, 'u', 's', 'e', 'r'}, `FATAL 08P01 "invalid startup packet layout: expected terminator as last byte"`},
		"no value":      {[]byte{0, 0, 0, 11, 0, 3, 0, 0, 'u', 's', 0}, `FATAL 08P01 "invalid startup packet layout: parameter without a value"`},
		"too long":      {[]byte{0, 0, 0x27, 0x11, 0, 3, 0, 0}, ""},
		"too short":     {[]byte{0, 0, 0, 7, 0, 3, 0}, ""},
		"HTTP":          {[]byte("GET / HTTP/1.1\r\n\r\n"), ""},
		"asks twice":    {append(request(80877104), request(80877104)...), `FATAL 0A000 "unsupported frontend protocol 1234.5680"`},
	} {
		c := dialRaw(t, r)
		if _, err := c.Write(test.packet); err != nil {
			t.Fatal(err)
		}
		if name == "asks twice" {
			_, _ = io.ReadFull(c, make([]byte, 1))
		}
		m, err := pgproto3.NewFrontend(c, c).Receive()
		switch {
		case test.want == "" && err == nil:
			t.Errorf("%s: %s", name, text(m))
		case test.want != "" && (err != nil || text(m) != "ErrorResponse "+test.want):
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

// Newer minor versions and protocol options are negotiated down.
func TestProtocolNegotiation(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.New(t), gates["nothing"], nil)
	c := dialRaw(t, r)
	if _, err := c.Write(startup(3<<16|2, "user", "x", "_pq_.b", "1", "_pq_.a", "1")); err != nil {
		t.Fatal(err)
	}
	m, err := pgproto3.NewFrontend(c, c).Receive()
	n, ok := m.(*pgproto3.NegotiateProtocolVersion)
	if err != nil || !ok || n.NewestMinorProtocol != 0 || strings.Join(n.UnrecognizedOptions, " ") != "_pq_.a _pq_.b" {
		t.Errorf("%v, %v", m, err)
	}
}

// A wrong password is refused as the server does it, before anything is
// dialed, and no secret is in the log or in an error.
func TestPasswordAndSecrets(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	r := newRig(t, db, gates["nothing"], nil)
	lost := newRig(t, db, gates["nothing"], func(c *guard.Config) {
		c.Dialer = dialer{strings.Replace(db.URL, db.Server.Password, "not-the-secret", 1)}
	})
	unreachable := newRig(t, db, gates["nothing"], func(c *guard.Config) {
		c.Dialer = dialer{"postgres://postgres:hidden-word@127.0.0.1:1/x?sslmode=disable"}
	})
	for name, test := range map[string]struct{ url, code, says string }{
		"wrong":       {strings.Replace(r.url("require"), password, "guessed-word", 1), "28P01", "password authentication failed"},
		"upstream":    {lost.url("disable"), "28P01", "password authentication failed"},
		"unreachable": {unreachable.url("disable"), "08006", "migguard could not reach the database"},
	} {
		_, err := pgconn.Connect(t.Context(), test.url)
		var pgErr *pgconn.PgError
		if !errors.As(err, &pgErr) || pgErr.Code != test.code || !strings.Contains(pgErr.Message, test.says) || pgErr.Severity != "FATAL" {
			t.Errorf("%s: %v", name, err)
		}
		for _, secret := range []string{db.Server.Password, password, "not-the-secret", "hidden-word", "guessed-word"} {
			for _, said := range []string{err.Error(), r.log.String(), lost.log.String(), unreachable.log.String()} {
				if strings.Contains(said, secret) {
					t.Errorf("%s: a secret in %q", name, said)
				}
			}
		}
	}
	if n := lost.Sessions(); n != 0 {
		t.Errorf("%d sessions without a server", n)
	}
}

// The client's startup parameters reach the server, and the server's reports
// the client.
func TestStartupParameters(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.New(t), gates["nothing"], nil)
	c, err := pgx.Connect(t.Context(), r.url("verify-full")+"&sslrootcert="+r.ca+"&application_name=mine&options=-c%20lock_timeout%3D5s")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	var name, timeout string
	err = c.QueryRow(t.Context(), "SELECT current_setting('application_name'), current_setting('lock_timeout')").Scan(&name, &timeout)
	if err != nil || name != "mine" || timeout != "5s" {
		t.Errorf("got %q, %q, %v", name, timeout, err)
	}
	if v := c.PgConn().ParameterStatus("server_version"); !strings.HasPrefix(v, r.db.Server.Version) {
		t.Errorf("server_version %q", v)
	}
	if n := r.Sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
}
