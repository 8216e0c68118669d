package settle

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
)

const (
	// turnPoll is how often one that waits for its turn asks, and turnSlowly
	// after turnSoon: a dyno of the release before that still has the turn
	// is gone by then.
	turnPoll   = 2 * time.Second
	turnSoon   = time.Minute
	turnSlowly = 20 * time.Second
)

// ErrAtWork is returned by Do when another settler works and this one does not
// wait for it.
var ErrAtWork = errors.New("another settle is at work, and this one does not --wait for it")

// turn makes one settler work at a time. The others have nothing to do but to
// take its place should its dyno end, without a connection each meanwhile. It
// fails with ErrAtWork when another one works and this one does not wait.
func (s *Settler) turn(ctx context.Context) (*ledger.Ledger, error) {
	began := s.Clock.Now()
	for {
		l, err := s.Open(ctx)
		if err != nil {
			return nil, err
		}
		won, err := l.TrySettle(ctx)
		if err == nil && won {
			return l, nil
		}
		if err := errors.Join(err, l.Close()); err != nil {
			return nil, err
		}
		if !s.Wait {
			return nil, ErrAtWork
		}
		pause := turnPoll
		if s.Clock.Now().Sub(began) > turnSoon {
			pause = turnSlowly
		}
		if err := s.Clock.Wait(ctx, pause); err != nil {
			return nil, fmt.Errorf("settle: %w", err)
		}
	}
}

// maintenance ends a period, if it may be ended now.
func (s *Settler) maintenance(ctx context.Context, l *ledger.Ledger, p ledger.Period, f fleet.Facts, r fleet.Rollout) (left bool, err error) {
	breaks, err := l.Breaks(ctx, p.ID)
	if err != nil {
		return false, err
	}
	if s.machine.Due(p) {
		return s.alone(ctx, func(*ledger.Ledger) error {
			_, err := s.machine.Expire(ctx, p, "its time was up")
			return err
		})
	}
	if len(breaks) == 0 || p.State == ledger.StateLeaving {
		return s.leaveAlone(ctx, p, "the run that turned it on has ended, and the running code fits the schema")
	}
	fitting, found, err := l.Fitting(ctx, breaks, fleet.FailedVersions(f.Releases))
	if err != nil {
		return false, err
	}
	if !found || fleet.VersionNumber(fitting.Version) > r.Release.Version {
		// Its dynos have not begun to start. The release that is out is
		// an older one, whose age says nothing.
		if s.pending(f) != "" || found && f.Now.Sub(fitting.FinishedAt) < s.Deadline {
			return false, nil
		}
		return s.stuck(ctx, p, breaks)
	}
	ready := r.Up
	if f.Preboot {
		ready = r.Done() // hidden old dynos would get requests again
	}
	if !ready {
		return false, s.late(ctx, f, r, p)
	}
	return s.leaveAlone(ctx, p, fmt.Sprintf("the dynos of v%d are up", r.Release.Version))
}

// stuck tells that nothing will end the period, unless a run is at work.
func (s *Settler) stuck(ctx context.Context, p ledger.Period, breaks []ledger.Break) (bool, error) {
	_, err := s.alone(ctx, func(*ledger.Ledger) error {
		d := maintenance.Decide(p, true, breaks)
		return &StuckError{Why: d.Why, Commands: d.Commands}
	})
	return false, err
}

func (s *Settler) leaveAlone(ctx context.Context, p ledger.Period, why string) (bool, error) {
	return s.alone(ctx, func(*ledger.Ledger) error { return s.leave(ctx, p, why) })
}

func (s *Settler) leave(ctx context.Context, p ledger.Period, why string) error {
	s.Say("maintenance mode ends: " + why)
	_, err := s.machine.Leave(ctx, p, maintenance.End{Why: why})
	var used *maintenance.InUseError
	if errors.As(err, &used) {
		return nil // by a run that began meanwhile
	}
	return err
}

// alone does something while no run is at work, and none begins. It reports
// false when one is.
func (s *Settler) alone(ctx context.Context, do func(*ledger.Ledger) error) (done bool, err error) {
	l, err := s.Open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = l.Close() }()
	var locked *ledger.LockedError
	if err := l.Lock(ctx, 0, nil); errors.As(err, &locked) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, do(l)
}

// finish takes down what no running build needs, and records the window. What
// is in use stays for the next run.
func (s *Settler) finish(ctx context.Context, l *ledger.Ledger, r fleet.Rollout) (done bool, waiting []string, err error) {
	left, err := s.left(ctx, l)
	if errors.Is(err, ledger.ErrNoLedger) {
		return true, nil, nil
	}
	if err == nil && left {
		done, err = s.alone(ctx, func(l *ledger.Ledger) error { return s.End(ctx, l) })
		if err != nil || !done {
			return false, s.orOthers(nil), err
		}
	}
	return true, nil, errors.Join(err, s.settled(ctx, l, r))
}

// left tells whether migrations have left anything that is to be taken down.
func (s *Settler) left(ctx context.Context, l *ledger.Ledger) (bool, error) {
	if s.End == nil {
		return false, nil
	}
	shims, err := l.Shims(ctx)
	if err != nil {
		return false, err
	}
	deferred, err := l.Deferred(ctx)
	return len(shims)+len(deferred) > 0, err
}

func (s *Settler) settled(ctx context.Context, l *ledger.Ledger, r fleet.Rollout) error {
	err := l.Settled(ctx, s.App, "v"+strconv.Itoa(r.Release.Version))
	if errors.Is(err, ledger.ErrNoLedger) {
		return nil
	}
	return err
}
