package cli

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) shims() *cli.Command {
	return &cli.Command{
		Name:  "shims",
		Usage: "list the objects that keep running builds working",
		Description: `   migguard shims
   migguard shims --format json`,
		Flags: []cli.Flag{
			formatFlag(),
		},
		Action: a.shimsAction,
	}
}

func (a *app) shimsAction(c *cli.Context) error {
	if err := errors.Join(noArguments(c), a.noDash()); err != nil {
		return err
	}
	cfg, err := config.Load(a.environ, config.Flags{Format: c.String("format")})
	if err != nil {
		return &usageError{err}
	}
	database, err := pg.Parse(cfg.DatabaseURL)
	if err != nil {
		return err
	}
	// Preflight would refuse a read-only database, which can be looked at.
	l, err := ledger.Open(c.Context, database.ConnConfig(), ledger.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	standing, err := l.Shims(c.Context)
	if err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return err
	}
	shims := make([]report.Shim, 0, len(standing))
	for _, s := range standing {
		shims = append(shims, release.ReportShim(s))
	}
	if cfg.JSON {
		return report.WriteJSON(a.stdout, shims)
	}
	return report.Shims(a.stdout, shims)
}
