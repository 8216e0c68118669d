package maintenance

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
)

// An emulated app has two workers, real processes.
type emulated struct {
	*herokutest.Platform
	app *herokutest.App
	// patient waits for an answer as long as a loaded machine takes; hasty
	// gives up.
	patient, hasty *heroku.Client
}

func emulate(t *testing.T) emulated {
	t.Helper()
	dir := t.TempDir()
	platform := herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t), Tokens: 100_000})
	app, err := platform.CreateApp(herokutest.AppConfig{Name: "shop", Formation: map[string]int{"worker": 2}})
	if err != nil {
		t.Fatal(err)
	}
	built, err := app.Build(herokutest.Build{Dir: dir, Procfile: map[string]string{"worker": "exec sleep 1000"}})
	if err == nil {
		_, err = app.Deploy(built)
	}
	if err != nil {
		t.Fatal(err)
	}
	e := emulated{Platform: platform, app: app}
	e.patient, e.hasty = e.newClient(t, time.Minute), e.newClient(t, 2*time.Second)
	return e
}

// newClient gives up a call after so long, retries included.
func (e emulated) newClient(t *testing.T, after time.Duration) *heroku.Client {
	t.Helper()
	client, err := heroku.New(heroku.Config{
		Token: e.Token, BaseURL: e.URL, App: "shop", CallTimeout: after, RetryFor: after,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// machine has the real router, and a clock that waits for real, but not long.
func (e emulated) machine(client *heroku.Client, store Store) *Machine {
	return &Machine{Platform: client, Store: store, Types: []string{"worker"}, Clock: hurried{}}
}

// hurried is a hundred times faster than the system's clock.
type hurried struct{}

var hurriedStart = time.Now()

func (hurried) Now() time.Time { return hurriedStart.Add(100 * time.Since(hurriedStart)) }

func (hurried) Wait(ctx context.Context, d time.Duration) error {
	return systemClock{}.Wait(ctx, d/100)
}

// run is a run's course.
func (e emulated) run(ctx context.Context, client *heroku.Client, store Store, timeout time.Duration) error {
	m := e.machine(client, store)
	p, err := m.Enter(ctx, Request{By: "migguard run"})
	if err == nil {
		p, err = m.Drain(ctx, p, Conditions{Quiet: calm, Timeout: timeout})
	}
	if p.ID != 0 {
		_, leaveErr := m.Leave(ctx, p, End{Why: "over"})
		err = errors.Join(err, leaveErr)
	}
	return err
}

// settle is the next process, if there is anything left for it.
func (e emulated) settle(ctx context.Context, store Store) error {
	p, open, err := store.Maintenance(ctx, "shop")
	if err == nil && open {
		_, err = e.machine(e.patient, store).Leave(ctx, p, End{Why: "found open"})
	}
	return err
}

// lasting is how many calls a fault lasts. Those that the client tries again
// (after 200, 400 and 800 ms) last for one call of the machine's, the others
// also until the run has ended.
func lasting(kind herokutest.Kind) []int {
	switch kind {
	case herokutest.Unauthorized, herokutest.Forbidden, herokutest.NotFound, herokutest.Invalid:
		return []int{1, herokutest.Always}
	case herokutest.Hang, herokutest.Stale:
		return []int{1}
	}
	return []int{4}
}

// TestFaultsOfThePlatform lets each kind of fault begin at each call of a run.
func TestFaultsOfThePlatform(t *testing.T) {
	t.Parallel()
	var cases, failed atomic.Int64
	t.Run("kinds", func(t *testing.T) {
		for _, kind := range herokutest.Kinds() {
			t.Run(string(kind), func(t *testing.T) {
				t.Parallel()
				e := emulate(t)
				store := &Memory{}
				if err := e.run(t.Context(), e.patient, store, time.Hour); err != nil {
					t.Fatal(err)
				}
				for skip := range len(e.Calls()) {
					for _, times := range lasting(kind) {
						err := e.faulted(t, store, herokutest.Fault{Kind: kind, Skip: skip, Times: times})
						cases.Add(1)
						if err != nil {
							failed.Add(1)
						}
						if t.Failed() {
							t.Fatalf("at call %d, %d times: %v", skip+1, times, err)
						}
					}
				}
			})
		}
	})
	t.Logf("%d cases of %d kinds of fault, %d of them runs that failed", cases.Load(), len(herokutest.Kinds()), failed.Load())
}

// faulted is a run with a fault and the next process without.
func (e emulated) faulted(t *testing.T, store Store, f herokutest.Fault) error {
	t.Helper()
	fault := e.Fault(f)
	runErr := e.run(t.Context(), e.hasty, store, 10*time.Minute)
	fault.Remove()
	if f.Skip == 0 && fault.Hits() == 0 {
		t.Error("the fault was not met")
	}
	if err := e.settle(t.Context(), store); err != nil {
		t.Errorf("the next process: %v", err)
	}
	state := e.app.State()
	if state.Maintenance || quantity(state, "worker") != 2 {
		t.Errorf("maintenance is %s, workers %d", onOff(state.Maintenance), quantity(state, "worker"))
	}
	if _, open, _ := store.Maintenance(t.Context(), "shop"); open {
		t.Error("an open period is left")
	}
	return runErr
}

func quantity(state herokutest.State, dynoType string) int {
	for _, p := range state.Formation {
		if p.Type == dynoType {
			return p.Quantity
		}
	}
	return -1
}

// TestRouterAndDynos looks from outside while a run is at work: the router says
// 503, and no worker has a process.
func TestRouterAndDynos(t *testing.T) {
	t.Parallel()
	e := emulate(t)
	m := e.machine(e.patient, &Memory{})
	p := enter(t, m, Request{By: "migguard run"})
	p, err := m.Drain(t.Context(), p, Conditions{Timeout: time.Hour})
	if err != nil || p.State != ledger.StateWork {
		t.Fatalf("%+v, %v", p, err)
	}
	if status, err := probeHTTP(t.Context(), e.app.RouterURL+"/"); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("the router: %d, %v", status, err)
	}
	for _, d := range e.app.State().Dynos {
		if d.Type == "worker" && d.Listed() {
			t.Errorf("%s is there", d.Name)
		}
	}
	if _, err := m.Leave(t.Context(), p, End{}); err != nil {
		t.Fatal(err)
	}
	state, err := e.app.Await(t.Context(), func(s herokutest.State) bool { return len(s.Dynos) == 2 })
	if err != nil || state.Maintenance {
		t.Errorf("%+v, %v", state, err)
	}
}
