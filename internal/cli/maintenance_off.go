package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
)

func (a *app) maintenanceOff(c *cli.Context) error {
	restore, err := processQuantities(c.String("restore"))
	if err != nil {
		return err
	}
	t, err := a.newToggle(c, false)
	if err != nil {
		return err
	}
	defer t.close()
	ctx := c.Context
	app, err := t.machine.Platform.App(ctx)
	if err != nil {
		return err
	}
	t.machine.Types = slices.Sorted(maps.Keys(restore))
	var formation []fleet.Process
	if len(restore) > 0 || c.Bool("dry-run") {
		if formation, err = t.machine.Platform.Formation(ctx); err != nil {
			return err
		}
		if err := t.machine.Check(formation); err != nil {
			return usage("--restore: %w", err)
		}
	}
	if c.Bool("dry-run") {
		return t.planOff(ctx, app, formation, restore)
	}
	return t.off(ctx, app, restore)
}

// off ends the open period, or one made for this.
func (t *toggle) off(ctx context.Context, app fleet.App, restore map[string]int) error {
	p, err := t.toEnd(ctx, app, restore)
	if is[*maintenance.StoreError](err) && t.ledger != nil {
		t.withoutLedger(err)
		p, err = t.toEnd(ctx, app, restore)
	}
	if err != nil {
		return err
	}
	breaks, _ := t.machine.Store.Breaks(ctx, p.ID) // what cannot be read is not said
	t.warn(p, breaks)
	is, err := t.machine.Leave(ctx, p, maintenance.End{ByHand: true, Why: "turned off by hand, by " + t.by()})
	if maintenance.Restored(err) {
		t.out.Line("%v; \"migguard maintenance off\" mends that when the database is back", err)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("%w; what is done is done, and the same command does the rest", err)
	}
	m := t.document(app.Name, false, nil, nil)
	if is.By != "" && !is.Open() && t.ledger != nil {
		ended := reportPeriod(is, breaks)
		m.Period = &ended
	}
	return t.write(m)
}

// toEnd is the open period, with what --restore says put over it. Where none is
// known, one is made for this process to end.
func (t *toggle) toEnd(ctx context.Context, app fleet.App, restore map[string]int) (ledger.Period, error) {
	store := t.machine.Store
	p, found, err := store.Maintenance(ctx, app.Name)
	if err != nil {
		return p, &maintenance.StoreError{Err: err}
	}
	if !found {
		t.machine.Store = &maintenance.Memory{}
		if p, _, err = t.machine.Store.OpenMaintenance(ctx, ledger.Period{App: app.Name}); err != nil {
			return p, err
		}
	}
	if len(restore) == 0 {
		return p, nil
	}
	p, err = t.machine.Store.AdvanceMaintenance(ctx, p.ID, func(p *ledger.Period) error {
		restoring(p, restore)
		return nil
	})
	if err != nil {
		return p, &maintenance.StoreError{Err: err}
	}
	return p, nil
}

// restoring makes a period one that has stopped these types.
func restoring(p *ledger.Period, restore map[string]int) {
	if p.Formation == nil {
		p.Formation = map[string]int{}
	}
	maps.Copy(p.Formation, restore)
	p.Stopped = append(p.Stopped, slices.Sorted(maps.Keys(restore))...)
	p.Stopped = slices.Compact(slices.Sorted(slices.Values(p.Stopped)))
}

// warn says what turning maintenance off does to a run and to running code. It
// is done all the same: the switch is for emergencies.
func (t *toggle) warn(p ledger.Period, breaks []ledger.Break) {
	if p.ReleaseID != 0 {
		t.out.Line("run %d %s has turned it on or works under it; a statement of it that needs maintenance fails from now on", p.ReleaseID, p.Version)
	}
	for _, b := range reportPeriod(p, breaks).Breaks {
		t.out.Line("committed under it, and the code from before does not survive: %s", b)
	}
	if t.ledger == nil && len(p.Stopped) == 0 {
		t.out.Line("no ledger says which process types were stopped: look at heroku ps, and restore them with --restore TYPE=N")
	}
}

// planOff says what "off" would do.
func (t *toggle) planOff(ctx context.Context, app fleet.App, formation []fleet.Process, restore map[string]int) error {
	p, found, err := t.machine.Store.Maintenance(ctx, app.Name)
	if err != nil {
		t.withoutLedger(err)
	}
	restoring(&p, restore)
	m := t.document(app.Name, app.Maintenance, nil, nil)
	if found {
		m = t.document(app.Name, app.Maintenance, &p, nil)
	}
	m.DryRun, m.Off, m.Formation = true, "", fleet.Quantities(formation)
	for _, name := range p.Stopped {
		if m.Formation[name] == 0 {
			m.Planned = append(m.Planned, fmt.Sprintf("%s: 0 -> %d", name, p.Formation[name]))
		}
	}
	if app.Maintenance {
		m.Planned = append(m.Planned, "turn maintenance mode off")
	}
	return t.write(m)
}
