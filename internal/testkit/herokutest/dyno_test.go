package herokutest

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	heroku "github.com/heroku/heroku-go/v5"
)

// TestEnvironment looks at what a process is given.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		config   AppConfig
		has, not []string
	}{
		{"plain", AppConfig{}, nil, []string{"HEROKU_"}},
		{
			"metadata", AppConfig{Features: []string{DynoMetadata}},
			[]string{"HEROKU_APP_NAME=shop\n", "HEROKU_RELEASE_VERSION=v2\n", "HEROKU_SLUG_COMMIT=abcdef0123\n", "HEROKU_DYNO_ID=", "HEROKU_APP_ID=", "HEROKU_RELEASE_CREATED_AT=2"},
			[]string{"HEROKU_BUILD_COMMIT"},
		},
		{
			"fir", AppConfig{Features: []string{DynoMetadata, BuildMetadata}, Space: "inner", Fir: true},
			[]string{"HEROKU_APP_NAME=shop\n", "HEROKU_BUILD_COMMIT=abcdef0123\n", "DYNO=run-"},
			[]string{"HEROKU_DYNO_ID", "HEROKU_SLUG"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, Config{})
			test.config.ConfigVars = map[string]string{"A": "1"}
			app, _ := create(t, p, test.config)
			dir := t.TempDir()
			writeFile(t, dir, ".profile.d/one.sh", "export PROFILED=yes\n")
			writeFile(t, dir, "bin/tool", "#!/bin/sh\nenv; pwd\n")
			built, err := app.Build(Build{Dir: dir, Commit: "abcdef0123", Procfile: map[string]string{}})
			if err != nil {
				t.Fatal(err)
			}
			deploy(t, app, built)
			d, err := app.RunDyno("tool")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Wait(limit(t)); err != nil {
				t.Fatal(err)
			}
			env := d.Output()
			for _, want := range append(test.has, "A=1\n", "PROFILED=yes\n", "HOME="+dir+"\n", "PORT=2", "DYNO="+d.Name+"\n", "\n"+dir+"\n") {
				if !strings.Contains(env, want) {
					t.Errorf("no %q in:\n%s", want, env)
				}
			}
			for _, not := range test.not {
				if strings.Contains(env, not) {
					t.Errorf("%q in:\n%s", not, env)
				}
			}
		})
	}
}

// TestReplacement lets an old worker ignore SIGTERM: it drains unlisted beside
// the new one, and is killed.
func TestReplacement(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{Formation: map[string]int{"worker": 1}})
	stubborn := map[string]string{"worker": `trap '' TERM; echo ready > ready; exec sleep 1000`}
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "ready"), 0o600); err != nil {
		t.Fatal(err)
	}
	built, err := app.Build(Build{Dir: dir, Procfile: stubborn})
	if err != nil {
		t.Fatal(err)
	}
	old := deploy(t, app, built)
	wantRun(t, app, "cat ready", "ready\n") // its trap is set
	r, err := app.Deploy(build(t, app, map[string]string{"worker": worker}))
	if err != nil {
		t.Fatal(err)
	}
	both := await(t, app, func(s State) bool {
		return s.Running("worker", old.Version) == 1 && s.Running("worker", r.Version) == 1
	})
	for _, d := range both.Dynos {
		if d.Name != "worker.1" || d.Draining != (d.Release == old.Version) || d.Listed() == d.Draining {
			t.Errorf("%+v", d)
		}
	}
	await(t, app, State.RolledOut)
	dynos, err := api.DynoList(limit(t), "shop", nil)
	if err != nil || len(dynos) != 1 || dynos[0].Release.Version != r.Version {
		t.Errorf("dynos %+v, %v", dynos, err)
	}
}

// TestScale scales through the API, up and down to nothing.
func TestScale(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{})
	deploy(t, app, build(t, app, map[string]string{"worker": worker}))
	for _, quantity := range []int{3, 1, 0} {
		f, err := api.FormationUpdate(limit(t), "shop", "worker", heroku.FormationUpdateOpts{Quantity: &quantity})
		if err != nil || f.Quantity != quantity {
			t.Fatalf("%+v, %v", f, err)
		}
		s := await(t, app, func(s State) bool { return s.RolledOut() && len(s.Dynos) == quantity })
		if quantity == 1 && s.Dynos[0].Name != "worker.1" {
			t.Errorf("%s is left", s.Dynos[0].Name)
		}
	}
	_, err := api.FormationUpdate(limit(t), "shop", "worker", heroku.FormationUpdateOpts{Quantity: heroku.Int(-1)})
	wantError(t, err, 422, "invalid_params")
}

// TestCrash has a worker that always ends, and one that the test kills.
func TestCrash(t *testing.T) {
	t.Parallel()
	p := start(t, Config{Cooloff: 1})
	app, api := create(t, p, AppConfig{Formation: map[string]int{"worker": 1, "broken": 1}})
	r, err := app.Deploy(build(t, app, map[string]string{"worker": worker, "broken": "exit 1"}))
	if err != nil {
		t.Fatal(err)
	}
	is := func(s State, name, state string, restarts int) bool {
		for _, d := range s.Dynos {
			if d.Name == name && d.State == state && d.Restarts >= restarts {
				return true
			}
		}
		return false
	}
	await(t, app, func(s State) bool { return is(s, "broken.1", Crashed, 3) })
	s := await(t, app, func(s State) bool { return is(s, "worker.1", Up, 0) })
	for _, d := range s.Dynos {
		if d.Type == "worker" {
			if err := syscall.Kill(d.PID, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	await(t, app, func(s State) bool { return is(s, "worker.1", Crashed, 0) })
	await(t, app, func(s State) bool { return is(s, "worker.1", Up, 1) && s.Current().Version == r.Version })
	if _, err := api.DynoStop(limit(t), "shop", "broken.1"); err != nil {
		t.Fatal(err)
	}
	await(t, app, func(s State) bool { return is(s, "broken.1", Crashed, 0) })
}

// TestBootTimeout has a web dyno that does not listen.
func TestBootTimeout(t *testing.T) {
	t.Parallel()
	p := start(t, Config{BootTimeout: 1})
	app, _ := create(t, p, AppConfig{})
	if _, err := app.Deploy(build(t, app, map[string]string{"web": worker})); err != nil {
		t.Fatal(err)
	}
	await(t, app, func(s State) bool { return len(s.Dynos) == 1 && s.Dynos[0].State == Crashed })
	for _, s := range app.History() {
		for _, d := range s.Dynos {
			if d.State == Up {
				t.Fatalf("%+v", d)
			}
		}
	}
}

// TestOneOffThroughAPI makes a detached dyno, with an environment and a time to
// live.
func TestOneOffThroughAPI(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{})
	r := deploy(t, app, build(t, app, map[string]string{}))
	d, err := api.DynoCreate(limit(t), "shop", heroku.DynoCreateOpts{
		Command: `echo "$B" > result; exec sleep 1000`, Env: map[string]string{"B": "2"}, TimeToLive: heroku.Int(1),
	})
	if err != nil || d.Type != "run" || d.Release.Version != r.Version || !strings.HasPrefix(d.Name, "run.") {
		t.Fatalf("%+v, %v", d, err)
	}
	await(t, app, func(s State) bool { return len(s.Dynos) == 0 })
	wantRun(t, app, "cat result", "2\n")
}
