package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) shimsDrop() *cli.Command {
	return &cli.Command{
		Name:      "drop",
		Usage:     "end what no code that runs needs any more, now",
		ArgsUsage: "ID|NAME",
		Description: `   migguard shims drop public.users
   migguard shims drop --app shop d3
   migguard shims drop --due

Views go, and so does what migrations have dropped; a constraint that waits is made.
What code that runs may need stays, with the reason, and exit status 77 (with --due:
0). Which code that is, is known with a token of the Platform API; without one it is
that of the last two builds that were released.`,
		Flags:        append(lookingFlags(), &cli.BoolFlag{Name: "due", Usage: "all that may be dropped; the rest stays, with the reason", DisableDefaultText: true}),
		OnUsageError: usageHandler("migguard shims drop"),
		Action:       a.dropAction,
	}
}

func (a *app) shimsKeep() *cli.Command {
	return &cli.Command{
		Name:      "keep",
		Usage:     "take the drop of a column or table back, or give up a constraint that waits",
		ArgsUsage: "ID|NAME",
		Description: `   migguard shims keep public.users.notes
   migguard shims keep --format json d3`,
		Flags:        lookingFlags(),
		OnUsageError: usageHandler("migguard shims keep"),
		Action:       a.keepAction,
	}
}

func (a *app) dropAction(c *cli.Context) error {
	if c.Bool("due") {
		if err := noArguments(c); err != nil {
			return err
		}
	} else if c.NArg() != 1 {
		return usage(`give the ID or NAME of one, or --due; "migguard shims" lists them; flags stand before it`)
	}
	return a.byHand(c, func(ctx context.Context, r *release.Run, asJSON bool) error {
		dropped := []report.Shim{}
		err := ending(ctx, r, r.Database, r.Ledger, func() error {
			if c.Bool("due") {
				due, err := r.EndDue(ctx)
				dropped = append(dropped, due...)
				return err
			}
			chosen, err := named(ctx, r.Ledger, c.Args().First())
			if err != nil {
				return err
			}
			dropped = append(dropped, chosen)
			return r.Drop(ctx, chosen.ID)
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return usage("%s is gone already", c.Args().First())
		}
		if err != nil {
			return err
		}
		if asJSON {
			return report.WriteJSON(a.stdout, dropped)
		}
		return report.WriteDropped(a.stdout, dropped)
	})
}

func (a *app) keepAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage(`give the ID or NAME of one; "migguard shims" lists them; flags stand before it`)
	}
	return a.byHand(c, func(ctx context.Context, r *release.Run, asJSON bool) error {
		chosen, err := named(ctx, r.Ledger, c.Args().First())
		if err != nil {
			return err
		}
		kept := report.Kept{Shim: chosen, Undo: []string{}}
		undo, err := r.Keep(ctx, chosen.ID)
		if errors.Is(err, ledger.ErrNotDeferred) {
			return usage("%s is nothing that a migration has dropped and nothing that waits: it cannot be kept", chosen.Name)
		}
		if err != nil {
			return err
		}
		kept.Undo = append(kept.Undo, undo...)
		if asJSON {
			return report.WriteJSON(a.stdout, kept)
		}
		return report.WriteKept(a.stdout, kept)
	})
}

// byHand does something to what migrations have left, while no run is at work.
func (a *app) byHand(c *cli.Context, do func(context.Context, *release.Run, bool) error) error {
	r, cfg, err := a.handRun(c)
	if err != nil {
		return err
	}
	if err := preflight(c.Context, r.Database); err != nil {
		return err
	}
	r.Ledger, err = ledger.Open(c.Context, r.Database.ConnConfig(), ledger.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = r.Ledger.Close() }()
	if _, err := r.Ledger.Shims(c.Context); errors.Is(err, ledger.ErrNoLedger) {
		return usage("no shims stand: %w", err) // and locking would make a ledger
	} else if err != nil {
		return err
	}
	if err := r.Ledger.Lock(c.Context, 0, nil); err != nil {
		return err
	}
	return do(c.Context, r, cfg.JSON)
}

// handRun is a run's knowledge for what is not a run.
func (a *app) handRun(c *cli.Context) (*release.Run, config.Config, error) {
	if err := a.noDash(); err != nil {
		return nil, config.Config{}, err
	}
	return a.knowing(c)
}

// knowing is handRun for what takes a command.
func (a *app) knowing(c *cli.Context) (*release.Run, config.Config, error) {
	cfg, err := a.config(c)
	if err != nil {
		return nil, cfg, err
	}
	policy, err := policyOf(cfg)
	if err != nil {
		return nil, cfg, err
	}
	r := &release.Run{App: cfg.App, Policy: policy, RefuseBlind: cfg.OnAPIFailure == config.RefuseRun, Overlap: shortened(overlapVariable),
		Out: report.New(a.stderr, report.Color(a.stderr, false), false)}
	client, err := a.platformIfAny(cfg)
	if err != nil {
		return nil, cfg, err
	}
	if client != nil {
		r.Platform = client
	}
	r.Database, err = pg.Parse(cfg.DatabaseURL)
	return r, cfg, err
}

// named finds one by its ID or name; a name may lack the schema public.
func named(ctx context.Context, l *ledger.Ledger, word string) (report.Shim, error) {
	shims, err := standing(ctx, l)
	if err != nil {
		return report.Shim{}, err
	}
	var found []report.Shim
	var ids []string
	for _, s := range shims {
		if s.ID == word {
			return s, nil
		}
		if s.Name == word || s.Name == "public."+word {
			found, ids = append(found, s), append(ids, s.ID)
		}
	}
	switch len(found) {
	case 0:
		return report.Shim{}, usage(`no shim %q stands; "migguard shims" lists them`, word)
	case 1:
		return found[0], nil
	}
	slices.Sort(ids)
	return report.Shim{}, usage("%q is the name of several: give one of the IDs %s", word, strings.Join(ids, ", "))
}
