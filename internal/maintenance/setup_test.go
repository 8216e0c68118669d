package maintenance

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A world is an app as the Platform API shows it, where everything that is
// asked for is so at once.
type world struct {
	mu          sync.Mutex
	maintenance bool
	formation   map[string]int
	url         string
	dynos       []fleet.Dyno // nil: those of the formation
	asked       int          // times that the dynos were
	remaining   int
}

func newWorld() *world {
	return &world{formation: map[string]int{"web": 2, "worker": 2, "clock": 1, "idle": 0}, url: "https://shop.example", remaining: -1}
}

func (w *world) App(context.Context) (fleet.App, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fleet.App{Name: "shop", Maintenance: w.maintenance, WebURL: w.url}, nil
}

func (w *world) Dynos(context.Context) ([]fleet.Dyno, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.dynos != nil {
		return w.dynos, nil
	}
	var dynos []fleet.Dyno
	for t, n := range w.formation {
		for i := range n {
			dynos = append(dynos, fleet.Dyno{Name: t + "." + strconv.Itoa(i+1), Type: t, State: fleet.DynoUp})
		}
	}
	return dynos, nil
}

func (w *world) Formation(context.Context) ([]fleet.Process, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return processes(w.formation), nil
}

func processes(formation map[string]int) (all []fleet.Process) {
	for _, t := range slices.Sorted(maps.Keys(formation)) {
		all = append(all, fleet.Process{Type: t, Quantity: formation[t]})
	}
	return all
}

func (w *world) SetMaintenance(ctx context.Context, on bool) (fleet.App, error) {
	w.mu.Lock()
	w.maintenance = on
	w.mu.Unlock()
	return w.App(ctx)
}

func (w *world) Scale(ctx context.Context, quantities map[string]int) ([]fleet.Process, error) {
	w.mu.Lock()
	maps.Copy(w.formation, quantities)
	w.mu.Unlock()
	return w.Formation(ctx)
}

func (w *world) Remaining() int { return w.remaining }

// probe is the router.
func (w *world) probe(context.Context, string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.maintenance {
		return 503, nil
	}
	return 200, nil
}

// want compares what is to be as before.
func (w *world) want(t *testing.T, maintenance bool, formation map[string]int) {
	t.Helper()
	if w.maintenance != maintenance {
		t.Errorf("maintenance is %s, want %s", onOff(w.maintenance), onOff(maintenance))
	}
	if !maps.Equal(w.formation, formation) {
		t.Errorf("formation %v, want %v", w.formation, formation)
	}
}

// A testClock goes on only when somebody waits.
type testClock struct {
	mu     sync.Mutex
	now    time.Time
	onWait func(now time.Time)
}

func newClock() *testClock { return &testClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.now = c.now.Add(d)
	now := c.now
	c.mu.Unlock()
	if c.onWait != nil {
		c.onWait(now)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// newMachine is a machine that stops workers, clocks, and what is not there.
func newMachine(w *world, store Store) *Machine {
	return &Machine{
		Platform: w, Store: store, Clock: newClock(), Probe: w.probe,
		Types: []string{"worker", "clock", "idle"},
	}
}

// enter and drain are the steps for a test that needs them to succeed.
func enter(t *testing.T, m *Machine, req Request) ledger.Period {
	t.Helper()
	p, err := m.Enter(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func drained(t *testing.T, m *Machine, p ledger.Period) ledger.Period {
	t.Helper()
	p, err := m.Drain(t.Context(), p, Conditions{Quiet: calm})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func calm(context.Context) (Activity, error) { return Activity{}, nil }

// both runs a test with each kind of store.
func both(t *testing.T, f func(t *testing.T, store Store)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		f(t, &Memory{})
	})
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) { f(t, openLedger(t, db)) })
}

// openLedger is a ledger without the lock.
func openLedger(t *testing.T, db *pgtest.DB) *ledger.Ledger {
	t.Helper()
	for {
		cfg := db.Connect(t).Config()
		l, err := ledger.Open(t.Context(), cfg, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := l.Maintenance(t.Context(), "shop"); err == nil {
			t.Cleanup(func() { _ = l.Close() })
			return l
		}
		if err := errors.Join(l.Lock(t.Context(), 0, nil), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
