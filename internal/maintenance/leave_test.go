package maintenance

import (
	"context"
	"errors"
	"testing"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
)

// A failing platform does not do one of the things that it is asked for, or
// answers from before.
type failing struct {
	*world
	what  string
	stale []fleet.Process
}

var errFailing = errors.New("the API says no")

func (f failing) SetMaintenance(ctx context.Context, on bool) (fleet.App, error) {
	switch f.what {
	case "flag":
		return fleet.App{}, errFailing
	case "lie":
		return fleet.App{Name: "shop", Maintenance: !on}, nil
	}
	return f.world.SetMaintenance(ctx, on)
}

func (f failing) Scale(ctx context.Context, q map[string]int) ([]fleet.Process, error) {
	if f.what == "scale" {
		return nil, errFailing
	}
	return f.world.Scale(ctx, q)
}

func (f failing) Formation(ctx context.Context) ([]fleet.Process, error) {
	if f.what == "formation" {
		return nil, errFailing
	}
	if f.stale != nil {
		return f.stale, nil
	}
	return f.world.Formation(ctx)
}

// One half of Leave is done although the other fails, and a later one does the
// rest.
func TestLeaveDoesBothHalves(t *testing.T) {
	t.Parallel()
	stopped := map[string]int{"web": 2, "worker": 0, "clock": 0, "idle": 0}
	for what, after := range map[string]struct {
		on        bool
		formation map[string]int
	}{
		"flag": {true, newWorld().formation}, "lie": {true, newWorld().formation},
		"scale": {false, stopped}, "formation": {false, stopped},
	} {
		w := newWorld()
		m := newMachine(w, &Memory{})
		p := drained(t, m, enter(t, m, Request{By: "test"}))
		m.Platform = failing{world: w, what: what}
		p, err := m.Leave(t.Context(), p, End{Why: "done"})
		if err == nil || Restored(err) || p.State != ledger.StateLeaving {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
		w.want(t, after.on, after.formation)
		m.Platform = w
		if p, err = m.Leave(t.Context(), p, End{Why: "done"}); err != nil || p.Open() {
			t.Errorf("%s, again: %+v, %v", what, p, err)
		}
		w.want(t, false, newWorld().formation)
		if t.Failed() {
			t.Fatal(what)
		}
	}
}

// An answer from before the types were stopped does not make anybody believe
// that they run.
func TestLeaveOnStaleFormation(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := newMachine(w, &Memory{})
	p := drained(t, m, enter(t, m, Request{By: "test"}))
	m.Platform = failing{world: w, stale: processes(newWorld().formation)}
	if _, err := m.Leave(t.Context(), p, End{}); err != nil {
		t.Fatal(err)
	}
	w.want(t, false, newWorld().formation)
}

// A brokenStore is a ledger whose database has gone.
type brokenStore struct{ Store }

func (brokenStore) AdvanceMaintenance(context.Context, int64, func(*ledger.Period) error) (ledger.Period, error) {
	return ledger.Period{}, errFailing
}

func TestLeaveWithoutLedger(t *testing.T) {
	t.Parallel()
	w := newWorld()
	store := &Memory{}
	m := newMachine(w, store)
	p := drained(t, m, enter(t, m, Request{By: "test"}))
	m.Store = brokenStore{store}
	if _, err := m.Leave(t.Context(), p, End{Why: "done"}); !Restored(err) || !errors.Is(err, errFailing) {
		t.Errorf("Leave: %v", err)
	}
	w.want(t, false, newWorld().formation)
	m.Store = store
	if err := settled(t.Context(), w, store, &fate{}); err != nil {
		t.Error(err)
	}
	if _, open, _ := store.Maintenance(t.Context(), "shop"); open {
		t.Error("the period is open")
	}
}

// What a person turned on, too, survives the end of the run, and ends by hand.
func TestByHandStaysOn(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, store Store) {
		for _, first := range []string{"run", "hand"} {
			w := newWorld()
			run, hand := newMachine(w, store), newMachine(w, store)
			hand.Types = nil
			byHand := Request{By: "jane", Reason: "fire", ByHand: true}
			if first == "hand" {
				enter(t, hand, byHand)
			}
			p := drained(t, run, enter(t, run, Request{By: "migguard run", Version: "v7"}))
			if first == "run" {
				if is := enter(t, hand, byHand); is.State != ledger.StateWork || is.Version != "v7" {
					t.Errorf("the run's progress has changed: %+v", is)
				}
			}
			p, err := run.Leave(t.Context(), p, End{Why: "done"})
			if err != nil || p.State != ledger.StateOn || !p.ByHand || p.Reason != "fire" || p.Version != "" {
				t.Errorf("%s first: %+v, %v", first, p, err)
			}
			if !w.maintenance {
				t.Errorf("%s first: the end of the run has turned it off", first)
			}
			if p, err = hand.Leave(t.Context(), p, End{ByHand: true, Why: "jane"}); err != nil || p.Open() || p.Note != "jane" {
				t.Errorf("%s first, off: %+v, %v", first, p, err)
			}
			w.want(t, false, newWorld().formation)
		}
	})
}

// Off by hand is off, whatever was before.
func TestByHandTurnsOffWhatWasOn(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.maintenance = true
	m := newMachine(w, &Memory{})
	p := enter(t, m, Request{By: "jane", ByHand: true})
	if !p.WasOn {
		t.Error("was_on is not recorded")
	}
	if _, err := m.Leave(t.Context(), p, End{ByHand: true}); err != nil {
		t.Fatal(err)
	}
	w.want(t, false, newWorld().formation)
}

// A hooked platform lets something happen before maintenance is turned off.
type hooked struct {
	*world
	hook func()
}

func (h hooked) SetMaintenance(ctx context.Context, on bool) (fleet.App, error) {
	if !on {
		h.hook()
	}
	return h.world.SetMaintenance(ctx, on)
}

func TestUnknownType(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := newMachine(w, &Memory{})
	m.Types = []string{"wroker"}
	_, err := m.Enter(t.Context(), Request{By: "jane"})
	if !is[*UnknownTypeError](err) || err.Error() != `"wroker" is no process type of this app; there are: clock, idle, web, worker` {
		t.Error(err)
	}
	if _, open, _ := m.Store.Maintenance(t.Context(), "shop"); open || w.maintenance {
		t.Error("something was done")
	}
}
