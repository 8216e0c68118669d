package cli_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/herokutest/apischema"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A herokuApp is an emulated app with two workers.
type herokuApp struct {
	*herokutest.Platform
	app *herokutest.App
}

func newHerokuApp(t *testing.T) herokuApp {
	t.Helper()
	dir := t.TempDir()
	platform := herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t)})
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
	return herokuApp{platform, app}
}

// maintenance is the command with a token, on a laptop.
func (s herokuApp) maintenance(args ...string) call {
	return call{args: append([]string{"maintenance"}, args...), env: []string{
		"HEROKU_API_URL=" + s.URL, "HEROKU_API_KEY=" + s.Token, "HEROKU_APP_NAME=shop", "USER=jane",
	}}
}

// want compares the app.
func (s herokuApp) want(t *testing.T, maintenance bool, workers int) {
	t.Helper()
	state := s.app.State()
	got := -1
	for _, p := range state.Formation {
		if p.Type == "worker" {
			got = p.Quantity
		}
	}
	if state.Maintenance != maintenance || got != workers {
		t.Fatalf("maintenance %t, workers %d; want %t, %d", state.Maintenance, got, maintenance, workers)
	}
}

// A stage is an emulated app with a database whose releases a test makes step
// by step. Its dynos only sleep, and nothing settles by itself.
type stage struct {
	herokuApp
	db       *pgtest.DB
	dir      string
	contract string // when what builds have needed is dropped; "": by default
}

// newStage has two workers of v2, which migguard knows nothing about.
func newStage(t testing.TB, config herokutest.AppConfig) *stage {
	t.Helper()
	return newStageIn(t, pgtest.New(t), config)
}

// newStageIn is newStage with a database.
func newStageIn(t testing.TB, db *pgtest.DB, config herokutest.AppConfig) *stage {
	t.Helper()
	dir, log := t.TempDir(), newWatched()
	s := &stage{db: db, dir: dir}
	t.Cleanup(func() { // after what ends the platform
		if s.Platform != nil {
			searchLog(t, log, s.Platform, s.db)
		}
	})
	platform := herokutest.StartFor(t, herokutest.Config{Contract: apischema.For(t), Log: log})
	config.Name, config.Formation = "shop", map[string]int{"worker": 2}
	app, err := platform.CreateApp(config)
	if err != nil {
		t.Fatal(err)
	}
	s.herokuApp = herokuApp{platform, app}
	s.rollOut(t)
	return s
}

// rollOut makes the next release, without a release command.
func (s *stage) rollOut(t testing.TB) {
	t.Helper()
	built, err := s.app.Build(herokutest.Build{Dir: s.dir, Procfile: map[string]string{"worker": "exec sleep 1000"}})
	if err == nil {
		_, err = s.app.Deploy(built)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.app.Await(ctx, herokutest.State.RolledOut); err != nil {
		t.Fatal(err)
	}
}

// call has token, app and database.
func (s *stage) call(args ...string) call {
	c := s.maintenance().with("DATABASE_URL="+s.db.URL, "MIGGUARD_OVERLAP=1ns", "MIGGUARD_RETRY_FOR=3s", "MIGGUARD_CONTRACT_POLICY="+s.contract)
	c.args = args
	return c
}

// migrate is the release command of the next release, whose code is this build.
// The code before it counts as running, however long a slow machine took.
func (s *stage) migrate(t *testing.T, build, sql string, code int) {
	t.Helper()
	s.release(t, sql, "run", "--build", build).with("MIGGUARD_OVERLAP=1h").run(t).expect(t, code)
}

// release is a release command whose migration is this SQL.
func (s *stage) release(t *testing.T, sql string, args ...string) call {
	t.Helper()
	return s.call(append(args, "--", `psql "$DATABASE_URL" --no-psqlrc --quiet --command="`+sql+`"`)...).
		with(fmt.Sprintf("HEROKU_RELEASE_VERSION=v%d", len(s.app.State().Releases)+1))
}
