package guard

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Request codes that stand where a startup message has its protocol version
// (manual, "Message Formats").
const (
	codeCancel   = 80877102
	codeSSL      = 80877103
	codeGSS      = 80877104
	protocol3    = 3 << 16
	tlsHandshake = 0x16 // first byte of a TLS record: a direct TLS start
)

// maxStartup is the server's MAX_STARTUP_PACKET_LENGTH
// (src/include/libpq/pqcomm.h), in bytes.
const maxStartup = 10000

// hello is a client that has said who it is and proved the password.
type hello struct {
	conn    net.Conn // TLS included
	startup map[string]string
}

// greet leads a client through encryption, startup and authentication. Nil
// without an error is a CancelRequest, which has been dealt with.
func (g *Guard) greet(ctx context.Context, conn net.Conn) (*hello, error) {
	conn, packet, err := g.encryption(ctx, conn)
	if err != nil {
		return nil, err
	}
	code := binary.BigEndian.Uint32(packet)
	if code == codeCancel {
		if len(packet) > 8 {
			g.cancel(ctx, binary.BigEndian.Uint32(packet[4:]), packet[8:])
		}
		return nil, nil
	}
	startup, err := g.negotiate(conn, code, packet)
	if err != nil {
		return nil, err
	}
	if err := g.verifier.authenticate(conn, startup["user"]); err != nil {
		return nil, err
	}
	return &hello{conn: conn, startup: startup}, nil
}

// encryption answers SSLRequest and GSSENCRequest until a startup packet or
// CancelRequest comes. A client may ask for each once.
func (g *Guard) encryption(ctx context.Context, conn net.Conn) (net.Conn, []byte, error) {
	askedSSL, askedGSS := false, false
	for {
		first, err := readFull(conn, 1)
		if err != nil {
			return nil, nil, err
		}
		if first[0] == tlsHandshake && !askedSSL && g.cfg.Certificate != nil {
			// sslnegotiation=direct, PostgreSQL 17 and later.
			askedSSL = true
			conn = g.tls(prefixConn{conn, io.MultiReader(bytes.NewReader(first), conn)})
			continue
		}
		packet, err := readPacket(conn, first)
		if err != nil {
			return nil, nil, err
		}
		switch code := binary.BigEndian.Uint32(packet); {
		case code == codeSSL && !askedSSL:
			askedSSL = true
			if conn, err = g.answerSSL(ctx, conn); err != nil {
				return nil, nil, err
			}
		case code == codeGSS && !askedGSS:
			askedGSS = true
			if _, err := conn.Write([]byte{'N'}); err != nil {
				return nil, nil, err
			}
		default:
			return conn, packet, nil
		}
	}
}

func (g *Guard) answerSSL(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if g.cfg.Certificate == nil {
		_, err := conn.Write([]byte{'N'})
		return conn, err
	}
	if _, err := conn.Write([]byte{'S'}); err != nil {
		return nil, err
	}
	c := g.tls(conn)
	return c, c.HandshakeContext(ctx)
}

func (g *Guard) tls(conn net.Conn) *tls.Conn {
	return tls.Server(conn, &tls.Config{
		Certificates: []tls.Certificate{*g.cfg.Certificate},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"postgresql"}, // ALPN a direct start requires
	})
}

// negotiate reads the startup packet. Protocol 3.2 and _pq_ options are
// answered with what the guard speaks: 3.0 and none.
func (g *Guard) negotiate(conn net.Conn, code uint32, packet []byte) (map[string]string, error) {
	if code>>16 != 3 {
		return nil, refuseStartup(conn, "0A000",
			fmt.Sprintf("unsupported frontend protocol %d.%d", code>>16, code&0xffff))
	}
	params, err := startupParameters(packet[4:])
	if err != nil {
		return nil, refuseStartup(conn, "08P01", err.Error())
	}
	var options []string
	for name := range params {
		if strings.HasPrefix(name, "_pq_.") {
			options = append(options, name)
			delete(params, name)
		}
	}
	slices.Sort(options)
	if code != protocol3 || options != nil {
		m := &pgproto3.NegotiateProtocolVersion{
			NewestMinorProtocol: 0, UnrecognizedOptions: options}
		if err := send(conn, m); err != nil {
			return nil, err
		}
	}
	if params["user"] == "" {
		return nil, refuseStartup(conn, "28000", "no PostgreSQL user name specified in startup packet")
	}
	if params["replication"] != "" {
		return nil, refuseStartup(conn, "0A000", "migguard does not relay replication connections")
	}
	if params["database"] == "" {
		params["database"] = params["user"]
	}
	return params, nil
}

// startupParameters splits name\0value\0…\0 pairs.
func startupParameters(b []byte) (map[string]string, error) {
	params := map[string]string{}
	for {
		name, rest, ok := bytes.Cut(b, []byte{0})
		if !ok {
			return nil, errors.New("invalid startup packet layout: expected terminator as last byte")
		}
		if len(name) == 0 {
			return params, nil
		}
		value, rest, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			return nil, errors.New("invalid startup packet layout: parameter without a value")
		}
		params[string(name)] = string(value)
		b = rest
	}
}

// open connects to the server for an authenticated client and tells the
// client that it may begin.
func (g *Guard) open(ctx context.Context, h *hello) (*session, error) {
	up, err := g.cfg.Dialer.Dial(ctx, h.startup)
	if err != nil {
		return nil, errors.Join(err, send(h.conn, dialError(err)))
	}
	s := newSession(g, h.conn, up)
	s.settings.Database = h.startup["database"]
	if !g.register(s) {
		_ = up.Conn.Close()
		return nil, refuseStartup(h.conn, "57P01", "migguard is shutting down")
	}
	messages := []pgproto3.BackendMessage{&pgproto3.AuthenticationOk{}}
	for name, value := range up.Parameters {
		messages = append(messages, &pgproto3.ParameterStatus{Name: name, Value: value})
	}
	messages = append(messages,
		&pgproto3.BackendKeyData{ProcessID: up.PID, SecretKey: up.SecretKey},
		&pgproto3.ReadyForQuery{TxStatus: up.TxStatus})
	if err := send(h.conn, messages...); err != nil {
		g.forget(s)
		_ = up.Conn.Close()
		return nil, err
	}
	return s, nil
}

// dialError is what the client is told: the server's own words when it spoke.
func dialError(err error) *pgproto3.ErrorResponse {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return &pgproto3.ErrorResponse{
			Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: pgErr.Code,
			Message: pgErr.Message, Detail: pgErr.Detail, Hint: pgErr.Hint}
	}
	return fatal("08006", "migguard could not reach the database: "+err.Error())
}

func refuseStartup(conn net.Conn, code, message string) error {
	return errors.Join(errors.New(message), send(conn, fatal(code, message)))
}

func send(w io.Writer, messages ...pgproto3.BackendMessage) error {
	var buf []byte
	for _, m := range messages {
		var err error
		if buf, err = m.Encode(buf); err != nil {
			return err
		}
	}
	_, err := w.Write(buf)
	return err
}

func readFull(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// readPacket reads a packet without a type byte, whose first byte has been
// read already; the length word is left out of what it returns.
func readPacket(r io.Reader, first []byte) ([]byte, error) {
	rest, err := readFull(r, 3)
	if err != nil {
		return nil, noEOF(err)
	}
	n := binary.BigEndian.Uint32(append(first, rest...))
	if n < 8 || n > maxStartup {
		return nil, fmt.Errorf("startup packet: %w %d", errMessageLength, n)
	}
	b, err := readFull(r, int(n)-4)
	return b, noEOF(err)
}

// prefixConn reads what had been read ahead first.
type prefixConn struct {
	net.Conn
	r io.Reader
}

func (c prefixConn) Read(b []byte) (int, error) { return c.r.Read(b) }
