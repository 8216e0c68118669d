package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/report"
)

func (a *app) maintenanceStatus(c *cli.Context) error {
	t, err := a.newToggle(c, false)
	if err != nil {
		return err
	}
	defer t.close()
	app, err := t.machine.Platform.App(c.Context)
	if err != nil {
		return err
	}
	formation, err := t.machine.Platform.Formation(c.Context)
	if err != nil {
		return err
	}
	m := t.document(app.Name, app.Maintenance, nil, nil)
	if t.ledger != nil {
		if m, err = t.history(c.Context, app.Name, app.Maintenance); err != nil {
			t.withoutLedger(err)
			m = t.document(app.Name, app.Maintenance, nil, nil)
		}
	}
	m.Formation = fleet.Quantities(formation)
	return t.write(m)
}

// history is what the ledger knows of the app.
func (t *toggle) history(ctx context.Context, app string, on bool) (report.Maintenance, error) {
	m := t.document(app, on, nil, nil)
	periods, err := t.ledger.Maintenances(ctx, app, lastPeriods)
	if err != nil {
		return m, err
	}
	for i, p := range periods {
		if !p.Open() {
			m.Last = append(m.Last, reportPeriod(p, nil))
			continue
		}
		breaks, err := t.ledger.Breaks(ctx, p.ID)
		if err != nil {
			return m, err
		}
		last := m.Last
		m = t.document(app, on, &periods[i], breaks)
		m.Last = last
	}
	return m, nil
}
