package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
)

func (a *app) maintenanceOn(c *cli.Context) error {
	stop, err := processTypes(c.String("stop"))
	if err != nil {
		return err
	}
	lasting, err := duration(c)
	if err != nil {
		return err
	}
	t, err := a.newToggle(c, !c.Bool("dry-run"))
	if err != nil {
		return err
	}
	defer t.close()
	t.machine.Types = stop
	if c.Bool("dry-run") {
		return t.planOn(c.Context, lasting)
	}
	ctx := c.Context
	if lasting > 0 {
		var release func()
		ctx, release = signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		defer release()
	}
	req := maintenance.Request{By: t.by(), Reason: c.String("reason"), ByHand: true}
	if lasting > 0 {
		req.Until = time.Now().Add(lasting)
	}
	p, err := t.enter(ctx, req)
	if err != nil && p.ID == 0 {
		return err
	}
	if err == nil {
		p, err = t.stopOrDrain(ctx, p, c.Bool("wait"))
	}
	if err == nil || is[*maintenance.DrainError](err) {
		err = errors.Join(err, t.write(t.document(p.App, true, &p, nil)))
	}
	if lasting > 0 {
		return errors.Join(err, t.hold(ctx, p))
	}
	return err
}

// enter is the machine's. A ledger that fails does not keep maintenance off.
func (t *toggle) enter(ctx context.Context, req maintenance.Request) (ledger.Period, error) {
	p, err := t.machine.Enter(ctx, req)
	if is[*maintenance.StoreError](err) && t.ledger != nil {
		t.withoutLedger(err)
		p, err = t.machine.Enter(ctx, req)
	}
	if is[*maintenance.UnknownTypeError](err) {
		return p, usage("--stop: %w", err)
	}
	return p, err
}

// stopOrDrain stops the process types, and waits only if it is to.
func (t *toggle) stopOrDrain(ctx context.Context, p ledger.Period, wait bool) (ledger.Period, error) {
	if wait {
		return t.machine.Drain(ctx, p, maintenance.Conditions{})
	}
	if len(t.machine.Types) == 0 {
		return p, nil
	}
	return t.machine.Stop(ctx, p)
}

// hold waits for the time to be up, or a signal, and turns maintenance off. A
// process that is killed here leaves the time in the ledger.
func (t *toggle) hold(ctx context.Context, p ledger.Period) error {
	why := "its time was up"
	timer := time.NewTimer(time.Until(p.Until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		why = "it was turned on by a process that was told to end"
	}
	is, err := t.machine.Expire(ctx, p, why)
	switch {
	case maintenance.Restored(err):
		t.out.Line("%v", err)
	case err != nil:
		return fmt.Errorf("%w; turn it off with: %s", err, t.document(p.App, true, &p, nil).Off)
	case is.Open():
		t.out.Line("maintenance mode stays on: somebody has set another end")
		return nil
	}
	t.out.Line("maintenance mode of %s is off: %s", p.App, why)
	return nil
}

// planOn says what "on" would do.
func (t *toggle) planOn(ctx context.Context, lasting time.Duration) error {
	app, err := t.machine.Platform.App(ctx)
	if err != nil {
		return err
	}
	formation, err := t.machine.Platform.Formation(ctx)
	if err != nil {
		return err
	}
	if err := t.machine.Check(formation); err != nil {
		return usage("--stop: %w", err)
	}
	m := t.document(app.Name, app.Maintenance, nil, nil)
	m.DryRun, m.Off, m.Formation = true, "", fleet.Quantities(formation)
	if !app.Maintenance {
		m.Planned = append(m.Planned, "turn maintenance mode on")
	}
	for _, name := range t.machine.Types {
		if n := m.Formation[name]; n > 0 {
			m.Planned = append(m.Planned, fmt.Sprintf("%s: %d -> 0", name, n))
		}
	}
	if lasting > 0 {
		m.Planned = append(m.Planned, fmt.Sprintf("turn it off after %v", lasting))
	}
	return t.write(m)
}
