package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) plan() *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "say what a run would do now, and do nothing",
		Description: `   migguard plan
   migguard plan --app shop --format json

Lists the pending migrations of Rails, goose or NNN_name.up.sql, judges each
statement of SQL files by the code that runs and by what is in the database, and
says which shims and tasks would be ended first. It only reads, and a role that
may only read will do. Exit status 77 says that something would be refused; what
only the run can judge, as Ruby's migrations, is said to be so and does not count.`,
		Flags:  lookingFlags(),
		Action: a.planAction,
	}
}

func (a *app) planAction(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	r, cfg, err := a.handRun(c)
	if err != nil {
		return err
	}
	r.ByHand, r.Migguard = cfg.Contract == config.Manual, version
	if r.Platform != nil {
		r.Maintenance = &maintenance.Machine{} // only that there could be one
	}
	if r.Command, err = a.migrationCommand(); err != nil {
		return err
	}
	p, err := foresee(c.Context, r)
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

func foresee(ctx context.Context, r *release.Run) (p report.Plan, err error) {
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
	return r.Foresee(ctx)
}
