package herokutest

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// version is a build whose web dynos answer with a version.
func version(v string) map[string]string {
	return map[string]string{"web": "VERSION=" + v + " " + web, "worker": worker}
}

// TestRouter asks the app in all the states that matter.
func TestRouter(t *testing.T) {
	t.Parallel()
	var log lines
	p := start(t, Config{Log: &log})
	app, _ := create(t, p, AppConfig{Formation: map[string]int{"worker": 1}})
	want := func(status int, body, logged string) {
		t.Helper()
		gotStatus, gotBody := get(t, app)
		if gotStatus != status || !strings.Contains(gotBody, body) || !strings.Contains(log.String(), logged) {
			t.Errorf("status %d, body %q, want %d, %q; log without %q:\n%s", gotStatus, gotBody, status, body, logged, log.String())
		}
	}
	want(503, "Application Error", `code=H14 desc="No web processes running"`)
	r := deploy(t, app, build(t, app, version("one")))
	want(200, "web.1 one /path", `dyno=web.1 status=200`)
	app.SetMaintenance(true)
	want(503, "Application Error", `heroku[router]: at=info code=H80 desc="Maintenance mode" method=GET path="/path"`)
	if app.State().Running("worker", r.Version) != 1 {
		t.Error("maintenance mode has stopped the worker")
	}
	app.SetMaintenance(false)
	want(200, "web.1 one /path", "")
	if _, err := app.Deploy(build(t, app, version("two"))); err != nil {
		t.Fatal(err)
	}
	want(200, "web.1 two /path", "") // it has waited for the new dyno
	await(t, app, State.RolledOut)
	if _, err := app.Deploy(build(t, app, map[string]string{"web": "exit 1"})); err != nil {
		t.Fatal(err)
	}
	await(t, app, func(s State) bool { return len(s.Dynos) == 1 && s.Dynos[0].State == Crashed && s.Dynos[0].Restarts > 0 })
	want(503, "Application Error", `code=H10 desc="App crashed"`)
}

// TestPreboot releases with preboot on: requests reach the old dyno, which the
// API no longer lists, until the new one takes over. Workers change at once.
func TestPreboot(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"in time": 1, "ended": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testPreboot(t, delay)
		})
	}
}

func testPreboot(t *testing.T, delay time.Duration) {
	p := start(t, Config{PrebootDelay: delay, BootTimeout: patience})
	app, api := create(t, p, AppConfig{Features: []string{Preboot}, Formation: map[string]int{"worker": 1}})
	old := deploy(t, app, build(t, app, version("one")))
	began := app.State().At
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "gate"), 0o600); err != nil {
		t.Fatal(err)
	}
	processes := version("two")
	processes["web"] = "read -r _ < gate; " + processes["web"]
	built, err := app.Build(Build{Dir: dir, Procfile: processes})
	if err != nil {
		t.Fatal(err)
	}
	r, err := app.Deploy(built)
	if err != nil {
		t.Fatal(err)
	}
	window := await(t, app, func(s State) bool {
		return s.Running("web", r.Version) == 1 && s.Running("worker", r.Version) == 1 && s.Running("worker", old.Version) == 0
	})
	for _, d := range window.Dynos {
		isOld := d.Release == old.Version
		if d.Type == "web" && (d.Hidden != isOld || d.Serving != isOld || d.Draining) {
			t.Errorf("%+v", d)
		}
	}
	if status, body := get(t, app); status != 200 || !strings.Contains(body, "one") {
		t.Errorf("in the window: status %d, body %q", status, body)
	}
	dynos, err := api.DynoList(limit(t), "shop", nil)
	if err != nil || len(dynos) != 2 || dynos[0].Release.Version != r.Version || dynos[1].Release.Version != r.Version {
		t.Errorf("dynos %+v, %v", dynos, err)
	}
	if delay > patience {
		app.EndPreboot()
	}
	writeFile(t, dir, "gate", "\n")
	await(t, app, State.RolledOut)
	if status, body := get(t, app); status != 200 || !strings.Contains(body, "two") {
		t.Errorf("after the window: status %d, body %q", status, body)
	}
	for _, s := range app.History() {
		if s.At.Before(began) {
			continue
		}
		if !slices.ContainsFunc(s.Dynos, func(d DynoInfo) bool { return d.Serving && !d.Draining && d.State == Up }) {
			t.Errorf("no dyno serves: %+v", s.Dynos)
		}
	}
}

// TestRolling replaces eight dynos in a Private Space, two at a time.
func TestRolling(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, _ := create(t, p, AppConfig{Space: "inner", Formation: map[string]int{"worker": 8}})
	deploy(t, app, build(t, app, map[string]string{"worker": worker}))
	r := deploy(t, app, build(t, app, map[string]string{"worker": worker}))
	mixed := false
	for _, s := range app.History() {
		if s.Current().Version != r.Version {
			continue
		}
		old, starting := 0, 0
		for _, d := range s.Dynos {
			if d.Release != r.Version && !d.Draining {
				old++
			} else if d.Release == r.Version && d.State == Starting {
				starting++
			}
		}
		mixed = mixed || old > 0 && old < 8
		if starting > 2 {
			t.Errorf("%d start at once: %+v", starting, s.Dynos)
		}
	}
	if !mixed {
		t.Error("no mixture of releases was seen")
	}
}

// lines is a log that a test reads while it is written.
type lines struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.content.String()
}
