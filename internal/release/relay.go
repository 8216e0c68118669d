package release

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/runner"
)

// A relay is the running guard with what leads to it.
type relay struct {
	guard    *guard.Guard
	redirect runner.Redirect
	dir      string
	stop     context.CancelFunc // of the listener
	outside  *outside
}

// listen starts the guard. The caller closes the relay.
func (r *Run) listen(ctx context.Context, g *gate) (*relay, error) {
	l, err := serve(ctx, guard.Config{Dialer: dialer{r.Database, &r.own, r.path}, Gate: g, Refused: g.tooLong, Logger: r.Log}, r.Database)
	if err == nil {
		l.outside = g.outside
	}
	return l, err
}

// serve starts a guard that is reached where the command expects the database.
func serve(ctx context.Context, cfg guard.Config, database *pg.Config) (*relay, error) {
	cert, ca, err := guard.Ephemeral()
	if err != nil {
		return nil, err
	}
	cfg.Password, cfg.Certificate = rand.Text(), cert
	relayed, err := guard.New(cfg)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "migguard-")
	if err != nil {
		return nil, fmt.Errorf("certificate of the guard: %w", err)
	}
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, ca, 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("certificate of the guard: %w", err), os.RemoveAll(dir))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on loopback: %w", err), os.RemoveAll(dir))
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer stop()
		_ = relayed.Serve(serving, listener)
	}()
	address := listener.Addr().(*net.TCPAddr)
	return &relay{guard: relayed, dir: dir, stop: stop, redirect: runner.Redirect{
		Targets: []runner.Target{{Host: database.Host(), Port: database.Port(), Database: database.Database()}},
		Host:    address.IP.String(), Port: uint16(address.Port),
		User: database.User(), Password: cfg.Password, CAFile: file,
	}}, nil
}

// lead is the command as it is to be run, and its environment: all that is known to mean
// the database leads to the guard.
func (l *relay) lead(command runner.Command, environ []string) (runner.Command, []string, error) {
	environ = command.Environ(environ)
	env, _, err := l.redirect.Env(environ)
	if err != nil {
		return command, nil, err
	}
	command.Args, _ = l.redirect.Args(command.Args, environ)
	command.Env = nil // in env now
	return command, env, nil
}

// close ends the guard's sessions, so that the server rolls back what they had
// open, and leaves nothing behind. It fails when they have not ended in time.
func (l *relay) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err := l.guard.Close(ctx)
	if l.outside != nil {
		l.outside.close(ctx)
	}
	l.stop()
	_ = os.RemoveAll(l.dir)
	return err
}

// dialer opens the guard's connections to the database.
type dialer struct {
	database *pg.Config
	own      *backends
	path     *runnerPath // nil: nobody looks
}

// Dial implements guard.Dialer.
func (d dialer) Dial(ctx context.Context, startup map[string]string) (*guard.Upstream, error) {
	if user := startup["user"]; user != d.database.User() {
		return nil, &pgconn.PgError{Severity: "FATAL", Code: "28000",
			Message: fmt.Sprintf("migguard guards this run for role %q only, not for %q", d.database.User(), user),
			Hint:    "Let the migration command log in with the user and password of DATABASE_URL, or run migguard with a URL of the other role."}
	}
	// An overlay is for code that runs: a migration would take its views for tables,
	// and make in it what it finds in no other schema.
	sent := maps.Clone(startup)
	if options, ok := sent["options"]; ok {
		sent["options"] = pg.WithoutOverlay(options)
	}
	up, err := upstream(ctx, d.database, sent, startup["database"])
	if err != nil {
		return nil, err
	}
	d.own.add(up.PID)
	if d.path != nil && startup["database"] == d.database.Database() {
		d.path.opened(startup)
	}
	return up, nil
}

// upstream opens a connection for a client of the guard.
func upstream(ctx context.Context, c *pg.Config, startup map[string]string, database string) (*guard.Upstream, error) {
	conn, err := c.Dial(ctx, startup, database, guard.Quick)
	if err != nil {
		return nil, err
	}
	return &guard.Upstream{Conn: conn.Conn, PID: conn.PID, SecretKey: conn.SecretKey,
		Parameters: conn.ParameterStatuses, TxStatus: conn.TxStatus}, nil
}

// Cancel implements guard.Dialer.
func (d dialer) Cancel(ctx context.Context, pid uint32, secretKey []byte) error {
	return d.database.Cancel(ctx, pid, secretKey)
}
