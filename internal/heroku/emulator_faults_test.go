package heroku_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"

	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// TestEmulatedFaults lets each method meet each of the emulator's faults once.
func TestEmulatedFaults(t *testing.T) {
	t.Parallel()
	p := start(t)
	deployed(t, p, herokutest.AppConfig{Name: "shop"})
	client := connect(t, p, "shop")
	methods := []struct {
		name, method, path string
		call               func(context.Context) (any, error)
	}{
		{"App", "GET", "/apps/shop$", func(ctx context.Context) (any, error) { return client.App(ctx) }},
		{"Dynos", "GET", "/dynos$", func(ctx context.Context) (any, error) { return client.Dynos(ctx) }},
		{"Releases", "GET", "/releases$", func(ctx context.Context) (any, error) { return client.Releases(ctx, 2) }},
		{"Formation", "GET", "/formation$", func(ctx context.Context) (any, error) { return client.Formation(ctx) }},
		{"Preboot", "GET", "/features/preboot$", func(ctx context.Context) (any, error) { return client.Preboot(ctx) }},
		{"Feature", "GET", "/features/runtime", func(ctx context.Context) (any, error) {
			enabled, _, err := client.Feature(ctx, herokutest.DynoMetadata)
			return enabled, err
		}},
		{"SetMaintenance", "PATCH", "/apps/shop$", func(ctx context.Context) (any, error) {
			app, err := client.SetMaintenance(ctx, true)
			return app.Maintenance, err
		}},
		{"Scale", "PATCH", "/formation$", func(ctx context.Context) (any, error) {
			formation, err := client.Scale(ctx, map[string]int{"worker": 1})
			return quantity(formation, "worker"), err
		}},
		{"RateLimit", "GET", "/account/rate-limits$", func(ctx context.Context) (any, error) {
			remaining, err := client.RateLimit(ctx)
			return remaining > 0, err
		}},
	}
	// Twice, so that what the writing ones change is changed.
	right := map[string]any{}
	for range 2 {
		for _, m := range methods {
			value, err := m.call(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", m.name, err)
			}
			right[m.name] = value
		}
	}
	final := map[herokutest.Kind]int{
		herokutest.Unauthorized: 401, herokutest.Forbidden: 403, herokutest.NotFound: 404, herokutest.Invalid: 422,
	}
	for _, kind := range herokutest.Kinds() {
		var all sync.WaitGroup
		for _, m := range methods {
			all.Go(func() {
				fault := p.Fault(herokutest.Fault{Kind: kind, Method: m.method, Path: m.path})
				defer fault.Remove()
				got, err := m.call(t.Context())
				status := final[kind]
				if status == 404 && (m.name == "Preboot" || m.name == "Feature") {
					status = 0 // off
				}
				var apiErr *heroku.Error
				switch {
				case fault.Hits() != 1 && !(kind == herokutest.Stale && m.method == "PATCH"):
					t.Errorf("%s met %s %d times", m.name, kind, fault.Hits())
				case status == 0 && (err != nil || !reflect.DeepEqual(got, right[m.name])):
					t.Errorf("%s after %s: %+v, %v, want %+v", m.name, kind, got, err, right[m.name])
				case status != 0 && (!errors.As(err, &apiErr) || apiErr.Status != status || apiErr.ID == ""):
					t.Errorf("%s after %s: %v, want an *Error of status %d", m.name, kind, err, status)
				}
			})
			if kind == herokutest.NotFound {
				all.Wait() // Preboot and Feature read the app then, and would meet its fault
			}
		}
		all.Wait()
	}
	t.Logf("%d methods x %d emulated faults: %d calls", len(methods), len(herokutest.Kinds()), len(methods)*len(herokutest.Kinds()))
}
