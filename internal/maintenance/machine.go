package maintenance

import (
	"context"
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
)

// A Platform is what the machine asks of the Platform API, for one app. Every
// call may be repeated.
type Platform interface {
	App(ctx context.Context) (fleet.App, error)
	Dynos(ctx context.Context) ([]fleet.Dyno, error)
	Formation(ctx context.Context) ([]fleet.Process, error)
	SetMaintenance(ctx context.Context, on bool) (fleet.App, error)
	// Scale sets the quantities of these process types, and no others.
	Scale(ctx context.Context, quantities map[string]int) ([]fleet.Process, error)
}

// A Store keeps periods: *ledger.Ledger, or *Memory where there is none.
type Store interface {
	OpenMaintenance(ctx context.Context, p ledger.Period) (is ledger.Period, opened bool, err error)
	AdvanceMaintenance(ctx context.Context, id int64, advance func(*ledger.Period) error) (ledger.Period, error)
	Maintenance(ctx context.Context, app string) (p ledger.Period, found bool, err error)
	Breaks(ctx context.Context, periodID int64) ([]ledger.Break, error)
}

// A Clock is the time and the waiting.
type Clock interface {
	Now() time.Time
	// Wait returns after d, or with the context's cause when that ends.
	Wait(ctx context.Context, d time.Duration) error
}

// A Machine drives the maintenance of one app. Platform and Store must be set.
type Machine struct {
	Platform Platform
	Store    Store
	// Types are the process types that Drain scales to 0. Enter checks that
	// the app has them.
	Types []string
	Clock Clock // nil: the system's
	// Probe asks an address and returns the answer's status; nil: by HTTP.
	Probe func(ctx context.Context, url string) (status int, err error)
	// Progress gets one line for whatever takes time; nil: nobody does.
	Progress func(line string)
}

// A Request is who wants maintenance, and why.
type Request struct {
	ReleaseID int64  // the run's in the ledger; 0 by hand
	Version   string // of that release, vN; "" when unknown
	By        string // "migguard run", "jane@laptop"
	Reason    string
	// ByHand: a person wants it, so the end of a run does not turn it off.
	ByHand bool
	// Until is when it is to be turned off; zero: no such time.
	Until time.Time
}

// A StoreError says that the ledger could not be read or written. What the
// Platform API had to do is not in it.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "record the maintenance: " + e.Err.Error() }

func (e *StoreError) Unwrap() error { return e.Err }

// An OverError says that somebody ended the maintenance that was to be worked
// under.
type OverError struct{ Period ledger.Period }

func (e *OverError) Error() string {
	text := fmt.Sprintf("the maintenance of %s has been ended meanwhile", e.Period.App)
	if e.Period.Note != "" {
		text += ": " + e.Period.Note
	}
	return text + "; run the release again"
}

// advance is the store's, with its errors sorted. Those that step returns, and
// ledger.ErrPeriodOver, come back as they are.
func (m *Machine) advance(ctx context.Context, id int64, step func(*ledger.Period) error) (ledger.Period, error) {
	var mine error
	p, err := m.Store.AdvanceMaintenance(ctx, id, func(p *ledger.Period) error {
		mine = step(p)
		return mine
	})
	switch {
	case err == nil:
		return p, nil
	case mine != nil:
		return p, mine
	}
	return p, &StoreError{err}
}

// set turns the flag on or off, and looks at the answer.
func (m *Machine) set(ctx context.Context, on bool) error {
	app, err := m.Platform.SetMaintenance(ctx, on)
	if err != nil {
		return err
	}
	if app.Maintenance != on {
		return fmt.Errorf("turn maintenance %s: the Platform API took it and says that it is not", onOff(on))
	}
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (m *Machine) clock() Clock {
	if m.Clock == nil {
		return systemClock{}
	}
	return m.Clock
}

func (m *Machine) say(format string, args ...any) {
	if m.Progress != nil {
		m.Progress(fmt.Sprintf(format, args...))
	}
}
