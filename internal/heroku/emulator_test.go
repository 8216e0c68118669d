package heroku_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

func start(t *testing.T) *herokutest.Platform {
	t.Helper()
	return herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t), Log: t.Output()})
}

// deployed makes an app with a worker that runs the build.
func deployed(t *testing.T, p *herokutest.Platform, cfg herokutest.AppConfig) (*herokutest.App, *herokutest.Artifact) {
	t.Helper()
	cfg.Formation = map[string]int{"worker": 1}
	app, err := p.CreateApp(cfg)
	if err != nil {
		t.Fatal(err)
	}
	built, err := app.Build(herokutest.Build{Procfile: map[string]string{"worker": "exec sleep 1000"}})
	if err != nil {
		t.Fatal(err)
	}
	release, err := app.Deploy(built)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if status, err := release.Wait(ctx); err != nil || status != herokutest.Succeeded {
		t.Fatalf("deploy: %s, %v", status, err)
	}
	if _, err := app.Await(ctx, herokutest.State.RolledOut); err != nil {
		t.Fatal(err)
	}
	return app, built
}

func connect(t *testing.T, p *herokutest.Platform, app string) *heroku.Client {
	t.Helper()
	client, err := heroku.New(heroku.Config{
		Token: p.Token, BaseURL: p.URL, App: app,
		// Only the fault that hangs needs it to pass; who is slower than
		// this for another reason is asked again.
		CallTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestApp(t *testing.T) {
	t.Parallel()
	p := start(t)
	cedar, _ := deployed(t, p, herokutest.AppConfig{Name: "shop"})
	deployed(t, p, herokutest.AppConfig{Name: "forest", Space: "glade", Fir: true})
	deployed(t, p, herokutest.AppConfig{Name: "boxes", Stack: "container"})
	tests := []fleet.App{
		{Name: "shop", Stack: "heroku-24", WebURL: cedar.RouterURL + "/", ID: cedar.ID, Generation: "cedar"},
		{Name: "forest", Stack: "cnb", Space: "glade", Generation: "fir"},
		{Name: "boxes", Stack: "container", Generation: "cedar"},
	}
	for _, want := range tests {
		got, err := connect(t, p, want.Name).App(t.Context())
		if want.ID == "" {
			want.ID, want.WebURL = got.ID, got.WebURL
		}
		if err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	if got, err := connect(t, p, cedar.ID).App(t.Context()); err != nil || got.Name != "shop" {
		t.Errorf("by id: %+v, %v", got, err)
	}
	_, err := connect(t, p, "nowhere").Preboot(t.Context())
	if !heroku.IsNotFound(err) {
		t.Errorf("an app that is not there has preboot off: %v", err)
	}
}

// TestBuilds follows releases to what they run, of each kind.
func TestBuilds(t *testing.T) {
	t.Parallel()
	p := start(t)
	app, slug := deployed(t, p, herokutest.AppConfig{Name: "shop"})
	_, image := deployed(t, p, herokutest.AppConfig{Name: "forest", Space: "glade", Fir: true})
	deployed(t, p, herokutest.AppConfig{Name: "boxes", Stack: "container"})
	ctx := t.Context()
	for name, want := range map[string][2]string{"shop": {slug.ID, ""}, "forest": {"", image.ID}, "boxes": {"", ""}} {
		releases, err := connect(t, p, name).Releases(ctx, 1)
		if err != nil || len(releases) != 1 {
			t.Fatalf("%s: %+v, %v", name, releases, err)
		}
		if r := releases[0]; !r.Current || r.Status != fleet.ReleaseSucceeded || [2]string{r.Slug, r.Image} != want {
			t.Errorf("%s: %+v, want slug and image %v", name, r, want)
		}
	}
	client := connect(t, p, "shop")
	old := app.State().Current().Version
	newer, err := app.Build(herokutest.Build{Procfile: map[string]string{"worker": "exec sleep 1000"}})
	if err != nil {
		t.Fatal(err)
	}
	release, err := app.Deploy(newer)
	if err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := release.Wait(limited); err != nil {
		t.Fatal(err)
	}
	app.Expire(slug)
	all, err := client.Releases(ctx, 100)
	if at := slices.IndexFunc(all, func(r fleet.Release) bool { return r.Version == old }); at < 0 || all[at].Status != fleet.ReleaseExpired || all[at].Current {
		t.Errorf("expired: %+v", all)
	}
	if err != nil || !slices.IsSortedFunc(all, func(a, b fleet.Release) int { return b.Version - a.Version }) ||
		len(all) != len(app.State().Releases) {
		t.Errorf("releases: %+v, %v", all, err)
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	p := start(t)
	app, _ := deployed(t, p, herokutest.AppConfig{Name: "shop", Features: []string{herokutest.Preboot}})
	client, ctx := connect(t, p, "shop"), t.Context()
	for _, on := range []bool{true, true, false} {
		got, err := client.SetMaintenance(ctx, on)
		if err != nil || got.Maintenance != on || app.State().Maintenance != on {
			t.Errorf("maintenance %v: %+v, %v", on, got, err)
		}
	}
	for _, n := range []int{2, 0} {
		got, err := client.Scale(ctx, map[string]int{"worker": n})
		if err != nil || len(got) == 0 || quantity(got, "worker") != n {
			t.Errorf("worker=%d: %+v, %v", n, got, err)
		}
		got, err = client.Formation(ctx)
		if err != nil || quantity(got, "worker") != n {
			t.Errorf("formation: %+v, %v", got, err)
		}
	}
	if on, err := client.Preboot(ctx); err != nil || !on {
		t.Errorf("preboot: %v, %v", on, err)
	}
	if enabled, _, err := client.Feature(ctx, herokutest.DynoMetadata); err != nil || enabled {
		t.Errorf("metadata: %v, %v", enabled, err)
	}
	if remaining, err := client.RateLimit(ctx); err != nil || remaining < 4000 || client.Remaining() < 4000 {
		t.Errorf("rate limit: %d, %d, %v", remaining, client.Remaining(), err)
	}
}

func quantity(formation []fleet.Process, processType string) int {
	for _, process := range formation {
		if process.Type == processType {
			return process.Quantity
		}
	}
	return -1
}
