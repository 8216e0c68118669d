package ledger

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// maintain opens a period of app "shop" with a ledger that has no lock.
func maintain(t *testing.T, db *pgtest.DB) (*Ledger, Period) {
	t.Helper()
	if err := locked(t, db.URL).Close(); err != nil {
		t.Fatal(err)
	}
	l := open(t, db.URL)
	p, opened, err := l.OpenMaintenance(t.Context(), Period{
		App: "shop", Version: "v7", By: "migguard run", Reason: "it\x00's \\ \"ü\"", WasOn: true,
		Formation: map[string]int{"web": 2, "worker": 3}, Stopped: []string{"worker"},
		Until: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	if err != nil || !opened {
		t.Fatal(opened, err)
	}
	return l, p
}

func to(state State) func(*Period) error {
	return func(p *Period) error { p.State = state; return nil }
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		l, p := maintain(t, db)
		if p.State != StateEntering || !p.Open() || !p.WasOn || p.Reason != "it\uFFFD's \\ \"ü\"" || p.OpenedAt.IsZero() ||
			!reflect.DeepEqual(p.Formation, map[string]int{"web": 2, "worker": 3}) || p.Until.Year() != 2030 {
			t.Errorf("opened %+v", p)
		}
		again, opened, err := l.OpenMaintenance(t.Context(), Period{App: "shop", By: "another"})
		if err != nil || opened || !reflect.DeepEqual(again, p) {
			t.Errorf("a second one: %+v, %t, %v", again, opened, err)
		}
		if _, opened, err := l.OpenMaintenance(t.Context(), Period{By: "x"}); err != nil || !opened {
			t.Errorf("of an unknown app: %t, %v", opened, err)
		}
		for _, state := range []State{StateOn, StateDraining, StateWork, StateEntering, StateOn, StateLeaving} {
			if p, err = l.AdvanceMaintenance(t.Context(), p.ID, to(state)); err != nil || p.State != state {
				t.Fatalf("to %s: %+v, %v", state, p, err)
			}
			if p.OnAt.IsZero() != (state == StateEntering && p.DrainedAt.IsZero()) {
				t.Errorf("%s: on at %v", state, p.OnAt)
			}
		}
		found, ok, err := l.Maintenance(t.Context(), "shop")
		if err != nil || !ok || !reflect.DeepEqual(found, p) {
			t.Errorf("found %+v, %t, %v; want %+v", found, ok, err, p)
		}
		p, err = l.AdvanceMaintenance(t.Context(), p.ID, func(p *Period) error {
			p.State, p.Note, p.ByHand, p.Stopped, p.Until = StateOff, "over", true, nil, time.Time{}
			return nil
		})
		if err != nil || p.Open() || p.ClosedAt.IsZero() || p.LeftAt.IsZero() || p.DrainedAt.IsZero() ||
			p.Note != "over" || len(p.Stopped) != 0 || !p.Until.IsZero() || !p.ByHand {
			t.Errorf("closed %+v, %v", p, err)
		}
		if _, ok, err := l.Maintenance(t.Context(), "shop"); ok || err != nil {
			t.Errorf("after the end: %t, %v", ok, err)
		}
		called := false
		_, err = l.AdvanceMaintenance(t.Context(), p.ID, func(*Period) error { called = true; return nil })
		if !errors.Is(err, ErrPeriodOver) || called {
			t.Errorf("advance after the end: %v, called %t", err, called)
		}
		if _, opened, err := l.OpenMaintenance(t.Context(), Period{App: "shop", By: "next"}); err != nil || !opened {
			t.Errorf("the next period: %t, %v", opened, err)
		}
		last, err := l.Maintenances(t.Context(), "shop", 5)
		if err != nil || len(last) != 2 || last[0].By != "next" || last[1].ID != p.ID {
			t.Errorf("the last periods: %+v, %v", last, err)
		}
	})
}

func TestAdvanceRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l, p := maintain(t, db)
	no := errors.New("no")
	is, err := l.AdvanceMaintenance(t.Context(), p.ID, func(p *Period) error { p.State = StateOff; return no })
	if !errors.Is(err, no) || is.State != StateEntering {
		t.Errorf("%+v, %v", is, err)
	}
	if got := db.Value(t, "select state from migguard.maintenance"); got != "entering" {
		t.Errorf("state %s", got)
	}
	if _, err := l.AdvanceMaintenance(t.Context(), 99, to(StateOn)); err == nil {
		t.Error("a period that never was advanced")
	}
}

// Many processes that want the same step: one does it.
func TestAdvanceIsCompareAndSet(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		_, p := maintain(t, db)
		const processes = 8
		var won atomic.Int64
		lost := errors.New("lost")
		errs := make(chan error, processes)
		for range processes {
			l := open(t, db.URL)
			go func() {
				_, err := l.AdvanceMaintenance(context.Background(), p.ID, func(p *Period) error {
					if p.State != StateEntering {
						return lost
					}
					p.State = StateOn
					return nil
				})
				if err == nil {
					won.Add(1)
				} else if errors.Is(err, lost) {
					err = nil
				}
				errs <- err
			}()
		}
		for range processes {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if won.Load() != 1 {
			t.Errorf("%d did it", won.Load())
		}
	})
}

// A break is committed with its migration or not at all, and neither the
// migration nor the emergency switch waits for the other.
func TestBreaks(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		run := locked(t, db.URL)
		id := begin(t, run, "b1")
		p, _, err := run.OpenMaintenance(t.Context(), Period{App: "shop", By: "migguard run", ReleaseID: id})
		if err != nil {
			t.Fatal(err)
		}
		url, role := loginRole(t, db, "app")
		if err := run.GrantTo(t.Context(), role[1:len(role)-1]); err != nil {
			t.Fatal(err)
		}
		migration := (&pgtest.DB{URL: url}).Connect(t)
		record := RecordBreakSQL(p.ID, id, "dropped-column", "public.it's", `n\otes`)
		exec := func(sql ...string) (err error) {
			for _, text := range sql {
				_, err = migration.Exec(t.Context(), text)
			}
			return err
		}
		hand := open(t, db.URL)
		wantBreaks := func(n int) {
			t.Helper()
			breaks, err := hand.Breaks(t.Context(), p.ID)
			if err != nil || len(breaks) != n {
				t.Fatalf("%d breaks, %v; want %d", len(breaks), err, n)
			}
			if n > 0 && (breaks[0].Column != `n\otes` || breaks[0].Relation != "public.it's" || breaks[0].ReleaseID != id ||
				breaks[0].Hazard != "dropped-column" || breaks[0].At.IsZero()) {
				t.Errorf("%+v", breaks[0])
			}
		}
		if err := exec("begin", record, "rollback"); err != nil {
			t.Fatal(err)
		}
		wantBreaks(0)
		if err := exec("begin", record); err != nil {
			t.Fatal(err)
		}
		for _, state := range []State{StateOn, StateLeaving, StateOff} {
			if _, err := hand.AdvanceMaintenance(t.Context(), p.ID, to(state)); err != nil {
				t.Fatalf("to %s while a migration runs: %v", state, err)
			}
		}
		if err := exec("commit"); err != nil {
			t.Fatal(err)
		}
		wantBreaks(1)
		err = exec("begin", record)
		if sqlState(err) != "55000" || !strings.Contains(err.Error(), "has been ended") {
			t.Errorf("a break under a maintenance that is over: %v", err)
		}
		_ = exec("rollback")
		finish(t, run, id, Failed)
	})
}

// A ledger that a newer migguard has not brought up to date has no
// maintenance, and reading does not change that.
func TestMaintenanceOfOldLedger(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := locked(t, db.URL).Close(); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, "drop function migguard.record_break, migguard.locate, migguard.is_restored, migguard.relocate, migguard.begin_restored", "drop table migguard.located, migguard.withheld, migguard.maintenance_break, migguard.maintenance, migguard.task, migguard.contract, migguard.seen_query, migguard.seen, migguard.deferred, migguard.boot, migguard.runner_path",
		"update migguard.schema_version set version = 1")
	old := open(t, db.URL)
	if _, _, err := old.Maintenance(t.Context(), "shop"); !errors.Is(err, ErrNoLedger) {
		t.Errorf("Maintenance: %v, want ErrNoLedger", err)
	}
	if _, err := old.Shims(t.Context()); err != nil {
		t.Errorf("Shims: %v", err)
	}
	if tasks, err := old.Owed(t.Context()); err != nil || tasks != nil {
		t.Errorf("Owed: %v, %v", tasks, err)
	}
	if err := old.CloseTask(t.Context(), 1, true, ""); !errors.Is(err, ErrNotOwed) {
		t.Errorf("CloseTask: %v", err)
	}
	if err := old.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	if _, found, err := old.Maintenance(t.Context(), "shop"); found || err != nil {
		t.Errorf("brought up to date: %t, %v", found, err)
	}
}
