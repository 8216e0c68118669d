package maintenance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
)

// differTimes and differEvery are how often and when both are asked again while
// the Platform API says that maintenance is on and the router does not.
const (
	differTimes = 10
	differEvery = time.Second
)

// An UnknownTypeError says that the app has no such process type. Nothing has
// been done.
type UnknownTypeError struct {
	Type  string
	Known []string
}

func (e *UnknownTypeError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("%q is no process type of this app: it has none", e.Type)
	}
	return fmt.Sprintf("%q is no process type of this app; there are: %s", e.Type, strings.Join(e.Known, ", "))
}

// Enter turns maintenance on. What was before, and the intent, is committed
// first. An open period is resumed, whatever its state: what it says of the
// time before it stays.
//
// It fails with an *UnknownTypeError, a *StoreError, or the Platform's own
// error. A period with an id that comes with an error is open: Leave ends it.
func (m *Machine) Enter(ctx context.Context, req Request) (ledger.Period, error) {
	app, err := m.before(ctx)
	if err != nil {
		return ledger.Period{}, err
	}
	formation, err := m.Platform.Formation(ctx)
	if err != nil {
		return ledger.Period{}, err
	}
	if err := m.Check(formation); err != nil {
		return ledger.Period{}, err
	}
	p, err := m.open(ctx, req, app, formation)
	if err != nil {
		return p, err
	}
	// Also when it is on already: what was read may be old.
	if err := m.set(ctx, true); err != nil {
		return p, err
	}
	is, err := m.advance(ctx, p.ID, func(p *ledger.Period) error {
		switch p.State {
		case ledger.StateEntering:
			p.State = ledger.StateOn
		case ledger.StateLeaving: // by somebody else, since
			return &OverError{*p}
		}
		return nil
	})
	return m.current(p, is, err)
}

// before is the app as it is before maintenance. The Platform API may still tell
// of a maintenance that has just ended, and routers may not have heard yet of one
// that has just begun: as long as they differ both are asked again, and then the
// routers are right.
func (m *Machine) before(ctx context.Context) (fleet.App, error) {
	app, err := m.Platform.App(ctx)
	for asked := 0; err == nil && app.Maintenance && m.serves(ctx, app.WebURL); asked++ {
		if asked == differTimes {
			app.Maintenance = false
			break
		}
		if err := m.clock().Wait(ctx, differEvery); err != nil {
			return app, fmt.Errorf("enter: %w", err)
		}
		app, err = m.Platform.App(ctx)
	}
	return app, err
}

// serves tells that the router lets requests through.
func (m *Machine) serves(ctx context.Context, url string) bool {
	if url == "" {
		return false
	}
	status, err := m.probe(ctx, url)
	return err == nil && status != http.StatusServiceUnavailable
}

// open commits the intent, in a new period or in the one that is open.
func (m *Machine) open(ctx context.Context, req Request, app fleet.App, formation []fleet.Process) (ledger.Period, error) {
	for {
		p, opened, err := m.Store.OpenMaintenance(ctx, ledger.Period{
			App: app.Name, ReleaseID: req.ReleaseID, Version: req.Version, By: req.By, Reason: req.Reason,
			ByHand: req.ByHand, WasOn: app.Maintenance, Formation: fleet.Quantities(formation),
			Until: req.Until,
		})
		if err != nil {
			return ledger.Period{}, &StoreError{err}
		}
		if opened {
			return p, nil
		}
		is, err := m.advance(ctx, p.ID, func(p *ledger.Period) error {
			resume(p, req, formation)
			return nil
		})
		if !errors.Is(err, ledger.ErrPeriodOver) {
			return is, err
		} // over meanwhile: open the next one
	}
}

// resume puts a request over an open period. A run begins again at entering,
// because what has drained once may be at work again. A person changes nothing
// about a run's progress.
func resume(p *ledger.Period, req Request, formation []fleet.Process) {
	if p.Formation == nil {
		p.Formation = map[string]int{}
	}
	for _, process := range formation {
		if _, recorded := p.Formation[process.Type]; !recorded {
			p.Formation[process.Type] = process.Quantity
		}
	}
	if !req.ByHand || p.State == ledger.StateLeaving {
		p.State = ledger.StateEntering
	}
	if !req.ByHand {
		p.ReleaseID, p.Version = req.ReleaseID, req.Version
		return
	}
	if !p.ByHand {
		p.Note = "turned on by hand as well, by " + req.By
	}
	p.ByHand, p.Until = true, req.Until
	if req.Reason != "" {
		p.Reason = req.Reason
	}
}

// current is the newest that is known of a period, and an end by somebody else
// as an *OverError.
func (m *Machine) current(before, is ledger.Period, err error) (ledger.Period, error) {
	if errors.Is(err, ledger.ErrPeriodOver) {
		return is, &OverError{is}
	}
	if is.ID == 0 {
		return before, err
	}
	return is, err
}

// Check tells by an *UnknownTypeError which of the machine's Types an app with
// this formation does not have.
func (m *Machine) Check(formation []fleet.Process) error {
	have := fleet.Quantities(formation)
	for _, t := range m.Types {
		if _, ok := have[t]; !ok {
			return &UnknownTypeError{Type: t, Known: slices.Sorted(maps.Keys(have))}
		}
	}
	return nil
}

// union is sorted.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}
