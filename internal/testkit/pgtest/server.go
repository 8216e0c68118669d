package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// startTimeout bounds a start, which takes 0.2 s on an idle machine.
	startTimeout = 60 * time.Second
	// readyInterval is how often a starting server is asked; pg_ctl reads the
	// same file every 100 ms.
	readyInterval = 5 * time.Millisecond
	// portAttempts is how often a start is tried again because another
	// program took the port between our choice and the server's.
	portAttempts = 5
)

// Options say which server to start. The zero value is the newest installed
// major with the settings of this package.
type Options struct {
	// Major is 14 to 18; 0 means the newest installed.
	Major int
	// Settings are server parameters by name, for example "wal_level", in
	// postgresql.conf's units. They win over this package's own.
	Settings map[string]string
	// Durable keeps the data on a disk and writes it there at every commit,
	// as a server in production does: for measurements.
	Durable bool
}

// A Server is a running cluster. It is safe for concurrent use.
type Server struct {
	Major     int
	Version   string // "17.10"
	Host      string // always 127.0.0.1
	Port      int
	User      string // a superuser
	Password  string
	CAFile    string // the certificate to trust, for sslmode verify-ca and verify-full
	SocketDir string // PGHOST for the Unix-domain socket

	dir       string
	template  string // the database that NewDB copies
	keeper    *keeper
	databases atomic.Int64 // how many NewDB has named

	mu     sync.Mutex
	admins []*pgx.Conn // idle
}

// Start runs a new server and returns when it accepts connections. It ends
// with Stop, or with this process. ctx bounds the start only.
func Start(ctx context.Context, opts Options) (*Server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("not ready within %s", startTimeout))
	defer cancel()
	inst, err := install(ctx, opts.Major)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		s, err := start(ctx, inst, opts)
		if err == nil {
			return s, nil
		}
		if attempt == portAttempts || !strings.Contains(err.Error(), "Address already in use") {
			return nil, fmt.Errorf("start postgresql %s: %w", inst.Version, err)
		}
	}
}

func start(ctx context.Context, inst Installation, opts Options) (*Server, error) {
	acct, err := clusterAccount()
	if err != nil {
		return nil, err
	}
	tpl, err := loadTemplate(ctx, inst, acct)
	if err != nil {
		return nil, err
	}
	dir, err := clusterDir(inst.Major, opts.Durable)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Major: inst.Major, Version: inst.Version,
		Host: "127.0.0.1", User: superuser, Password: tpl.password,
		CAFile: filepath.Join(dir, "server.crt"), SocketDir: dir, dir: dir, template: empty,
	}
	err = acct.own(dir)
	if err == nil {
		s.keeper, err = keep(acct, dir, s.logFile(),
			filepath.Join(inst.BinDir, "postgres"), "-D", s.dataDir())
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	err = s.prepare(inst, acct, tpl, opts)
	if err == nil {
		err = s.keeper.run()
	}
	if err == nil {
		err = s.awaitReady(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare fills the cluster's folder.
func (s *Server) prepare(inst Installation, acct account, tpl template, opts Options) error {
	if err := copyTree(tpl.data, s.dataDir(), acct); err != nil {
		return err
	}
	keyFile := filepath.Join(s.dir, "server.key")
	if err := writeCertificate(s.CAFile, keyFile); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	for _, path := range []string{s.CAFile, keyFile} {
		if err := acct.own(path); err != nil {
			return err
		}
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.Port = port
	conf, err := os.OpenFile(filepath.Join(s.dataDir(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(settings(inst, s, opts))
	return errors.Join(err, conf.Close())
}

// awaitReady returns when the server's pid file says "ready", the sign that
// pg_ctl waits for. Unlike a connection it cannot be another server's.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		pidFile, err := os.ReadFile(filepath.Join(s.dataDir(), "postmaster.pid"))
		if err == nil && strings.HasSuffix(strings.TrimSpace(string(pidFile)), "\nready") {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.keeper.ended:
			return fmt.Errorf("the server ended; its log:\n%s", s.Log())
		case <-ctx.Done():
			return fmt.Errorf("%w; the server's log:\n%s", context.Cause(ctx), s.Log())
		}
	}
}

// freePort asks the kernel for a port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Stop ends the server at once and removes it, with everything stored in it.
// It may be called more than once.
func (s *Server) Stop() error {
	s.mu.Lock()
	for _, conn := range s.admins { // the server's end closes them, too, but not here
		_ = conn.PgConn().Conn().Close()
	}
	s.admins = nil
	s.mu.Unlock()
	if err := s.keeper.release(); err != nil {
		return fmt.Errorf("stop postgresql %s: %w", s.Version, err)
	}
	// The keeper has removed it, except where only root may unlink in the
	// temporary folder.
	return os.RemoveAll(s.dir)
}

// PID is the server's main process.
func (s *Server) PID() int { return s.keeper.pid }

// URL is the address of a database on the server, with the superuser's
// password and sslmode=disable.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(s.User, s.Password),
		Host:     net.JoinHostPort(s.Host, strconv.Itoa(s.Port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Log is what the server has logged so far; empty when it was stopped.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return ""
	}
	return string(text)
}

func (s *Server) dataDir() string { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "server.log") }
