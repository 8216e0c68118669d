// Package rehearsal runs a migration command on a clone of the database's structure, to
// learn what it would send to the database itself. Nothing is judged here, and nothing
// reaches the database.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/relay"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

// onlyReads is told to every session that goes past the guard to the database itself:
// by PGOPTIONS, which libpq and most other drivers heed.
const onlyReads = "-c default_transaction_read_only=on"

// An Error says that the command did not do its work on the clone.
type Error struct {
	Status int // with which the command ended; 0: it is not called as it has to be
	Reason string
}

func (e *Error) Error() string { return "rehearsal: " + e.Reason }

// A Rehearsal is one command before one database. All fields but Starting and Signals
// are required.
type Rehearsal struct {
	Database *pg.Config // which the command takes for its own
	Command  runner.Command
	Environ  []string
	Stdin    io.Reader
	Stderr   io.Writer // for all that the command writes
	// Starting is called before the command starts: from then on it gets
	// the Signals.
	Starting func()
	Signals  <-chan os.Signal
	Out      *report.Reporter
	Log      *slog.Logger
}

// Run runs the command on a clone of the database's structure, and returns the texts
// that it has sent there, in their order. It fails with an *Error when the command
// fails, or did not come to the clone.
func (r *Rehearsal) Run(ctx context.Context, clone *pg.Config) (texts []string, err error) {
	heard := &recorder{}
	relayed, err := relay.Start(ctx, guard.Config{Dialer: stage{clone}, Gate: heard, Logger: r.Log}, r.Database)
	if err != nil {
		return nil, err
	}
	closed := sync.OnceValue(func() error { return relayed.Close(ctx) })
	defer func() { _ = closed() }()
	command, env, err := relayed.Lead(r.Command, r.Environ)
	if err != nil {
		return nil, &Error{0, err.Error()}
	}
	if env, err = r.harmless(env); err != nil {
		return nil, err
	}
	r.Out.Line("rehearsing %s on %s", command, clone)
	if r.Starting != nil {
		r.Starting()
	}
	ended, err := command.Run(ctx, runner.Options{Env: env, DatabaseURL: relayed.URL(), Stdin: r.Stdin, Stdout: r.Stderr, Stderr: r.Stderr,
		Signals: r.Signals, Logger: r.Log})
	err = errors.Join(err, closed())
	var migration *runner.MigrationError
	switch {
	case errors.As(err, &migration):
		return nil, &Error{max(ended.Code, 1), migration.Error()}
	case err != nil:
		return nil, err
	case ended.Code != 0:
		return nil, &Error{ended.Code, fmt.Sprintf("%s ended with status %d; tables have no rows there", r.Command, ended.Code)}
	case relayed.Sessions() == 0:
		return nil, &Error{0, fmt.Sprintf("%s never came to the clone; it may have gone to another database (is the address taken from DATABASE_URL?)", r.Command)}
	}
	return heard.texts, nil
}

// harmless is an environment in which nothing leads past the guard to the database, as
// far as that shows, and a session that gets there nevertheless may only read.
func (r *Rehearsal) harmless(env []string) ([]string, error) {
	options := onlyReads
	kept := make([]string, 0, len(env)+1)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if name == "PGOPTIONS" {
			options = value + " " + onlyReads
			continue
		}
		if r.Database.Reveals(value) {
			return nil, &Error{0, name + " has the database's address or password in it, which the command could use past the guard; unset it, and let the command take DATABASE_URL"}
		}
		kept = append(kept, pair)
	}
	return append(kept, "PGOPTIONS="+options), nil
}

// A stage has every session on the clone, whatever database it asked for, by the role
// that has made it.
type stage struct{ clone *pg.Config }

// Dial implements guard.Dialer.
func (s stage) Dial(ctx context.Context, startup map[string]string) (*guard.Upstream, error) {
	sent := maps.Clone(startup)
	if options, ok := sent["options"]; ok {
		sent["options"] = strings.TrimSpace(strings.ReplaceAll(pg.WithoutOverlay(options), onlyReads, ""))
	}
	return relay.Upstream(ctx, s.clone, sent, s.clone.Database())
}

// Cancel implements guard.Dialer.
func (s stage) Cancel(ctx context.Context, pid uint32, secretKey []byte) error {
	return s.clone.Cancel(ctx, pid, secretKey)
}
