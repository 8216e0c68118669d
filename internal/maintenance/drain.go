package maintenance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/ledger"
)

// Activity is what a database says about the sessions of old dynos.
type Activity struct {
	// Busy has a line for each session that is at work.
	Busy []string
	// Unknown has a line for each that this role may not look at. They do
	// not count as busy: monitoring of the provider is there all the time.
	Unknown []string
}

// Conditions say what Drain waits for, besides the router and the dynos.
type Conditions struct {
	// Quiet looks at the database once; nil: nobody looks. Drain wants it
	// without busy sessions for 2 s on end.
	Quiet func(ctx context.Context) (Activity, error)
	// Timeout is for all; DefaultDrain if zero.
	Timeout time.Duration
	// Anyway goes on when the time is up, with a note.
	Anyway bool
}

// DefaultDrain is how long Drain waits. The router gives a request 30 s to
// begin its answer, and a dyno has 30 s to end.
const DefaultDrain = 90 * time.Second

// A DrainError says which condition did not come true in time. Maintenance is
// on, and the process types are stopped: Leave restores both.
type DrainError struct {
	Waited time.Duration
	Why    []string // a clause each
}

func (e *DrainError) Error() string {
	return fmt.Sprintf("the running code is not out of the way after %v: %s", e.Waited, strings.Join(e.Why, "; "))
}

// Stop scales the machine's Types to 0, without waiting for them. Their
// quantities are committed first: what runs now is what Leave brings back.
func (m *Machine) Stop(ctx context.Context, p ledger.Period) (ledger.Period, error) {
	running := map[string]int{}
	if len(m.Types) > 0 {
		formation, err := m.Platform.Formation(ctx)
		if err != nil {
			return p, err
		}
		for _, process := range formation {
			if process.Quantity > 0 && slices.Contains(m.Types, process.Type) {
				running[process.Type] = process.Quantity
			}
		}
	}
	is, err := m.advance(ctx, p.ID, func(p *ledger.Period) error {
		if p.State == ledger.StateLeaving {
			return &OverError{*p}
		}
		if p.State != ledger.StateWork {
			p.State = ledger.StateDraining
		}
		p.Formation = merged(p.Formation, running)
		p.Stopped = union(p.Stopped, slices.Collect(maps.Keys(running)))
		return nil
	})
	if is, err = m.current(p, is, err); err != nil || len(running) == 0 {
		return is, err
	}
	zero := map[string]int{}
	for _, t := range slices.Sorted(maps.Keys(running)) {
		zero[t] = 0
		m.say("%s: %d -> 0", t, running[t])
	}
	_, err = m.Platform.Scale(ctx, zero)
	return is, err
}

// Drain stops the machine's Types and waits until nothing of the
// running code is at work: the router answers 503 where the app has an address,
// no dyno of those types is listed, and the database is quiet. Then the period
// is in StateWork.
//
// It fails with a *DrainError when that does not come true, an *OverError when
// somebody ended the maintenance, or as Enter does. Call it after Enter.
func (m *Machine) Drain(ctx context.Context, p ledger.Period, c Conditions) (ledger.Period, error) {
	app, err := m.Platform.App(ctx)
	if err != nil {
		return p, err
	}
	if p, err = m.Stop(ctx, p); err != nil {
		return p, err
	}
	d := drain{Machine: m, period: p, read: m.clock().Now(), url: app.WebURL, stopped: union(p.Stopped, m.Types), quiet: c.Quiet}
	note, err := d.wait(ctx, c.Timeout)
	var late *DrainError
	if errors.As(err, &late) && c.Anyway {
		note, err = "work began anyway: "+late.Error(), nil
		m.say("%s", note)
	}
	if err != nil {
		return p, err
	}
	is, err := m.advance(ctx, p.ID, func(p *ledger.Period) error {
		if p.State == ledger.StateLeaving {
			return &OverError{*p}
		}
		p.State = ledger.StateWork
		if note != "" {
			p.Note = note
		}
		return nil
	})
	return m.current(p, is, err)
}

func merged(into, from map[string]int) map[string]int {
	into = maps.Clone(into)
	if into == nil {
		into = map[string]int{}
	}
	maps.Copy(into, from)
	return into
}
