package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// cancelTimeout bounds a CancelRequest of ours: the server answers one by
// closing the connection, at once.
const cancelTimeout = 5 * time.Second

// lingerTimeout is what a client has to read the end of its session.
const lingerTimeout = time.Second

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
	s.transactionOver()
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
	case s.serverHasClosed(err):
		return // its last words, which say why, may not have been read yet
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

// serverHasClosed tells whether err is that of a write to the server. Such a
// connection is over for its reader too, once it has read what is left.
func (s *session) serverHasClosed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "write" && op.Addr != nil &&
		op.Addr.String() == s.up.Conn.RemoteAddr().String() && !errors.Is(err, net.ErrClosed)
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
