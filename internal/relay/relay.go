// Package relay has a guard stand where a migration command expects its database: it
// starts one on the loopback interface, leads the command to it, and ends it. What the
// guard lets pass is for the Gate to say, which the caller brings.
package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/runner"
)

// closeTimeout bounds the end of the command's sessions: the server needs it to
// cancel and roll back.
const closeTimeout = 3 * time.Second

// A Relay is a running guard with what leads to it. The caller of Start closes it.
type Relay struct {
	guard    *guard.Guard
	redirect runner.Redirect
	dir      string
	stop     context.CancelFunc // of the listener
}

// Start starts a guard that is reached where the command expects the database. Password
// and certificate of cfg are made here.
func Start(ctx context.Context, cfg guard.Config, database *pg.Config) (*Relay, error) {
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
	return &Relay{guard: relayed, dir: dir, stop: stop, redirect: runner.Redirect{
		Targets: []runner.Target{{Host: database.Host(), Port: database.Port(), Database: database.Database()}},
		Host:    address.IP.String(), Port: uint16(address.Port),
		User: database.User(), Password: cfg.Password, CAFile: file,
	}}, nil
}

// URL is the address of the guard, with the password for it.
func (l *Relay) URL() string { return l.redirect.URL() }

// Sessions is how many sessions the guard has let in so far.
func (l *Relay) Sessions() int { return l.guard.Sessions() }

// Lead is the command as it is to be run, and its environment: all that is known to mean
// the database leads to the guard.
func (l *Relay) Lead(command runner.Command, environ []string) (runner.Command, []string, error) {
	environ = command.Environ(environ)
	env, _, err := l.redirect.Env(environ)
	if err != nil {
		return command, nil, err
	}
	command.Args, _ = l.redirect.Args(command.Args, environ)
	command.Env = nil // in env now
	return command, env, nil
}

// Close ends the guard's sessions, so that the server rolls back what they had
// open, and leaves nothing behind. It fails when they have not ended in time.
func (l *Relay) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err := l.guard.Close(ctx)
	l.stop()
	_ = os.RemoveAll(l.dir)
	return err
}

// Upstream opens a connection for a client of the guard.
func Upstream(ctx context.Context, c *pg.Config, startup map[string]string, database string) (*guard.Upstream, error) {
	conn, err := c.Dial(ctx, startup, database, guard.Quick)
	if err != nil {
		return nil, err
	}
	return &guard.Upstream{Conn: conn.Conn, PID: conn.PID, SecretKey: conn.SecretKey,
		Parameters: conn.ParameterStatuses, TxStatus: conn.TxStatus}, nil
}
