package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) shims() *cli.Command {
	return &cli.Command{
		Name:  "shims",
		Usage: "list the objects that keep running builds working, drop or keep one by hand",
		Description: `   migguard shims
   migguard shims --format json
   migguard shims drop public.users
   migguard shims keep public.users.notes`,
		Flags: []cli.Flag{
			formatFlag(),
		},
		Subcommands:     []*cli.Command{a.shimsDrop(), a.shimsKeep()},
		HideHelpCommand: true,
		Action:          a.shimsAction,
	}
}

func (a *app) shimsAction(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	l, asJSON, err := a.openLedger(c)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	shims, err := standing(c.Context, l)
	if err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(a.stdout, shims)
	}
	return report.Shims(a.stdout, shims)
}

// standing are the shims that stand; none where there is no ledger.
func standing(ctx context.Context, l *ledger.Ledger) ([]report.Shim, error) {
	shims, err := release.Standing(ctx, l)
	if err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return nil, err
	}
	return append([]report.Shim{}, shims...), nil
}

// openLedger opens the ledger for a command that only looks at it, or nearly.
func (a *app) openLedger(c *cli.Context) (l *ledger.Ledger, asJSON bool, err error) {
	if err := a.noDash(); err != nil {
		return nil, false, err
	}
	cfg, err := config.Load(a.environ, config.Flags{Format: c.String("format")})
	if err != nil {
		return nil, false, &usageError{err}
	}
	l, err = lookAt(c.Context, cfg)
	return l, cfg.JSON, err
}
