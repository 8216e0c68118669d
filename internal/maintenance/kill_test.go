package maintenance

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
)

// errKilled is what a dead process gets from the world.
var errKilled = errors.New("killed")

// A fate ends a process at its nth call of platform or store, before the call
// takes effect or after. With once, that call fails and the process lives on.
type fate struct {
	nth         int
	after, once bool
	calls       int
}

func (f *fate) meet(call func() error) error {
	f.calls++
	hit := f.calls == f.nth
	if hit && f.after {
		_ = call()
	}
	if hit || !f.once && f.nth > 0 && f.calls > f.nth {
		return errKilled
	}
	return call()
}

// A mortal is a platform and a store whose caller may meet its fate.
type mortal struct {
	Platform
	Store
	*fate
}

func (m mortal) App(ctx context.Context) (app fleet.App, err error) {
	return app, m.meet(func() (err error) { app, err = m.Platform.App(ctx); return err })
}

func (m mortal) Formation(ctx context.Context) (all []fleet.Process, err error) {
	err = m.meet(func() (err error) { all, err = m.Platform.Formation(ctx); return err })
	return all, err
}

func (m mortal) Dynos(ctx context.Context) (all []fleet.Dyno, err error) {
	err = m.meet(func() (err error) { all, err = m.Platform.Dynos(ctx); return err })
	return all, err
}

func (m mortal) SetMaintenance(ctx context.Context, on bool) (app fleet.App, err error) {
	err = m.meet(func() (err error) { app, err = m.Platform.SetMaintenance(ctx, on); return err })
	return app, err
}

func (m mortal) Scale(ctx context.Context, q map[string]int) (all []fleet.Process, err error) {
	err = m.meet(func() (err error) { all, err = m.Platform.Scale(ctx, q); return err })
	return all, err
}

func (m mortal) OpenMaintenance(ctx context.Context, p ledger.Period) (is ledger.Period, opened bool, err error) {
	err = m.meet(func() (err error) { is, opened, err = m.Store.OpenMaintenance(ctx, p); return err })
	if err != nil {
		return ledger.Period{}, false, err
	}
	return is, opened, nil
}

func (m mortal) AdvanceMaintenance(ctx context.Context, id int64, f func(*ledger.Period) error) (is ledger.Period, err error) {
	err = m.meet(func() (err error) { is, err = m.Store.AdvanceMaintenance(ctx, id, f); return err })
	if errors.Is(err, errKilled) {
		return ledger.Period{}, err
	}
	return is, err
}

// process is a run's use of a machine, from beginning to end, or until it is
// killed.
func process(ctx context.Context, w *world, store Store, f *fate, work func()) error {
	mortal := mortal{w, store, f}
	m := newMachine(w, mortal)
	m.Platform = mortal
	p, err := m.Enter(ctx, Request{By: "migguard run"})
	if err == nil {
		p, err = m.Drain(ctx, p, Conditions{Quiet: calm})
	}
	if err == nil {
		work()
	}
	if p.ID != 0 {
		_, leaveErr := m.Leave(ctx, p, End{Why: "the run is over"})
		err = errors.Join(err, leaveErr)
	}
	return err
}

// settled is what any later process does, which needs no maintenance.
func settled(ctx context.Context, w *world, store Store, f *fate) error {
	m := newMachine(w, mortal{w, store, f})
	m.Platform = mortal{w, store, f}
	p, found, err := store.Maintenance(ctx, "shop")
	if err != nil || !found {
		return err
	}
	_, err = m.Leave(ctx, p, End{Why: "found open"})
	return err
}

// A start is how the app is before, and what somebody does meanwhile.
type start struct {
	wasOn   bool
	foreign int // quantity that somebody sets for workers; 0: nobody does
}

// expect is the formation at the end.
func (s start) expect() map[string]int {
	formation := newWorld().formation
	if s.foreign > 0 {
		formation["worker"] = s.foreign
	}
	return formation
}

// TestKilledAnywhere kills a run at each call, before and after it took effect,
// then the process that goes on after it as well, and looks at what the third
// one leaves: maintenance and formation as they were, no open period. With the
// ledger, which takes its time, the second one lives.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, store Store) {
		cases, least, nexts := 0, 200, []string{"settle", "run"}
		if _, ok := store.(*Memory); ok {
			least, nexts = 4000, append(nexts, "killed settle", "killed run")
		}
		for _, s := range []start{{}, {wasOn: true}, {foreign: 5}, {foreign: 1}} {
			length := lengthOf(t, store, s)
			for nth := 1; nth <= length; nth++ {
				for _, after := range []bool{false, true} {
					for _, next := range nexts {
						cases += killedAt(t, store, s, fate{nth: nth, after: after}, next)
					}
				}
			}
		}
		t.Logf("%d cases", cases)
		if cases < least {
			t.Errorf("only %d cases", cases)
		}
	})
}

// lengthOf is how many calls a run has that nobody kills.
func lengthOf(t *testing.T, store Store, s start) int {
	t.Helper()
	w := newWorld()
	w.maintenance = s.wasOn
	var f fate
	if err := process(t.Context(), w, store, &f, func() { w.disturb(s) }); err != nil {
		t.Fatal(err)
	}
	w.want(t, s.wasOn, s.expect())
	return f.calls
}

// disturb is somebody's own scaling.
func (w *world) disturb(s start) {
	if s.foreign > 0 {
		w.formation["worker"] = s.foreign
	}
}

func killedAt(t *testing.T, store Store, s start, first fate, next string) (cases int) {
	t.Helper()
	for second := 1; ; second++ {
		w := newWorld()
		w.maintenance = s.wasOn
		f := first
		_ = process(t.Context(), w, store, &f, func() {})
		w.disturb(s)
		f = fate{}
		if next == "killed settle" || next == "killed run" {
			f = fate{nth: (second + 1) / 2, after: second%2 == 0}
		}
		if next == "run" || next == "killed run" {
			_ = process(t.Context(), w, store, &f, func() {})
		} else {
			_ = settled(t.Context(), w, store, &f)
		}
		if err := settled(t.Context(), w, store, &fate{}); err != nil {
			t.Error(err)
		}
		cases++
		w.want(t, s.wasOn, s.expect())
		if _, open, err := store.Maintenance(t.Context(), "shop"); open || err != nil {
			t.Errorf("an open period is left: %v", err)
		}
		if t.Failed() {
			t.Fatalf("%+v, killed at %+v, then %s at %d", s, first, next, second)
		}
		if f.nth == 0 || f.calls < f.nth {
			return cases
		}
	}
}

// TestFaultAnywhere lets each call fail once, before and after it took effect:
// the run gives up and leaves, and if it cannot, the next process does.
func TestFaultAnywhere(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, store Store) {
		for _, s := range []start{{}, {wasOn: true}, {foreign: 5}} {
			length := lengthOf(t, store, s)
			for nth := range length {
				for _, after := range []bool{false, true} {
					w := newWorld()
					w.maintenance = s.wasOn
					f := fate{nth: nth + 1, after: after, once: true}
					err := process(t.Context(), w, store, &f, func() { w.disturb(s) })
					open := false
					if _, open, _ = store.Maintenance(t.Context(), "shop"); open && err == nil {
						t.Error("the run says it ended well, and left an open period")
					}
					if err := settled(t.Context(), w, store, &fate{}); err != nil {
						t.Error(err)
					}
					if maps.Equal(w.formation, newWorld().formation) { // it did not come to the work
						w.disturb(s)
					}
					w.want(t, s.wasOn, s.expect())
					if t.Failed() {
						t.Fatalf("%+v, %+v: %v", s, f, err)
					}
				}
			}
		}
	})
}
