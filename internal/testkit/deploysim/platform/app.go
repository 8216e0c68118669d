// Package platform plays the deploys of an app on the Platform API's emulator:
// its dynos are processes that use a database, its visitors ask the router, its
// release command and its profile script are migguard's own. What anybody of
// them noticed, and what is left when all is over, is what tests look at.
//
// The demo's deploys are package dynos'.
package platform

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Patience bounds each wait for something that is going to happen. A release
// and the rolling out of one consist of several.
const (
	Patience     = 2 * time.Minute
	longPatience = 4 * Patience
)

// Name is the app's.
const Name = "shop"

// Config is what an app is made of.
type Config struct {
	Buildpack Buildpack
	DB        *pgtest.DB
	// App has one web dyno and two workers if it does not say otherwise.
	App herokutest.AppConfig
	Log Log
	// BootTimeout is for web processes that take long; zero: the emulator's.
	BootTimeout time.Duration
}

// A Log gets what the app logs, and is asked for it again.
type Log interface {
	io.Writer
	fmt.Stringer
}

// An App is one on the platform with a database.
type App struct {
	*herokutest.App
	Platform *herokutest.Platform
	DB       *pgtest.DB
	Log      Log

	buildpack Buildpack
}

// New has no code yet. It ends with the test.
func New(t testing.TB, config Config) *App {
	t.Helper()
	a := &App{DB: config.DB, Log: config.Log, buildpack: config.Buildpack}
	t.Cleanup(func() { // after what ends the platform
		if t.Failed() {
			t.Log(a.told())
		}
	})
	// A drain so long is for a slow machine: nothing waits for it.
	a.Platform = herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t), Log: config.Log, Drain: 3 * time.Second, BootTimeout: config.BootTimeout})
	app := config.App
	app.Name = Name
	if app.Formation == nil {
		app.Formation = map[string]int{"web": 1, "worker": 2}
	}
	app.Features = append(app.Features, herokutest.DynoMetadata)
	app.ConfigVars = map[string]string{
		"DATABASE_URL": a.DB.URL, "HEROKU_API_URL": a.Platform.URL, "HEROKU_API_KEY": a.Platform.Token,
		"MIGGUARD_OVERLAP": "3s", // the API cuts times to the second
	}
	maps.Copy(app.ConfigVars, config.App.ConfigVars)
	var err error
	if a.App, err = a.Platform.CreateApp(app); err != nil {
		t.Fatal(err)
	}
	a.DB.Exec(t, "CREATE TABLE IF NOT EXISTS "+troubleTable+" (text text)")
	return a
}

// told is the app's log without the requests that went well.
func (a *App) told() string {
	var lines strings.Builder
	for line := range strings.Lines(a.Log.String()) {
		if !strings.Contains(line, "[router]: at=info") {
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// Push begins a release.
func (a *App) Push(t testing.TB, c Code) *herokutest.Release {
	t.Helper()
	return a.PushFolder(t, c, a.buildpack.Folder(t, c))
}

// PushFolder begins a release of a folder that [Buildpack.Folder] has made.
func (a *App) PushFolder(t testing.TB, c Code, folder string) *herokutest.Release {
	t.Helper()
	built, err := a.Build(herokutest.Build{Dir: folder, Procfile: c.procfile()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Deploy(built)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// RollOut deploys and waits until every dyno runs it.
func (a *App) RollOut(t testing.TB, c Code) *herokutest.Release {
	t.Helper()
	r := a.Push(t, c)
	a.Ends(t, r, herokutest.Succeeded)
	a.Becomes(t, "it is rolled out", herokutest.State.RolledOut)
	return r
}

// Ends waits for a release to end, and fails if it does not so as is wanted.
func (a *App) Ends(t testing.TB, r *herokutest.Release, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longPatience)
	defer cancel()
	status, err := r.Wait(ctx)
	if err != nil || status != want {
		t.Fatalf("v%d is %s, %v, want %s; it says:\n%s", r.Version, status, err, want, r.Output())
	}
}

// Becomes waits for a state of the app.
func (a *App) Becomes(t testing.TB, what string, cond func(herokutest.State) bool) herokutest.State {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longPatience)
	defer cancel()
	state, err := a.Await(ctx, cond)
	if err != nil {
		t.Fatalf("not within %v: %s; state: %+v", longPatience, what, state)
	}
	return state
}
