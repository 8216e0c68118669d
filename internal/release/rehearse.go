package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/runner"
)

// onlyReads is told to every session that goes past the guard to the database itself:
// by PGOPTIONS, which libpq and most other drivers heed.
const onlyReads = "-c default_transaction_read_only=on"

// A RehearsalError says that the command did not do its work on the clone.
type RehearsalError struct {
	Status int // to end with
	Reason string
}

func (e *RehearsalError) Error() string { return "rehearsal: " + e.Reason }

// Rehearse runs the command on a clone of the database's structure, and returns the
// texts that it has sent there, in their order. Of Run it takes Database, Command,
// Environ, the streams, Signals, Starting, Out and Log. It fails with a *RehearsalError
// when the command fails, or did not come to the clone.
func (r *Run) Rehearse(ctx context.Context, clone *pg.Config) (texts []string, err error) {
	heard := &recorder{}
	relay, err := serve(ctx, guard.Config{Dialer: stage{clone}, Gate: heard, Logger: r.Log}, r.Database)
	if err != nil {
		return nil, err
	}
	closed := sync.OnceValue(func() error { return relay.close(ctx) })
	defer func() { _ = closed() }()
	command, env, err := relay.lead(r.Command, r.Environ)
	if err != nil {
		return nil, &RehearsalError{ExitUsage, err.Error()}
	}
	if env, err = r.harmless(env); err != nil {
		return nil, err
	}
	r.Out.Line("rehearsing %s on %s", command, clone)
	if r.Starting != nil {
		r.Starting()
	}
	ended, err := command.Run(ctx, runner.Options{Env: env, DatabaseURL: relay.redirect.URL(), Stdin: r.Stdin, Stdout: r.Stderr, Stderr: r.Stderr,
		Signals: r.Signals, Logger: r.Log})
	err = errors.Join(err, closed())
	var migration *runner.MigrationError
	switch {
	case errors.As(err, &migration):
		return nil, &RehearsalError{max(ended.Code, 1), migration.Error()}
	case err != nil:
		return nil, err
	case ended.Code != 0:
		return nil, &RehearsalError{ended.Code, fmt.Sprintf("%s ended with status %d; tables have no rows there", r.Command, ended.Code)}
	case relay.guard.Sessions() == 0:
		return nil, &RehearsalError{ExitUsage, fmt.Sprintf("%s never came to the clone; it may have gone to another database (is the address taken from DATABASE_URL?)", r.Command)}
	}
	return heard.texts, nil
}

// harmless is an environment in which nothing leads past the guard to the database, as
// far as that shows, and a session that gets there nevertheless may only read.
func (r *Run) harmless(env []string) ([]string, error) {
	options := onlyReads
	kept := make([]string, 0, len(env)+1)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if name == "PGOPTIONS" {
			options = value + " " + onlyReads
			continue
		}
		if r.Database.Reveals(value) {
			return nil, &RehearsalError{ExitUsage, name + " has the database's address or password in it, which the command could use past the guard; unset it, and let the command take DATABASE_URL"}
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
	return upstream(ctx, s.clone, sent, s.clone.Database())
}

// Cancel implements guard.Dialer.
func (s stage) Cancel(ctx context.Context, pid uint32, secretKey []byte) error {
	return s.clone.Cancel(ctx, pid, secretKey)
}
