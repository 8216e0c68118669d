package maintenance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
)

// leaveStep bounds each half of what Leave does at the Platform API, so that
// both fit into the 30 s between SIGTERM and SIGKILL.
const leaveStep = 12 * time.Second

// An End is who ends a period, and why.
type End struct {
	Why string // for people: "the release failed, nothing was committed"
	// ByHand: a person says so. It ends what a person or another run wants,
	// and what was on before.
	ByHand bool
}

// An InUseError says that a period was not ended because another run works
// under it, or turned it on again meanwhile. That run ends it.
type InUseError struct{ Period ledger.Period }

func (e *InUseError) Error() string {
	user := "by " + e.Period.By
	if e.Period.ReleaseID != 0 {
		user = fmt.Sprintf("by run %d", e.Period.ReleaseID)
	}
	if e.Period.Version != "" {
		user += " (" + e.Period.Version + ")"
	}
	return fmt.Sprintf("the maintenance of %s stays on: it is used %s", e.Period.App, user)
}

// Leave restores the formation and turns maintenance off, unless it was on
// before. A type is scaled back only if nobody has scaled it meanwhile. Both
// are attempted, whatever becomes of the other; until both are done the period
// stays in StateLeaving, for any later Leave to finish.
//
// A period that a person turned on, too, stays on and open: it only loses its
// run. A period that is over is fine. It fails with an *InUseError when another
// run uses the period, and otherwise with everything that went wrong: see Restored.
//
// It does not end with ctx, because it is the cleanup after that.
func (m *Machine) Leave(ctx context.Context, p ledger.Period, end End) (ledger.Period, error) {
	return m.leave(ctx, p, end.ByHand, func(now *ledger.Period) error {
		if !end.ByHand && now.ReleaseID != p.ReleaseID {
			return &InUseError{*now}
		}
		m.end(now, end)
		return nil
	})
}

// leave restores and closes if that is what begin, committed first, wants.
func (m *Machine) leave(ctx context.Context, p ledger.Period, forced bool, begin func(*ledger.Period) error) (ledger.Period, error) {
	ctx = context.WithoutCancel(ctx)
	is, err := m.advance(ctx, p.ID, begin)
	var store *StoreError
	switch {
	case errors.Is(err, ledger.ErrPeriodOver):
		return is, nil
	case errors.As(err, &store):
		is = p // go on without the ledger
	case err != nil:
		return is, err
	case is.State != ledger.StateLeaving:
		m.say("maintenance stays on: it was turned on by hand")
		return is, nil
	}
	if restoreErr := m.restore(ctx, is, forced); restoreErr != nil {
		return is, errors.Join(err, restoreErr)
	}
	if err != nil {
		return is, err
	}
	return m.close(ctx, is)
}

// Restored tells whether an error of Leave or Expire is about the ledger alone:
// the formation is restored and maintenance off, and only the ledger does not
// know it yet.
func Restored(err error) bool {
	_, alone := err.(*StoreError)
	return alone
}

// end makes of a period what Leave is to commit first.
func (m *Machine) end(p *ledger.Period, end End) {
	p.Note = end.Why
	timeIsUp := !p.Until.IsZero() && !m.clock().Now().Before(p.Until)
	if p.ByHand && !end.ByHand && !timeIsUp {
		p.ReleaseID, p.Version = 0, ""
		if p.State != ledger.StateLeaving {
			p.State = ledger.StateOn
		}
		return
	}
	p.State = ledger.StateLeaving
}

// restore does both halves.
func (m *Machine) restore(ctx context.Context, p ledger.Period, forced bool) error {
	scaling, cancel := context.WithTimeoutCause(ctx, leaveStep, fmt.Errorf("restore the formation: not done within %v", leaveStep))
	err := m.restoreFormation(scaling, p)
	cancel()
	if p.WasOn && !forced {
		m.say("maintenance stays on: it was on before")
		return err
	}
	turning, cancel := context.WithTimeoutCause(ctx, leaveStep, fmt.Errorf("turn maintenance off: not done within %v", leaveStep))
	defer cancel()
	return errors.Join(err, m.set(turning, false))
}

// restoreFormation scales stopped types back. A type that seems to have its old
// quantity is set to it all the same: the answer may be from before it was
// stopped, and to say it twice changes nothing.
func (m *Machine) restoreFormation(ctx context.Context, p ledger.Period) error {
	if len(p.Stopped) == 0 {
		return nil
	}
	formation, err := m.Platform.Formation(ctx)
	if err != nil {
		return err
	}
	now, back := fleet.Quantities(formation), map[string]int{}
	for _, t := range p.Stopped {
		quantity, exists := now[t]
		switch before := p.Formation[t]; {
		case !exists:
			m.say("%s: there is no such process type any more", t)
		case quantity == 0 || quantity == before:
			back[t] = before
			m.say("%s: back to %d", t, before)
		default:
			m.say("%s: left at %d, which somebody else has set (before: %d)", t, quantity, before)
		}
	}
	if len(back) == 0 {
		return nil
	}
	_, err = m.Platform.Scale(ctx, back)
	return err
}

// close commits that all is restored. A run that has turned maintenance on
// again meanwhile may have done so before this process turned it off, so that
// is made good.
func (m *Machine) close(ctx context.Context, p ledger.Period) (ledger.Period, error) {
	is, err := m.advance(ctx, p.ID, func(now *ledger.Period) error {
		if now.State != ledger.StateLeaving {
			return &InUseError{*now}
		}
		now.State = ledger.StateOff
		return nil
	})
	var inUse *InUseError
	switch {
	case errors.Is(err, ledger.ErrPeriodOver):
		return is, nil
	case errors.As(err, &inUse):
		return is, errors.Join(err, m.set(ctx, true), m.stopAgain(ctx, is))
	}
	return is, err
}

// stopAgain scales to 0 what this process has scaled back.
func (m *Machine) stopAgain(ctx context.Context, p ledger.Period) error {
	again := *m
	again.Types = slices.Clone(p.Stopped)
	_, err := again.Stop(ctx, p)
	return err
}
