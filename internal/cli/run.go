package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

func (a *app) run() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run the pending migrations through the guard",
		ArgsUsage: "[-- COMMAND...]",
		Description: `Runs COMMAND, or the migration command found in this folder (Rails, Laravel, Ecto,
goose, plain SQL), with every connection string in its environment leading through
the guard.

   migguard run
   migguard run -- bin/rails db:migrate
   migguard run -- 'python manage.py migrate && python manage.py check'
   migguard run --allow dropped-column:users.notes

With a token of the Platform API (HEROKU_API_KEY) it knows which builds run, and
can turn maintenance mode on for what migguard.toml says is worth it:

   [policy]
   retyped-column = "maintenance"`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "allow", EnvVars: []string{"MIGGUARD_ALLOW"},
				Usage: "take an `EXCEPTION` for safe: HAZARD:TABLE[.COLUMN]; may be repeated"},
			&cli.StringFlag{Name: "forward-check", EnvVars: []string{"MIGGUARD_FORWARD_CHECK"},
				Usage: "`WHAT` to do when models of the code name what is not there after the migrations: refuse, or warn"},
			&cli.StringFlag{Name: "on-api-failure", EnvVars: []string{"MIGGUARD_ON_API_FAILURE"},
				Usage: "when the Platform API does not say which code runs, `DO`: assume-previous (the default) or refuse"},
			&cli.StringFlag{Name: "config", Usage: "read settings from `FILE` (default: migguard.toml, if there is one)"},
			&cli.DurationFlag{Name: "lock-wait", Value: config.DefaultLockWait,
				Usage: "wait so `LONG` for another run, and for a table's lock"},
			&cli.DurationFlag{Name: "cancel-blockers",
				Usage: "cancel queries that are in the way of a table's lock, of a task or of a shim's end and run for `LONGER` than this; sessions are never ended", DefaultText: "none"},
			&cli.StringFlag{Name: "build", Usage: "`ID` of this build (default: from Heroku's dyno metadata)"},
			&cli.StringFlag{Name: "contract", EnvVars: []string{"MIGGUARD_CONTRACT"},
				Usage: "what this build needs of the schema, from `FILE` as \"migguard scan --format json\" writes it (default: the one in the slug)"},
			&cli.StringFlag{Name: "app", Usage: "`NAME` of the Heroku app (default: from dyno metadata)"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT` of the report: text or json, which goes to stdout and all else to stderr"},
			&cli.StringFlag{Name: "report", Usage: "write the JSON report to `FILE` as well"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "one line for every schema statement", DisableDefaultText: true},
			&cli.BoolFlag{Name: "no-color", Usage: "no colour, even on a terminal", DisableDefaultText: true},
		},
		Action: a.runAction,
	}
}

func (a *app) runAction(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	if a.dashed && len(a.command) == 0 {
		return usage("no command after --")
	}
	cfg, err := a.config(c)
	if err != nil {
		return err
	}
	policy, err := policyOf(cfg)
	if err != nil {
		return err
	}
	r := &release.Run{
		Build: cfg.Build, Version: cfg.Release, App: cfg.App, Migguard: version,
		LockWait: cfg.LockWait, CancelBlockers: cfg.CancelBlockers, Policy: policy, RefuseBlind: cfg.OnAPIFailure == config.RefuseRun, WarnMissing: cfg.ForwardCheck == config.WarnOnly, WarnReplay: cfg.Replay == config.WarnOnly, ByHand: cfg.Contract == config.Manual, CountedFor: shortened(countedForVariable),
		Environ: a.environ, Stdin: a.stdin, Stdout: a.stdout, Stderr: a.stderr,
		Out: report.New(a.stderr, report.Color(a.stderr, c.Bool("no-color")), c.Bool("verbose")),
		Log: slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if cfg.JSON {
		r.Stdout = a.stderr
	}
	if err := a.usePlatform(r, cfg); err != nil {
		return err
	}
	if r.Contract, err = a.contract(c.String("contract"), r.Out); err != nil {
		return err
	}
	file, err := newReportFile(c.String("report"))
	if err != nil {
		return usage("--report: %w", err)
	}
	defer file.discard()
	ctx, signals, stop := watchSignals(c.Context, &r.Starting)
	defer stop()
	r.Signals = signals
	ended, err := a.prepared(ctx, r, cfg)
	if ended.Report.Outcome == "" { // it did not come to a run
		return interrupted(ctx, err)
	}
	return a.reportRun(r, ended, cfg.JSON, file)
}

// prepared finds the command and the database, and runs.
func (a *app) prepared(ctx context.Context, r *release.Run, cfg config.Config) (ended release.Ended, err error) {
	if r.Command, err = a.migrationCommand(); err != nil {
		return ended, err
	}
	if r.Database, err = pg.Parse(cfg.DatabaseURL); err != nil {
		return ended, err
	}
	// Two logins take as long as one. The second session does nothing before the first
	// has seen that there is no pooler that would hand on to others what it sets.
	login := ledger.Dial(ctx, r.Database.ConnConfig(), ledger.Options{Logger: r.Log})
	conn, facts, err := pg.Preflight(ctx, r.Database)
	if err != nil {
		login.Drop()
		return ended, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	r.Catalog, r.Major = conn, facts.Major
	if r.Ledger, err = login.Open(ctx); err != nil {
		return ended, err
	}
	defer func() { _ = r.Ledger.Close() }()
	if r.Maintenance != nil {
		r.Maintenance.Store = r.Ledger
	}
	return r.Do(ctx)
}

func (a *app) migrationCommand() (runner.Command, error) {
	if a.dashed {
		return runner.FromArgs(a.command), nil
	}
	return runner.Find(".", a.environ)
}

// watchSignals hands signals to the runner once it runs, which *starting is to say;
// before that, the first one ends the waiting.
func watchSignals(parent context.Context, starting *func()) (context.Context, <-chan os.Signal, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	in := make(chan os.Signal, 4)
	out := make(chan os.Signal, 4)
	signal.Notify(in, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	var started atomic.Bool
	*starting = func() { started.Store(true) }
	go func() {
		for s := range in {
			if started.Load() {
				out <- s
			} else {
				cancel(&signalError{s.(syscall.Signal)})
			}
		}
	}()
	return ctx, out, func() { signal.Stop(in); close(in); cancel(nil) }
}

// A signalError says which signal ended migguard before its command ran.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return "interrupted: " + e.signal.String() }

// interrupted prefers the signal to what it made fail.
func interrupted(ctx context.Context, err error) error {
	if s, ok := context.Cause(ctx).(*signalError); ok {
		return s
	}
	return err
}

// reportRun says how the run ended. That it cannot say so is an error of its
// own only where the run had none.
func (a *app) reportRun(r *release.Run, ended release.Ended, asJSON bool, file *reportFile) error {
	r.Out.Summary(ended.Report)
	err := file.write(ended.Report)
	if asJSON {
		err = errors.Join(err, report.WriteJSON(a.stdout, ended.Report))
	}
	if ended.Exit == 0 {
		return err
	}
	if err != nil {
		r.Out.Line("%v", err)
	}
	return &statusError{ended.Exit}
}
