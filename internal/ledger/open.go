package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// opTimeout bounds one operation on the ledger's session. Its own statements
// take milliseconds and give up on locks after lock_timeout.
const opTimeout = 30 * time.Second

// closeTimeout bounds the farewell to the server.
const closeTimeout = 2 * time.Second

// ErrNoLedger is returned by what reads a ledger when the database has none:
// no run has ever taken the lock.
var ErrNoLedger = errors.New("no ledger in this database")

// Options of Open. The zero value works.
type Options struct {
	// Logger gets what is worth knowing but not an error. Nil: nobody does.
	Logger *slog.Logger
}

// A Ledger is a session with the ledger's database. Its methods may be called
// by several goroutines; they take turns.
type Ledger struct {
	log *slog.Logger

	mu        sync.Mutex // conn and the fields below
	conn      *pgx.Conn
	version   int      // of the schema; 0: there is none
	blank     bool     // Blank's
	release   int64    // Begin's; 0 before
	restored  bool     // Restored's
	lostNames []string // what it has not found

	lost     chan error
	watching sync.Once
	closed   chan struct{}
	closing  sync.Once
}

// A Login is a session on its way, that has done nothing yet but log in.
type Login struct {
	opts   Options
	cancel context.CancelFunc
	done   chan struct{}
	conn   *pgx.Conn // once done; Open's from then on
	err    error
}

// Dial begins to log in, while the caller finds out by another session whether the
// ledger can work there at all. Open or Drop is called then.
//
// The connection must reach one and the same server session all the time, so
// not a pooler in transaction mode.
func Dial(ctx context.Context, cfg *pgx.ConnConfig, opts Options) *Login {
	cfg = cfg.Copy()
	// One round trip a query, and no named statements to lose.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.RuntimeParams = map[string]string{"application_name": "migguard"}
	ctx, cancel := context.WithCancel(ctx)
	in := &Login{opts: opts, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(in.done)
		in.conn, in.err = pgx.ConnectConfig(ctx, cfg)
	}()
	return in
}

// Drop gives a login up that was not opened.
func (in *Login) Drop() {
	in.cancel()
	<-in.done
	if in.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		_ = in.conn.Close(ctx)
	}
}

// Open connects. It creates nothing: the schema is made, or brought up to date,
// by Lock. It costs one round trip after the login.
func Open(ctx context.Context, cfg *pgx.ConnConfig, opts Options) (*Ledger, error) {
	return Dial(ctx, cfg, opts).Open(ctx)
}

// Open is Open, by the session that has logged in.
func (in *Login) Open(ctx context.Context) (*Ledger, error) {
	<-in.done
	in.cancel()
	if in.err != nil {
		return nil, fmt.Errorf("open the ledger: %w", in.err)
	}
	l := &Ledger{
		log: in.opts.Logger, conn: in.conn,
		lost: make(chan error, 1), closed: make(chan struct{}),
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if err := l.do(ctx, "open the ledger", l.prepare); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// Close ends the session, and with it the lock.
func (l *Ledger) Close() error {
	l.closing.Do(func() { close(l.closed) })
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return l.conn.Close(ctx)
}

// do has the session to itself while it runs f. A context that is over stops
// it before f, never within: pgx closes a connection whose query is cancelled,
// and the lock would go with it while the run still has to write its end.
func (l *Ledger) do(ctx context.Context, op string, f func(context.Context, *pgx.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), opTimeout,
		fmt.Errorf("no answer from the server for %v", opTimeout))
	defer cancel()
	if err := f(ctx, l.conn); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("%w (%w)", cause, err)
		}
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// read is do for what needs the schema.
func (l *Ledger) read(ctx context.Context, op string, f func(context.Context, *pgx.Conn) error) error {
	return l.do(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		switch {
		case l.version == 0 && l.blank:
			return nil
		case l.version == 0:
			return ErrNoLedger
		}
		return f(ctx, conn)
	})
}

// inTx is read within one transaction.
func (l *Ledger) inTx(ctx context.Context, op string, f func(context.Context, pgx.Tx) error) error {
	return l.read(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return f(ctx, tx) })
	})
}

// SQLSTATEs that the package acts on (manual, appendix A).
const (
	codeUndefinedTable        = "42P01"
	codeInsufficientPrivilege = "42501"
	codeLockNotAvailable      = "55P03"
	codeDependentObjects      = "2BP01"
	codeUndefinedObject       = "42704"
	codeInvalidParameterValue = "22023"
)

// sqlState is the SQLSTATE of a server's error, "" for any other.
func sqlState(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}
