package maintenance

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/ledger"
)

func TestExpire(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := newMachine(w, &Memory{})
	clock := m.Clock.(*testClock)
	hour := func() Request {
		return Request{By: "jane", ByHand: true, Until: clock.Now().Add(time.Hour)}
	}
	p := enter(t, m, hour())
	if m.Due(p) {
		t.Error("due at once")
	}
	_ = clock.Wait(t.Context(), time.Hour)
	if !m.Due(p) {
		t.Error("not due when its time is up")
	}
	if p, err := m.Expire(t.Context(), p, "its time was up"); err != nil || p.Open() || p.Note != "its time was up" {
		t.Errorf("%+v, %v", p, err)
	}
	w.want(t, false, newWorld().formation)

	p = enter(t, m, hour())
	longer := enter(t, m, Request{By: "joe", ByHand: true}) // until it is turned off
	if is, err := m.Expire(t.Context(), p, "x"); err != nil || !is.Open() || !w.maintenance {
		t.Errorf("another end: %+v, %v", is, err)
	}
	if _, err := m.Leave(t.Context(), longer, End{ByHand: true}); err != nil {
		t.Fatal(err)
	}

	// A run's Leave ends what is due.
	p = enter(t, m, hour())
	_ = clock.Wait(t.Context(), time.Hour)
	if p, err := m.Leave(t.Context(), p, End{Why: "settled"}); err != nil || p.Open() {
		t.Errorf("%+v, %v", p, err)
	}
}

// Time that is up does not end the maintenance under which a run works: the run
// does.
func TestExpireDuringRun(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := newMachine(w, &Memory{})
	p := enter(t, m, Request{By: "jane", ByHand: true, Until: m.Clock.Now().Add(time.Hour)})
	run := drained(t, m, enter(t, m, Request{By: "migguard run", ReleaseID: 7, Version: "v7"}))
	is, err := m.Expire(t.Context(), p, "its time was up")
	var used *InUseError
	if !errors.As(err, &used) || is.ByHand || is.State != ledger.StateWork || !w.maintenance || !strings.Contains(err.Error(), "run 7 (v7)") {
		t.Errorf("%+v, %v", is, err)
	}
	if _, err := m.Leave(t.Context(), run, End{Why: "done"}); err != nil {
		t.Fatal(err)
	}
	w.want(t, false, newWorld().formation)
}

// Only the run that works under it ends it, or a person.
func TestLeaveOfAnotherRun(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := newMachine(w, &Memory{})
	old := enter(t, m, Request{By: "migguard run", ReleaseID: 1})
	enter(t, m, Request{By: "migguard run", ReleaseID: 2})
	if _, err := m.Leave(t.Context(), old, End{}); !is[*InUseError](err) || !w.maintenance {
		t.Errorf("Leave: %v", err)
	}
	if _, err := m.Leave(t.Context(), old, End{ByHand: true}); err != nil {
		t.Error(err)
	}
	w.want(t, false, newWorld().formation)
}

// A run that takes over while another process leaves has its maintenance, and
// stopped types, whatever that process did last.
func TestReopenedWhileLeaving(t *testing.T) {
	t.Parallel()
	w := newWorld()
	store := &Memory{}
	m, run := newMachine(w, store), newMachine(w, store)
	p := drained(t, m, enter(t, m, Request{By: "jane", ByHand: true}))
	m.Platform = hooked{w, func() { drained(t, run, enter(t, run, Request{By: "migguard run", ReleaseID: 2})) }}
	_, err := m.Leave(t.Context(), p, End{ByHand: true})
	if !is[*InUseError](err) {
		t.Errorf("Leave: %v", err)
	}
	w.want(t, true, map[string]int{"web": 2, "worker": 0, "clock": 0, "idle": 0})
	if err := settled(t.Context(), w, store, &fate{}); err != nil { // jane's: stays
		t.Fatal(err)
	}
	m.Platform = w
	p, _, _ = store.Maintenance(t.Context(), "shop")
	if _, err := m.Leave(t.Context(), p, End{ByHand: true}); err != nil {
		t.Error(err)
	}
	if !maps.Equal(w.formation, newWorld().formation) {
		t.Errorf("formation %v", w.formation)
	}
}
