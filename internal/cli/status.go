package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/running"
)

const lastRuns = 10 // how many the status shows

func (a *app) status() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "say which code runs and why we think so, what stands for it, and how the last runs went",
		Description: `   migguard status --app shop
   migguard status --format json`,
		Flags:  lookingFlags(),
		Action: a.statusAction,
	}
}

// lookingFlags are those of the commands that change nothing.
func lookingFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "app", Usage: "`NAME` of the Heroku app (default: from dyno metadata)"},
		&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (default: migguard.toml, if there is one)"},
		formatFlag(),
	}
}

func (a *app) statusAction(c *cli.Context) error {
	if err := a.onlyFlags(c); err != nil {
		return err
	}
	cfg, err := a.config(c)
	if err != nil {
		return err
	}
	client, err := a.platformIfAny(cfg)
	if err != nil {
		return err
	}
	l, err := lookAt(c.Context, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	s := report.Status{Version: version, App: cfg.App}
	if err := a.readStatus(c.Context, &s, client, l); err != nil {
		return err
	}
	if cfg.JSON {
		return report.WriteJSON(a.stdout, s)
	}
	return report.WriteStatus(a.stdout, s, time.Now())
}

// lookAt opens the ledger, where it can be read at least.
func lookAt(ctx context.Context, cfg config.Config) (*ledger.Ledger, error) {
	database, err := pg.Parse(cfg.DatabaseURL)
	if err != nil {
		return nil, err
	}
	if err := preflight(ctx, database); err != nil && !is[*pg.ReadOnlyError](err) {
		return nil, err
	}
	return ledger.Open(ctx, database.ConnConfig(), ledger.Options{})
}

// platformIfAny is nil where a token or an app is missing.
func (a *app) platformIfAny(cfg config.Config) (*heroku.Client, error) {
	token, err := a.token()
	if err != nil || token == "" || cfg.App == "" {
		return nil, err
	}
	client, err := a.platform(cfg)
	if err != nil {
		return nil, &usageError{err}
	}
	return client, nil
}

func (a *app) readStatus(ctx context.Context, s *report.Status, client *heroku.Client, l *ledger.Ledger) error {
	builds := running.Builds{App: s.App, Ledger: l, Overlap: shortened(overlapVariable)}
	if client != nil {
		builds.Platform = client
	}
	known, err := builds.Identify(ctx)
	s.Running = known.Running
	if errors.Is(err, ledger.ErrNoLedger) {
		s.Running.Code, err = running.NoRelease(err), nil
	}
	if err != nil {
		return err
	}
	if s.Running.Steering, err = builds.Steering(ctx); err != nil {
		return err
	}
	s.App = builds.App
	if s.Shims, err = standing(ctx, l); err != nil {
		return err
	}
	if s.Tasks, err = owed(ctx, l); err != nil {
		return err
	}
	if err := a.readRuns(ctx, s, l); err != nil {
		return err
	}
	if s.Running.Source != report.FromPlatform {
		return nil
	}
	return a.readPlatform(ctx, s, known, l)
}

// readPlatform adds what only the Platform API knows.
func (a *app) readPlatform(ctx context.Context, s *report.Status, known running.Known, l *ledger.Ledger) error {
	for _, r := range known.Releases {
		s.Running.From(r.Version, r.UpdatedAt)
	}
	t := &toggle{app: a, ledger: l}
	m, err := t.history(ctx, known.App.Name, known.App.Maintenance)
	if errors.Is(err, ledger.ErrNoLedger) {
		err = nil
	}
	m.Last = nil
	s.Maintenance = &m
	return err
}

func (a *app) readRuns(ctx context.Context, s *report.Status, l *ledger.Ledger) error {
	runs, err := l.Runs(ctx, lastRuns)
	if err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return err
	}
	s.Runs = make([]report.PastRun, 0, len(runs))
	for _, r := range runs {
		past := report.PastRun{Release: r.Version, Build: r.Build, Outcome: string(r.Outcome), Exit: r.ExitStatus,
			Started: r.StartedAt, Finished: given(r.FinishedAt), Settled: given(r.SettledAt)}
		if past.Release == "" {
			past.Release = fmt.Sprintf("run %d", r.ID)
		}
		if v := fleet.VersionNumber(r.Version); v > 0 && r.Outcome == ledger.Succeeded {
			s.Running.From(v, r.FinishedAt)
		}
		s.Runs = append(s.Runs, past)
	}
	return nil
}
