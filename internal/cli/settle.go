package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/settle"
)

func (a *app) settle() *cli.Command {
	return &cli.Command{
		Name:  "settle",
		Usage: "end what a release began: maintenance mode off, formation restored",
		Description: `Waits until the dynos of the current release are up, and then ends what their
migrations needed. The buildpack's profile script starts it in every new dyno;
where that is not possible, CI does. With contract = "settled" in migguard.toml it
drops what kept older builds working, too.

   migguard settle --wait --app shop
   migguard settle --wait --deadline 10m
   migguard settle --background`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "app", Usage: "`NAME` of the Heroku app (default: from dyno metadata)"},
			&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (default: migguard.toml, if there is one)"},
			&cli.DurationFlag{Name: "deadline", DefaultText: "30m", Usage: "give up so `LONG` after the release"},
			&cli.BoolFlag{Name: "wait", Usage: "wait for another settle to end, too", DisableDefaultText: true},
			&cli.BoolFlag{Name: "background", Usage: "return at once and go on alone; only failures are said, a line each", DisableDefaultText: true},
			&cli.BoolFlag{Name: "detached", Hidden: true},
		},
		Action: a.settleAction,
	}
}

func (a *app) settleAction(c *cli.Context) error {
	if err := a.onlyFlags(c); err != nil {
		return err
	}
	a.background = c.Bool("background") || c.Bool("detached")
	if c.Bool("background") {
		return a.detach(c)
	}
	cfg, err := a.config(c)
	if c.Bool("detached") {
		return a.settleQuietly(c, cfg, err)
	}
	if err != nil {
		return err
	}
	out := report.New(a.stderr, report.Color(a.stderr, false), false)
	s, err := a.settler(c.Context, cfg, out)
	if err != nil {
		return err
	}
	s.Wait = c.Bool("wait")
	err = s.Do(c.Context)
	if errors.Is(err, settle.ErrAtWork) {
		out.Line("%v", err)
		return nil
	}
	if err == nil {
		out.Line("settled")
	}
	return err
}

// detach starts the same again, in a session of its own, so that the dyno's
// boot does not wait and its shell does not count the process as its job.
func (a *app) detach(c *cli.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"settle", "--detached"}
	for _, name := range []string{"app", "config", "deadline"} {
		if c.IsSet(name) {
			args = append(args, "--"+name, c.String(name))
		}
	}
	cmd := exec.Command(program, args...)
	cmd.Stderr = a.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// settleQuietly is for a dyno's log: nothing where nothing is set up, nothing
// on success, one line on failure.
func (a *app) settleQuietly(c *cli.Context, cfg config.Config, err error) error {
	if errors.Is(err, config.ErrNoDatabase) || err == nil && cfg.App == "" {
		return nil
	}
	if err == nil {
		var s *settle.Settler
		s, err = a.settler(c.Context, cfg, report.New(io.Discard, false, false))
		if errors.Is(err, errNoToken) {
			return nil
		}
		if err == nil {
			ctx, cancel := context.WithTimeout(c.Context, cfg.Deadline+10*time.Minute)
			defer cancel()
			s.Wait = true // the dyno of the one that works may end
			err = s.Do(ctx)
		}
	}
	if err == nil {
		return nil
	}
	report.New(a.stderr, false, false).Line("settle: %s", a.masked(strings.ReplaceAll(err.Error(), "\n", "; ")))
	return &statusError{exitStatus(err)}
}

// errNoToken is returned by settler when nobody may be asked.
var errNoToken = errors.New("no token of the Platform API")

// settler refuses what asking again does not mend, such as a pooler through
// which the lock of the one that settles would not hold.
func (a *app) settler(ctx context.Context, cfg config.Config, out *report.Reporter) (*settle.Settler, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	if token == "" {
		return nil, usage("%w; %s", errNoToken, heroku.NeedToken(cfg.App))
	}
	client, err := a.platform(cfg)
	if err != nil {
		return nil, &usageError{err}
	}
	database, err := pg.Parse(cfg.DatabaseURL)
	if err != nil {
		return nil, err
	}
	if err := preflight(ctx, database); err != nil && !is[*pg.UnreachableError](err) {
		return nil, err
	}
	policy, err := policyOf(cfg)
	if err != nil {
		return nil, err
	}
	say := func(line string) { out.Line("%s", line) }
	s := &settle.Settler{
		Platform: client, App: cfg.App, Deadline: cfg.Deadline, Lift: cfg.IfCrashing == config.Lift,
		Clock: maintenance.System, Say: say, Overlap: shortened(overlapVariable),
		Every:   shortened(settleEveryVariable),
		Machine: &maintenance.Machine{Platform: client, Progress: say},
		Open: func(ctx context.Context) (*ledger.Ledger, error) {
			l, err := ledger.Open(ctx, database.ConnConfig(), ledger.Options{})
			if err != nil { // Preflight has better words for it
				err = cmp.Or(preflight(ctx, database), err)
			}
			return l, err
		},
	}
	if cfg.Contract == config.Settled {
		s.End = func(ctx context.Context, l *ledger.Ledger) error {
			r := &release.Run{App: cfg.App, Platform: client, RefuseBlind: true, Overlap: s.Overlap, Policy: policy, Out: out}
			return ending(ctx, r, database, l, func() error { _, err := r.EndDue(ctx); return err })
		}
	}
	return s, nil
}

// ending gives what ends shims outside of a run a session with the catalogs.
func ending(ctx context.Context, r *release.Run, database *pg.Config, l *ledger.Ledger, do func() error) error {
	conn, facts, err := pg.Preflight(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	r.Database, r.Ledger, r.Catalog, r.Major = database, l, conn, facts.Major
	return do()
}

func preflight(ctx context.Context, database *pg.Config) error {
	conn, _, err := pg.Preflight(ctx, database)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
