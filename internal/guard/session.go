package guard

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"
)

// A session joins one client to one server connection. Two goroutines own the
// two directions: fromClient also carries out what is taken over, fromServer
// is the only one that reads from the server.
type session struct {
	g   *Guard
	log *slog.Logger
	up  *Upstream

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
	// checks are what the Gate wants to do before the transaction that is
	// open is committed.
	checks []func(context.Context, Conn) error
	// owed is true when the Gate wants to hear of the commit of the
	// transaction that is open.
	owed bool
	// witness is the Gate's for the transaction that is open.
	witness Witness
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

func newSession(g *Guard, client net.Conn, up *Upstream) *session {
	s := &session{
		g: g, log: g.log, up: up, client: client,
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
