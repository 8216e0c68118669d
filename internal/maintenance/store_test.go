package maintenance

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/ledger"
)

// The contract of every store, as far as the machine leans on it.
func TestStoreContract(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, store Store) {
		ctx := t.Context()
		given := ledger.Period{
			App: "shop", By: "jane", Reason: "why", ByHand: true, WasOn: true, Version: "v3",
			Formation: map[string]int{"worker": 2}, Until: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		if _, found, err := store.Maintenance(ctx, "shop"); found || err != nil {
			t.Fatal(found, err)
		}
		p, opened, err := store.OpenMaintenance(ctx, given)
		if err != nil || !opened || p.ID == 0 || p.State != ledger.StateEntering || p.OpenedAt.IsZero() || !p.OnAt.IsZero() {
			t.Fatalf("%+v, %t, %v", p, opened, err)
		}
		p.Formation["worker"] = 9 // the caller's copy
		again, opened, err := store.OpenMaintenance(ctx, ledger.Period{App: "shop", By: "x"})
		if err != nil || opened || again.ID != p.ID || again.By != "jane" || again.Formation["worker"] != 2 {
			t.Errorf("a second one: %+v, %t, %v", again, opened, err)
		}
		other, opened, err := store.OpenMaintenance(ctx, ledger.Period{App: "other", By: "x"})
		if err != nil || !opened || other.ID == p.ID {
			t.Errorf("another app's: %+v, %t, %v", other, opened, err)
		}
		no := errors.New("no")
		is, err := store.AdvanceMaintenance(ctx, p.ID, func(p *ledger.Period) error {
			p.State, p.Formation["worker"] = ledger.StateWork, 7
			return no
		})
		if !errors.Is(err, no) || is.State != ledger.StateEntering {
			t.Errorf("refused: %+v, %v", is, err)
		}
		if is, _, _ = store.Maintenance(ctx, "shop"); is.Formation["worker"] != 2 {
			t.Errorf("a refused step has changed it: %+v", is)
		}
		for _, state := range []ledger.State{ledger.StateOn, ledger.StateDraining, ledger.StateWork, ledger.StateLeaving, ledger.StateOff} {
			if is, err = store.AdvanceMaintenance(ctx, p.ID, func(p *ledger.Period) error {
				p.State, p.Note, p.Stopped = state, string(state), []string{"worker"}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if is.Open() || is.Note != "off" || !slices.Equal(is.Stopped, []string{"worker"}) || !maps.Equal(is.Formation, given.Formation) ||
			!is.Until.Equal(given.Until) || !is.WasOn || !is.ByHand || is.Version != "v3" || is.Reason != "why" {
			t.Errorf("at the end: %+v", is)
		}
		for what, at := range map[string]time.Time{"on": is.OnAt, "drained": is.DrainedAt, "left": is.LeftAt, "closed": is.ClosedAt} {
			if at.IsZero() {
				t.Errorf("the time it was %s is not recorded", what)
			}
		}
		over, err := store.AdvanceMaintenance(ctx, p.ID, func(*ledger.Period) error { return nil })
		if !errors.Is(err, ledger.ErrPeriodOver) || over.Note != "off" {
			t.Errorf("after the end: %+v, %v", over, err)
		}
		next, opened, err := store.OpenMaintenance(ctx, ledger.Period{App: "shop", By: "x"})
		if err != nil || !opened || next.ID == p.ID {
			t.Errorf("the next one: %+v, %t, %v", next, opened, err)
		}
		if breaks, err := store.Breaks(ctx, p.ID); err != nil || len(breaks) != 0 {
			t.Errorf("breaks: %v, %v", breaks, err)
		}
	})
}
