package maintenance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
)

// TestDrainWaits lets one condition come true at a known second, after the
// others, and looks when the work begins.
func TestDrainWaits(t *testing.T) {
	t.Parallel()
	const late = 30 * time.Second
	for name, tt := range map[string]struct {
		arrange    func(m *Machine, w *world, now func() time.Duration, c *Conditions)
		begin, end time.Duration // that work has to begin in
	}{
		"nothing to wait for": {func(m *Machine, w *world, _ func() time.Duration, c *Conditions) {
			w.url, c.Quiet, m.Types = "", nil, nil
		}, 0, 0},
		"all true at once": {func(*Machine, *world, func() time.Duration, *Conditions) {}, quietFor, quietFor + time.Second},
		"the router": {func(m *Machine, w *world, now func() time.Duration, _ *Conditions) {
			m.Probe = func(context.Context, string) (int, error) {
				if now() >= late {
					return 503, nil
				}
				return 200, nil
			}
		}, late + quietFor, late + quietFor + time.Second},
		"one of several routers": {func(m *Machine, w *world, now func() time.Duration, _ *Conditions) {
			times := 0
			m.Probe = func(context.Context, string) (int, error) {
				if times++; times%routerTimes == 0 && now() < late {
					return 200, nil
				}
				return 503, nil
			}
		}, late + quietFor, late + quietFor + time.Second},
		"the dynos": {func(m *Machine, w *world, now func() time.Duration, _ *Conditions) {
			w.dynos = []fleet.Dyno{{Name: "worker.1", Type: "worker"}, {Name: "web.1", Type: "web"}}
			m.Clock.(*testClock).onWait = func(time.Time) {
				if now() >= late {
					w.dynos = w.dynos[1:2:2]
					m.Clock.(*testClock).onWait = nil
				}
			}
		}, late, late + dynosEvery + quietFor + time.Second},
		"a query": {func(_ *Machine, _ *world, now func() time.Duration, c *Conditions) {
			c.Quiet = func(context.Context) (a Activity, err error) {
				if now() < late {
					a.Busy = []string{"pid 7"}
				}
				return a, nil
			}
		}, late + quietFor, late + quietFor + time.Second},
		"queries now and then": {func(_ *Machine, _ *world, now func() time.Duration, c *Conditions) {
			c.Quiet = func(context.Context) (a Activity, err error) {
				if now() < late && now()%time.Second == 0 {
					a.Busy = []string{"pid 7"}
				}
				return a, nil
			}
		}, late + quietFor - time.Second, late + quietFor + time.Second},
		"a database that does not answer": {func(_ *Machine, _ *world, now func() time.Duration, c *Conditions) {
			c.Quiet = func(context.Context) (Activity, error) {
				if now() < late {
					return Activity{}, errors.New("no answer")
				}
				return Activity{}, nil
			}
		}, late + quietFor, late + quietFor + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			m := newMachine(w, &Memory{})
			m.Types = []string{"worker"}
			p := enter(t, m, Request{By: "test"})
			begin := m.Clock.Now()
			now := func() time.Duration { return m.Clock.Now().Sub(begin) }
			c := Conditions{Quiet: calm}
			tt.arrange(m, w, now, &c)
			p, err := m.Drain(t.Context(), p, c)
			if err != nil || p.State != ledger.StateWork {
				t.Fatalf("%+v, %v", p, err)
			}
			if took := now(); took < tt.begin || took > tt.end {
				t.Errorf("work began after %v, want %v to %v", took, tt.begin, tt.end)
			}
		})
	}
}

// TestDrainGivesUp says which condition did not come true.
func TestDrainGivesUp(t *testing.T) {
	t.Parallel()
	for want, arrange := range map[string]func(*Machine, *world, *Conditions){
		"https://shop.example answers 200, not 503": func(m *Machine, _ *world, _ *Conditions) {
			m.Probe = func(context.Context, string) (int, error) { return 200, nil }
		},
		"https://shop.example does not answer (refused)": func(m *Machine, _ *world, _ *Conditions) {
			m.Probe = func(context.Context, string) (int, error) { return 0, errors.New("refused") }
		},
		"still there: worker.1": func(_ *Machine, w *world, _ *Conditions) {
			w.dynos = []fleet.Dyno{{Name: "worker.1", Type: "worker"}}
		},
		"the database is at work for pid 7": func(_ *Machine, _ *world, c *Conditions) {
			c.Quiet = func(context.Context) (Activity, error) { return Activity{Busy: []string{"pid 7"}}, nil }
		},
	} {
		for _, anyway := range []bool{false, true} {
			w := newWorld()
			m := newMachine(w, &Memory{})
			var said []string
			m.Progress = func(line string) { said = append(said, line) }
			c := Conditions{Quiet: calm, Timeout: time.Minute, Anyway: anyway}
			p := enter(t, m, Request{By: "test"})
			arrange(m, w, &c)
			begin := m.Clock.Now()
			p, err := m.Drain(t.Context(), p, c)
			if took := m.Clock.Now().Sub(begin); took != time.Minute {
				t.Errorf("%s: it took %v", want, took)
			}
			if !strings.Contains(strings.Join(said, "\n"), "still waiting: "+want) {
				t.Errorf("%s: said %q", want, said)
			}
			var late *DrainError
			switch {
			case anyway && (err != nil || p.State != ledger.StateWork || !strings.Contains(p.Note, want)):
				t.Errorf("%s, anyway: %+v, %v", want, p, err)
			case !anyway && (!errors.As(err, &late) || !slices.Equal(late.Why, []string{want}) || p.State != ledger.StateDraining):
				t.Errorf("%s: %+v, %v", want, p, err)
			}
		}
	}
}

// The account's requests are not spent on waiting.
func TestDrainSparesTheAPI(t *testing.T) {
	t.Parallel()
	for remaining, most := range map[int]int{-1: 31, 4500: 31, fewRequests - 1: 7} {
		w := newWorld()
		w.remaining, w.dynos = remaining, []fleet.Dyno{{Name: "worker.1", Type: "worker"}}
		m := newMachine(w, &Memory{})
		_, err := m.Drain(t.Context(), enter(t, m, Request{By: "test"}), Conditions{Timeout: time.Minute})
		if !is[*DrainError](err) {
			t.Fatal(err)
		}
		if w.asked > most || w.asked < most-2 {
			t.Errorf("%d remaining: the dynos were asked for %d times in a minute, want %d", remaining, w.asked, most)
		}
	}
}

func TestDrainIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld()
	m := newMachine(w, &Memory{})
	p := enter(t, m, Request{By: "test"})
	signal := errors.New("SIGTERM")
	ctx, cancel := context.WithCancelCause(t.Context())
	m.Probe = func(context.Context, string) (int, error) { cancel(signal); return 200, nil }
	p, err := m.Drain(ctx, p, Conditions{})
	if !errors.Is(err, signal) {
		t.Errorf("Drain: %v", err)
	}
	if _, err := m.Leave(ctx, p, End{Why: "interrupted"}); err != nil {
		t.Error(err)
	}
	w.want(t, false, newWorld().formation)
}

// Somebody presses the switch while a run drains, or before it begins to.
func TestTurnedOffWhileDraining(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, store Store) {
		w := newWorld()
		run, hand := newMachine(w, store), newMachine(w, store)
		off := func() {
			p, found, err := store.Maintenance(t.Context(), "shop")
			if err == nil && found {
				_, err = hand.Leave(t.Context(), p, End{ByHand: true, Why: "turned off by jane"})
			}
			if err != nil {
				t.Error(err)
			}
		}
		for _, when := range []string{"before", "while"} {
			p := enter(t, run, Request{By: "migguard run"})
			run.Probe = w.probe
			if when == "before" {
				off()
			} else {
				run.Probe = func(context.Context, string) (int, error) { off(); return 503, nil }
			}
			_, err := run.Drain(t.Context(), p, Conditions{})
			var over *OverError
			if !errors.As(err, &over) || when == "before" && !strings.Contains(err.Error(), "turned off by jane") {
				t.Errorf("%s: %v", when, err)
			}
			if _, err := run.Leave(t.Context(), p, End{Why: "x"}); err != nil {
				t.Error(err)
			}
			w.want(t, false, newWorld().formation)
		}
	})
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
