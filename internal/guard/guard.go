package guard

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// DefaultMaxStatement is the longest Query or Parse message a guard takes, in
// bytes. A text has to be looked at whole before the server sees its start, so
// this bounds a session's memory. Rows, parameters and COPY data have no bound
// but the protocol's: they stream.
const DefaultMaxStatement = 32 << 20

// handshakeTimeout bounds a client's start-up, so that a connection that says
// nothing does not stay. PostgreSQL's authentication_timeout is 1 min.
const handshakeTimeout = time.Minute

// An Upstream is a connection to the real server that has been authenticated
// and is idle.
type Upstream struct {
	// Conn is read by nobody else. A *pgconn.PgConn needs SyncConn before
	// Hijack: after a slow write a goroutine of its own may be reading. It
	// is cheaper if it was dialled to be Quick.
	Conn       net.Conn
	PID        uint32
	SecretKey  []byte
	Parameters map[string]string // as the server reported them
	TxStatus   byte
}

// A Dialer opens connections to the real server.
type Dialer interface {
	// Dial connects with the parameters of the client's startup message,
	// user and database included. A *pgconn.PgError is passed on to the
	// client as it is.
	Dial(ctx context.Context, startup map[string]string) (*Upstream, error)
	// Cancel asks the server to cancel what the backend is running.
	Cancel(ctx context.Context, pid uint32, secretKey []byte) error
}

// Config is what a Guard needs. Password, Dialer and Gate are required.
type Config struct {
	// Password is what every client has to prove, by SCRAM-SHA-256, for
	// any user name.
	Password string
	Dialer   Dialer
	Gate     Gate
	// Certificate answers SSLRequest. Nil: 'N', no TLS.
	Certificate *tls.Certificate
	// MaxStatement is in bytes; 0 means DefaultMaxStatement.
	MaxStatement int
	// Refused, when set, hears of refusals the Gate was not asked about: of
	// messages longer than MaxStatement.
	Refused func(*Refusal)
	// Logger gets what goes wrong with a connection. Nil: nobody does.
	Logger *slog.Logger
}

// A Guard accepts connections of a runner until it is closed.
type Guard struct {
	cfg      Config
	log      *slog.Logger
	verifier *verifier

	mu       sync.Mutex
	closed   bool
	sessions map[*session]struct{}
	conns    map[net.Conn]struct{} // of clients still in start-up
	accepted int
	stop     []context.CancelFunc // of Serve's contexts
	wg       sync.WaitGroup
}

// New returns a guard that is not listening yet.
func New(cfg Config) (*Guard, error) {
	if cfg.Password == "" || cfg.Dialer == nil || cfg.Gate == nil {
		return nil, errors.New("guard: password, dialer and gate are required")
	}
	if cfg.MaxStatement == 0 {
		cfg.MaxStatement = DefaultMaxStatement
	}
	v, err := newVerifier(cfg.Password)
	if err != nil {
		return nil, err
	}
	g := &Guard{cfg: cfg, log: cfg.Logger, verifier: v,
		sessions: map[*session]struct{}{}, conns: map[net.Conn]struct{}{}}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	return g, nil
}

// Serve accepts connections on l, which should be bound to a loopback address,
// until Close is called, ctx is over or l fails.
func (g *Guard) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	g.onClose(cancel)
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if !g.admit(conn) {
			_ = conn.Close()
			continue
		}
		go func() {
			defer g.wg.Done()
			g.handle(ctx, conn)
		}()
	}
}

// Sessions is how many clients have passed authentication so far.
func (g *Guard) Sessions() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.accepted
}

// Close ends all sessions: the server is asked to cancel what they run, their
// connections are closed, and so the server rolls back what they had open. It
// returns when they are gone or ctx is over.
func (g *Guard) Close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	sessions := make([]*session, 0, len(g.sessions))
	for s := range g.sessions {
		sessions = append(sessions, s)
	}
	for c := range g.conns {
		_ = c.Close()
	}
	for _, stop := range g.stop {
		stop()
	}
	g.mu.Unlock()

	var interrupts sync.WaitGroup
	for _, s := range sessions {
		interrupts.Go(func() { s.interrupt(ctx) })
	}
	done := make(chan struct{})
	go func() { interrupts.Wait(); g.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// onClose has Close call stop; at once, if it was called already.
func (g *Guard) onClose(stop context.CancelFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		stop()
		return
	}
	g.stop = append(g.stop, stop)
}

func (g *Guard) admit(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.conns[conn] = struct{}{}
	g.wg.Add(1)
	return true
}

// handle serves one accepted connection to its end.
func (g *Guard) handle(ctx context.Context, conn net.Conn) {
	defer func() {
		g.mu.Lock()
		delete(g.conns, conn)
		g.mu.Unlock()
		_ = conn.Close()
	}()
	conn = Quick(conn)
	_ = conn.SetDeadline(time.Now().Add(handshakeTimeout))
	hello, err := g.greet(ctx, conn)
	if err != nil {
		g.log.DebugContext(ctx, "start-up ended", "error", err)
		return
	}
	if hello == nil { // a CancelRequest
		return
	}
	s, err := g.open(ctx, hello)
	if err != nil {
		g.log.WarnContext(ctx, "connection refused", "error", err)
		return
	}
	_ = conn.SetDeadline(time.Time{})
	defer g.forget(s)
	s.serve(ctx)
}

// register makes a session known to Close and to CancelRequest.
func (g *Guard) register(s *session) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.sessions[s] = struct{}{}
	g.accepted++
	return true
}

func (g *Guard) forget(s *session) {
	g.mu.Lock()
	delete(g.sessions, s)
	g.mu.Unlock()
}

// cancel forwards a CancelRequest to the backend that has the given key.
func (g *Guard) cancel(ctx context.Context, pid uint32, secretKey []byte) {
	g.mu.Lock()
	var found *session
	for s := range g.sessions {
		if s.up.PID == pid && subtle.ConstantTimeCompare(s.up.SecretKey, secretKey) == 1 {
			found = s
		}
	}
	g.mu.Unlock()
	if found != nil {
		found.cancelRequest(ctx)
	}
}
