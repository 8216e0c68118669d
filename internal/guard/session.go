package guard

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// cancelTimeout bounds a CancelRequest of ours: the server answers one by
// closing the connection, at once.
const cancelTimeout = 5 * time.Second

// lingerTimeout is what a client has to read the end of its session.
const lingerTimeout = time.Second

// A session joins one client to one server connection. Two goroutines own the
// two directions: fromClient also carries out what is taken over, fromServer
// is the only one that reads from the server.
type session struct {
	g    *Guard
	log  *slog.Logger
	user string
	up   *Upstream

	client   net.Conn
	clientMu sync.Mutex // one whole write to the client at a time

	pipe  *pipeline
	taken chan message // what fromServer holds back for the taker
	quit  chan struct{}
	once  sync.Once // closes quit

	in  *stream // client -> server
	out *stream // server -> client

	settingsMu sync.Mutex
	settings   Settings

	// queriesPipeline is true when a Query message does not end the
	// transaction of the pipeline it is in: from PostgreSQL 18 on only
	// Sync does.
	queriesPipeline bool

	// What follows belongs to fromClient.

	// gated holds the prepared statements that the Gate wants, and portals
	// the portals of them, by key.
	gated   map[string]Statement
	portals map[string]*portal
	// unsynced is true when something was executed since the last Sync: a
	// transaction is open, and it may not be the one the last
	// ReadyForQuery spoke of.
	unsynced bool
	// skipping is true after an error of ours in the extended protocol,
	// until the client's Sync.
	skipping bool

	cancelMu sync.Mutex
	cancel   context.CancelFunc // of the Act under way
	waiting  bool               // in Conn.Wait: the server runs nothing
}

// message is one server message, copied.
type message struct {
	typ  byte
	body []byte
}

func newSession(g *Guard, client net.Conn, up *Upstream, user string) *session {
	s := &session{
		g: g, log: g.log, user: user, up: up, client: client,
		pipe:  newPipeline(up.TxStatus),
		taken: make(chan message, 64), quit: make(chan struct{}),
		gated: map[string]Statement{}, portals: map[string]*portal{},
		queriesPipeline: majorVersion(up.Parameters["server_version"]) >= 18,
	}
	for name, value := range up.Parameters {
		s.parameter(name, value)
	}
	s.in = newStream(client, up.Conn, &sync.Mutex{}, bufferSize)
	s.out = newStream(up.Conn, client, &s.clientMu, bufferSize)
	s.out.flushed = s.pipe.written
	return s
}

// majorVersion is the number that server_version starts with: "18.4", "19beta1".
func majorVersion(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

// serve relays until both sides are done.
func (s *session) serve(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := s.fromServer()
		s.note(ctx, "server", err)
		s.hangUp()
	}()
	err := s.fromClient(ctx)
	s.note(ctx, "client", err)
	s.bidFarewell(err)
	<-done
	s.linger()
}

// bidFarewell ends the session as the client ended it. A client that said
// Terminate, or has only stopped sending, still gets what the server owes it.
func (s *session) bidFarewell(err error) {
	var wrong protocolError
	switch {
	case errors.Is(err, errTerminated):
		return // the server closes when it gets there
	case errors.As(err, &wrong):
		_ = s.reply(fatal("08P01", wrong.Error()))
	case isEnd(err):
		if closeWrite(s.up.Conn) == nil {
			return
		}
	case !errors.Is(err, net.ErrClosed):
		_ = s.reply(fatal("XX000", "migguard: "+err.Error()))
	}
	s.hangUp()
}

// isEnd tells whether the client has stopped sending, in a message or between
// two.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func fatal(code, message string) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{
		Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: message}
}

// hangUp ends the session: the server rolls back what was open, and the client
// reads what was said last, and then the connection's end.
func (s *session) hangUp() {
	s.once.Do(func() {
		s.pipe.close()
		close(s.quit)
		_ = s.up.Conn.Close()
		_ = s.client.SetDeadline(time.Now().Add(lingerTimeout))
		_ = closeWrite(s.client)
	})
}

// linger closes the client's connection when the client has closed it, or has
// had the time to. To close it earlier, with bytes of the client's unread,
// would make the kernel throw away what the client has not read yet, such as
// the error that says why.
func (s *session) linger() {
	_, _ = io.Copy(io.Discard, s.client)
	_ = s.client.Close()
}

// closeWrite tells the other side that nothing more will come.
func closeWrite(conn net.Conn) error {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return conn.Close()
}

func (s *session) note(ctx context.Context, side string, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, errTerminated) || errors.Is(err, net.ErrClosed) {
		return
	}
	s.log.DebugContext(ctx, "relay ended", "side", side, "error", err)
}

// interrupt ends the session from outside.
func (s *session) interrupt(ctx context.Context) {
	s.cancelRequest(ctx)
	s.hangUp()
}

// cancelRequest cancels what the session runs, be it on the server or a wait
// of the Gate.
func (s *session) cancelRequest(ctx context.Context) {
	s.cancelMu.Lock()
	if s.cancel != nil {
		s.cancel()
	}
	waiting := s.waiting
	s.cancelMu.Unlock()
	if waiting {
		return // it would hit what the guard runs next
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer stop()
	if err := s.g.cfg.Dialer.Cancel(ctx, s.up.PID, s.up.SecretKey); err != nil {
		s.log.WarnContext(ctx, "cancel request", "error", err)
	}
}

func (s *session) setCancel(cancel context.CancelFunc) {
	s.cancelMu.Lock()
	s.cancel = cancel
	s.cancelMu.Unlock()
}

func (s *session) setWaiting(waiting bool) {
	s.cancelMu.Lock()
	s.waiting = waiting
	s.cancelMu.Unlock()
}

// parameter keeps the reported parameters that Settings has.
func (s *session) parameter(name, value string) {
	s.settingsMu.Lock()
	defer s.settingsMu.Unlock()
	switch name {
	case "standard_conforming_strings":
		s.settings.BackslashEscapes = value == "off"
	case "client_encoding":
		s.settings.ClientEncoding = value
	}
}

func (s *session) currentSettings() Settings {
	s.settingsMu.Lock()
	defer s.settingsMu.Unlock()
	return s.settings
}

// reply sends the client messages of the guard's own.
func (s *session) reply(messages ...pgproto3.BackendMessage) error {
	s.clientMu.Lock()
	defer s.clientMu.Unlock()
	return send(s.client, messages...)
}

func (s *session) replyReady() error {
	return s.reply(&pgproto3.ReadyForQuery{TxStatus: s.pipe.txStatus()})
}

// replyError answers with what a statement's error is to the client. It
// returns an error that ends the session.
func (s *session) replyError(err error) error {
	var refusal *Refusal
	var server *ServerError
	switch {
	case errors.As(err, &refusal):
		return s.reply(refusal.response())
	case errors.As(err, &server):
		return s.reply(&server.Response)
	case errors.Is(err, context.Canceled):
		return s.reply(&pgproto3.ErrorResponse{
			Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "57014",
			Message: "canceling statement due to user request"})
	}
	return err
}
