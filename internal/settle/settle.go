// Package settle is what follows a finished roll-out: maintenance mode is
// turned off, the formation restored, and what kept old builds working taken
// down. It waits until the new dynos are up, does each part as soon as it may
// be done, and records the length of the window.
//
// It runs in the new release's own dynos, or outside; several may. It changes
// nothing while a release command runs, and nothing that a person has decided.
package settle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
)

const (
	// every is how often the dynos are listed by default, and slowly when the
	// account's request allowance comes to its end.
	every  = 5 * time.Second
	slowly = 30 * time.Second
)

// A Platform is what settling asks the Platform API.
type Platform interface {
	maintenance.Platform
	Survey(ctx context.Context) (fleet.Facts, error)
}

// A Settler settles one app. All fields up to Say but Wait are required; the
// Machine's Store is the ledger that Open gives.
type Settler struct {
	Platform Platform
	Machine  *maintenance.Machine
	// Open makes a session with the ledger.
	Open func(ctx context.Context) (*ledger.Ledger, error)
	App  string
	// Deadline is how long after its release the dynos may take to be up.
	Deadline time.Duration
	// Lift turns maintenance off although they are not, when the deadline
	// has passed; otherwise it stays on.
	Lift bool
	// Wait waits while another settler works, rather than leave it to that.
	Wait  bool
	Clock maintenance.Clock
	Say   func(line string)
	// Overlap is fleet.Facts'.
	Overlap time.Duration
	// End takes down what the builds that are gone have needed, with a ledger
	// that it has locked; nil: that is left to runs, or to people.
	End func(ctx context.Context, l *ledger.Ledger) error
	// Every is how often the dynos are listed; 5 s if zero.
	Every time.Duration

	machine maintenance.Machine // with the session that has the turn
}

// A DeadlineError says that the dynos of a release did not come up in time.
type DeadlineError struct {
	Release  int
	Deadline time.Duration
	Waiting  []string
	Lifted   bool     // maintenance was turned off all the same
	Commands []string // that turn it off, if it stays on
}

func (e *DeadlineError) Error() string {
	text := fmt.Sprintf("v%d has not settled %v after its release: %s", e.Release, e.Deadline, strings.Join(e.Waiting, "; "))
	switch {
	case e.Lifted:
		text += "\nmaintenance mode is turned off all the same, as the policy says"
	case len(e.Commands) > 0:
		text += "\nmaintenance mode stays on; to turn it off:\n" + strings.Join(e.Commands, "\n")
	}
	return text
}

// A StuckError says that maintenance mode stays on because no release that fits
// the schema is out or on its way.
type StuckError struct {
	Why      string
	Commands []string
}

func (e *StuckError) Error() string {
	return "maintenance mode stays on: " + e.Why + "\nrelease a fix, or turn it off:\n" + strings.Join(e.Commands, "\n")
}

// Do settles, waiting for the dynos up to the deadline. It fails with a
// *DeadlineError, a *StuckError, ErrAtWork, or as ledger and Platform API do;
// with Wait it asks these again for as long as the deadline allows, because
// nobody else may come to turn maintenance off.
func (s *Settler) Do(ctx context.Context) error {
	began := s.Clock.Now()
	for {
		err := s.once(ctx)
		if err == nil || !s.Wait || final(err) || s.Clock.Now().Sub(began) > s.Deadline {
			return err
		}
		pause := s.pause() // the adapters have asked again for a while themselves
		s.Say(fmt.Sprintf("%v; asked again in %v", err, pause))
		if s.Clock.Wait(ctx, pause) != nil {
			return err
		}
	}
}

// final tells the errors that asking again does not mend.
func final(err error) bool {
	var late *DeadlineError
	var stuck *StuckError
	var api *heroku.Error
	return errors.As(err, &late) || errors.As(err, &stuck) || errors.Is(err, context.Canceled) ||
		errors.As(err, &api) && (api.Unauthorized() || api.Forbidden() || api.NotFound())
}

// once settles with one session of the ledger.
func (s *Settler) once(ctx context.Context) error {
	l, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	s.machine = *s.Machine
	s.machine.Store = l
	var told string
	for {
		done, waiting, err := s.step(ctx, l)
		if err != nil || done {
			return err
		}
		if text := strings.Join(waiting, "; "); text != told {
			told = text
			s.Say("waiting: " + text)
		}
		if err := s.Clock.Wait(ctx, s.pause()); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
	}
}

// pause is longer when few requests are left, of which other tools of the
// account live too.
func (s *Settler) pause() time.Duration {
	if maintenance.Scarce(s.Platform) {
		return slowly
	}
	return cmp.Or(s.Every, every)
}

// step looks once, and does what may be done. It is done when nothing is left.
func (s *Settler) step(ctx context.Context, l *ledger.Ledger) (done bool, waiting []string, err error) {
	facts, err := s.survey(ctx, l)
	if err != nil {
		return false, nil, err
	}
	rollout, found := fleet.RolledOut(facts)
	if !found {
		return true, nil, nil
	}
	if pending := s.pending(facts); pending != "" {
		// Its release command may be at work, and its dynos settle.
		rollout.Waiting = append(rollout.Waiting, pending)
	}
	p, open, err := l.Maintenance(ctx, s.App)
	if err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return false, nil, err
	}
	if open && (p.ReleaseID != 0 || s.machine.Due(p)) {
		left, err := s.maintenance(ctx, l, p, facts, rollout)
		if err != nil || !left {
			return false, s.orOthers(rollout.Waiting), err
		}
	}
	if !rollout.Done() {
		return false, rollout.Waiting, s.late(ctx, facts, rollout, ledger.Period{})
	}
	return s.finish(ctx, l, rollout)
}

func (s *Settler) orOthers(waiting []string) []string {
	if len(waiting) == 0 {
		return []string{"a release command is at work, or has just ended"}
	}
	return waiting
}

func (s *Settler) pending(f fleet.Facts) string {
	at := slices.IndexFunc(f.Releases, func(r fleet.Release) bool { return r.Status == fleet.ReleasePending })
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("v%d is pending", f.Releases[at].Version)
}

// survey asks what is needed to judge the roll-out.
func (s *Settler) survey(ctx context.Context, l *ledger.Ledger) (f fleet.Facts, err error) {
	if f, err = s.Platform.Survey(ctx); err != nil {
		return f, err
	}
	f.Now, f.Overlap = s.Clock.Now(), s.Overlap
	if f.Builds, err = l.Builds(ctx, s.App); errors.Is(err, ledger.ErrNoLedger) {
		err = nil
	}
	return f, err
}

// late ends the waiting when the deadline has passed.
func (s *Settler) late(ctx context.Context, f fleet.Facts, r fleet.Rollout, p ledger.Period) error {
	if f.Now.Sub(r.Release.Since()) < s.Deadline {
		return nil
	}
	e := &DeadlineError{Release: r.Release.Version, Deadline: s.Deadline, Waiting: r.Waiting}
	if p.ID == 0 {
		return e
	}
	if !s.Lift {
		e.Commands = maintenance.OffCommands(p)
		return e
	}
	var err error
	if e.Lifted, err = s.leaveAlone(ctx, p, "the deadline for the new dynos has passed"); err == nil && !e.Lifted {
		return nil // a run is at work
	}
	return errors.Join(e, err)
}
