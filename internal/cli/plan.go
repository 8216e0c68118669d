package cli

import (
	"context"
	"errors"
	"log/slog"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/rehearsal"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

func (a *app) plan() *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "say what a run would do now, and do nothing",
		Description: `   migguard plan
   migguard plan --app shop --format json
   migguard plan --rehearse postgres://localhost/postgres -- python manage.py migrate

Lists the pending migrations of Rails, goose or NNN_name.up.sql, judges each
statement of SQL files by the code that runs and by what is in the database, and
says which shims and tasks would be ended first. It only reads, and a role that
may only read will do. Exit status 77 says that something would be refused; what
only the run can judge, as Ruby's migrations, is said to be so and does not count.

With --rehearse any command's statements are known: it runs on a clone of the
database's structure, which pg_dump and psql make on the server you name, and which
is dropped again. What else the command does, outside the database, it really does.`,
		Flags: append(lookingFlags(), &cli.StringFlag{Name: "rehearse",
			Usage: "run the migrations on a clone without rows, in a database made on the server at `URL`"}),
		Action: a.planAction,
	}
}

func (a *app) planAction(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	server := c.String("rehearse")
	if server == "" && a.dashed {
		return usage("a command behind \"--\" is known by a rehearsal only: --rehearse URL of a server where a database may be made")
	}
	r, cfg, err := a.planRun(c)
	if err != nil {
		return err
	}
	var texts []string
	if server != "" {
		if texts, err = a.rehearse(c.Context, r, server); err != nil {
			return err
		}
	}
	p, err := foresee(c.Context, r, texts)
	if is[*ledger.CreateError](err) {
		return usage("the role may not read migguard's ledger: GRANT USAGE ON SCHEMA migguard, and SELECT ON ALL TABLES IN SCHEMA migguard: %w", err)
	}
	if err != nil {
		return err
	}
	p.Count()
	if cfg.JSON {
		err = report.WriteJSON(a.stdout, p)
	} else {
		err = report.WritePlan(a.stdout, p)
	}
	if err == nil && p.Refused > 0 {
		err = &statusError{release.ExitRefused}
	}
	return err
}

func (a *app) planRun(c *cli.Context) (*release.Run, config.Config, error) {
	r, cfg, err := a.knowing(c)
	if err != nil {
		return nil, cfg, err
	}
	r.ByHand, r.Migguard = cfg.Contract == config.Manual, version
	if r.Platform != nil {
		r.Maintenance = &maintenance.Machine{} // only that there could be one
	}
	r.Command, err = a.migrationCommand()
	var none *runner.NotFoundError
	if errors.As(err, &none) { // whoever wants to know what a run would do is not told to run
		err = usage("%s\nrehearse it: migguard plan --rehearse URL -- %s (URL: a server where a database may be made)", none.Reason(), none.Likely)
	}
	return r, cfg, err
}

// rehearse has the command tell by what it does on a clone what it would do. The
// clone goes also when a signal ends the command.
func (a *app) rehearse(ctx context.Context, r *release.Run, server string) (texts []string, err error) {
	at, err := pg.Parse(server)
	if err != nil {
		return nil, usage("--rehearse: %w", err)
	}
	rehearsed := &rehearsal.Rehearsal{Database: r.Database, Command: r.Command, Environ: a.environ, Stdin: a.stdin, Stderr: a.stderr,
		Out: r.Out, Log: slog.New(slog.DiscardHandler)}
	ctx, signals, stop := watchSignals(ctx, &rehearsed.Starting)
	defer stop()
	rehearsed.Signals = signals
	clone, err := pg.MakeClone(ctx, r.Database, at, runner.Bookkeeping, a.environ)
	if err != nil {
		return nil, err
	}
	texts, err = rehearsed.Run(ctx, clone.Config)
	return append([]string{}, texts...), errors.Join(err, clone.Drop(ctx))
}

func foresee(ctx context.Context, r *release.Run, texts []string) (p report.Plan, err error) {
	conn, facts, err := pg.Look(ctx, r.Database)
	if err != nil {
		return p, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	r.Catalog, r.Major = conn, facts.Major
	if r.Ledger, err = ledger.Open(ctx, r.Database.ConnConfig(), ledger.Options{}); err != nil {
		return p, err
	}
	defer func() { _ = r.Ledger.Close() }()
	return r.Foresee(ctx, texts)
}
