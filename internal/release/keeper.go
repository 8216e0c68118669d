package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/report"
)

// A keeper takes the run's maintenance through its course. The zero value is
// of a run that cannot have one.
type keeper struct {
	machine *maintenance.Machine
	request maintenance.Request
	drained maintenance.Conditions

	mu      sync.Mutex // held while maintenance is entered
	period  ledger.Period
	granted bool // nothing of the old code is at work
	wanted  bool // a transaction was given up for it
}

// enter turns maintenance on and waits until the old code is out of the way.
func (k *keeper) enter(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.granted {
		return nil
	}
	p, err := k.machine.Enter(ctx, k.request)
	if p.ID != 0 {
		k.period = p
	}
	if err != nil {
		return err
	}
	p, err = k.machine.Drain(ctx, p, k.drained)
	k.period, k.granted = p, err == nil
	return err
}

// leaveGiven is the period under which statements may break running code.
func (k *keeper) leaveGiven() (period int64, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.period.ID, k.granted
}

func (k *keeper) want() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = true
}

// takeWanted tells whether a transaction was given up, once.
func (k *keeper) takeWanted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.wanted
	k.wanted = false
	return was
}

// between does something while the command does not run, which would have got the
// signals.
func (r *Run) between(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	for {
		select {
		case err := <-done:
			return err
		case s := <-r.Signals:
			stop(fmt.Errorf("stopped by %v", s))
		}
	}
}

// adopt takes over what an earlier run has left: a period under which nothing
// was broken is ended, one with a broken schema goes on.
func (r *Run) adopt(ctx context.Context, k *keeper) error {
	if k.machine == nil {
		return nil
	}
	p, found, err := r.Ledger.Maintenance(ctx, r.App)
	if err != nil || !found {
		return err
	}
	if k.machine.Due(p) {
		_, err := k.machine.Expire(ctx, p, "its time was up")
		var used *maintenance.InUseError
		if err != nil && !errors.As(err, &used) {
			return err
		}
		if p, found, err = r.Ledger.Maintenance(ctx, r.App); err != nil || !found {
			return err
		}
	}
	breaks, err := r.Ledger.Breaks(ctx, p.ID)
	switch {
	case err != nil:
		return err
	case p.ReleaseID == 0: // a person's
		return nil
	case len(breaks) > 0 && p.State != ledger.StateLeaving:
		r.Out.Line("maintenance mode is on since %s (%s), and stays on until a release that fits the schema is out",
			p.OpenedAt.UTC().Format(time.RFC3339), p.Reason)
		k.period = p
		return nil
	}
	r.Out.Line("an earlier run was ended under maintenance mode: turning it off")
	_, err = k.machine.Leave(ctx, p, maintenance.End{Why: "the run that turned it on was ended before it had broken anything"})
	return err
}

// closeMaintenance does what the end of the run means for maintenance mode.
// It returns the exit status and reason that takes the place of the run's,
// when maintenance has to stay on although the run failed.
func (r *Run) closeMaintenance(ctx context.Context, k *keeper, how ledger.Outcome, committed bool) (stay string, err error) {
	ctx = context.WithoutCancel(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.period.ID == 0 {
		return "", nil
	}
	breaks, err := r.Ledger.Breaks(ctx, k.period.ID)
	if err != nil {
		return "", err
	}
	d := maintenance.Decide(k.period, committed, breaks)
	if !d.Stay {
		if how == ledger.Succeeded {
			d.Why = "nothing that needed it was committed"
		}
		_, err := k.machine.Leave(ctx, k.period, maintenance.End{Why: d.Why})
		return "", err
	}
	if how == ledger.Succeeded || r.fits(ctx, breaks) {
		r.Out.Line("maintenance mode stays on until the dynos of the new release are up: they end it (migguard settle), or: %s", d.Commands[0])
		return "", nil
	}
	return "maintenance mode stays on: " + d.Why + "\nrelease a fix, or turn it off:\n" + strings.Join(d.Commands, "\n"), nil
}

// fits tells whether a release that came with the breaks has succeeded: its
// dynos are starting, and end the maintenance.
func (r *Run) fits(ctx context.Context, breaks []ledger.Break) bool {
	_, found, err := r.Ledger.Fitting(ctx, breaks, fleet.FailedVersions(r.known.Releases))
	return err == nil && found
}

// committed tells whether any part of a migration was.
func (o outcome) committed() bool {
	return slices.ContainsFunc(o.statements, func(s report.Statement) bool { return s.Error == "" })
}
