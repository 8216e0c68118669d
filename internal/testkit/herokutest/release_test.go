package herokutest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// held is a release command that says so, and ends with the status that it
// reads from the pipe named gate.
const held = `echo holding; read -r status < gate; exit "$status"`

// gated builds an app whose release command waits for open.
func gated(t *testing.T, app *App, processes map[string]string) (built *Artifact, open func(status string)) {
	t.Helper()
	dir := t.TempDir()
	gate := filepath.Join(dir, "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	processes["release"] = held
	built, err := app.Build(Build{Dir: dir, Procfile: processes})
	if err != nil {
		t.Fatal(err)
	}
	return built, func(status string) {
		t.Helper()
		if err := os.WriteFile(gate, []byte(status+"\n"), 0); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReleaseCommand(t *testing.T) {
	t.Parallel()
	tests := []struct{ exit, status string }{{"0", Succeeded}, {"3", Failed}}
	for _, test := range tests {
		t.Run(test.status, func(t *testing.T) {
			t.Parallel()
			p := start(t, Config{})
			app, api := create(t, p, AppConfig{})
			old := deploy(t, app, build(t, app, map[string]string{"web": web}))
			built, open := gated(t, app, map[string]string{"web": web})
			r, err := app.Deploy(built)
			if err != nil {
				t.Fatal(err)
			}
			await(t, app, func(s State) bool { return s.Running("release", r.Version) == 1 })
			pending, err := api.ReleaseInfo(limit(t), "shop", r.ID)
			if err != nil || pending.Status != Pending || pending.Current {
				t.Errorf("while the command runs: %+v, %v", pending, err)
			}
			dynos, err := api.DynoList(limit(t), "shop", nil)
			if err != nil || len(dynos) != 2 {
				t.Errorf("while the command runs: %+v, %v", dynos, err)
			}
			open(test.exit)
			wantStatus(t, r, test.status)
			if r.Output() != "holding\n" {
				t.Errorf("output %q", r.Output())
			}
			want := old.Version
			if test.status == Succeeded {
				want = r.Version
			}
			s := await(t, app, State.RolledOut)
			if s.Current().Version != want || s.Running(webType, want) != 1 {
				t.Errorf("current is v%d, want v%d: %+v", s.Current().Version, want, s.Dynos)
			}
		})
	}
}

// TestReleaseStopped stops a release command whose shell has a child and one
// that left its process group: SIGTERM reaches all, and none is left.
func TestReleaseStopped(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, _ := create(t, p, AppConfig{})
	dir := t.TempDir()
	writeFile(t, dir, "member", `trap 'echo "$1 terminated"; exit 0' TERM
echo "$1 ready"
while :; do read -r _ < never; done`)
	if err := syscall.Mkfifo(filepath.Join(dir, "never"), 0o600); err != nil {
		t.Fatal(err)
	}
	built, err := app.Build(Build{Dir: dir, Procfile: map[string]string{
		"release": "bash member child & setsid bash member stray & trap '' TERM; wait; wait; wait; sleep 1000",
	}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := app.Deploy(built)
	if err != nil {
		t.Fatal(err)
	}
	r.awaitOutput(t, "child ready", "stray ready")
	s := app.State()
	r.Stop()
	wantStatus(t, r, Failed)
	for _, want := range []string{"child terminated", "stray terminated"} {
		if !strings.Contains(r.Output(), want) {
			t.Errorf("no %q in %q", want, r.Output())
		}
	}
	if r.ExitStatus() != 128+int(syscall.SIGKILL) {
		t.Errorf("exit status %d: it ignores SIGTERM", r.ExitStatus())
	}
	if left := marked(markVariable + "=" + p.id + "/" + s.Dynos[0].ID); len(left) != 0 {
		t.Errorf("processes left: %v", left)
	}
}

// awaitOutput waits until the release command has printed all these.
func (r *Release) awaitOutput(t *testing.T, want ...string) {
	t.Helper()
	for _, text := range want {
		if err := r.AwaitOutput(limit(t), text); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReleaseKilled(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, _ := create(t, p, AppConfig{})
	built, _ := gated(t, app, map[string]string{"web": web})
	r, err := app.Deploy(built)
	if err != nil {
		t.Fatal(err)
	}
	r.awaitOutput(t, "holding")
	if err := r.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, r, Failed)
	if app.State().Current().Version != 1 || r.ExitStatus() != 128+int(syscall.SIGKILL) {
		t.Errorf("status %d, state %+v", r.ExitStatus(), app.State())
	}
	if err := r.Signal(syscall.SIGKILL); err != os.ErrProcessDone {
		t.Errorf("signal to a dead one: %v", err)
	}
}

// TestOverlap has two releases pending at once; the older one ends last.
func TestOverlap(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, _ := create(t, p, AppConfig{})
	first, openFirst := gated(t, app, map[string]string{"web": web})
	second, openSecond := gated(t, app, map[string]string{"web": web})
	older, err := app.Deploy(first)
	if err != nil {
		t.Fatal(err)
	}
	newer, err := app.Deploy(second)
	if err != nil {
		t.Fatal(err)
	}
	openSecond("0")
	wantStatus(t, newer, Succeeded)
	openFirst("0")
	wantStatus(t, older, Succeeded)
	if current := app.State().Current(); current.Version != newer.Version {
		t.Errorf("current is v%d", current.Version)
	}
}

// TestConfigRelease changes config vars: dynos see them when the release
// succeeds; they stay when it fails; add-ons run no release command.
func TestConfigRelease(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, _ := create(t, p, AppConfig{})
	built := build(t, app, map[string]string{"release": `echo "color $COLOR"; test "$COLOR" != red`})
	deploy(t, app, built)
	blue, err := app.SetConfig("COLOR", "blue")
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, blue, Succeeded)
	red, err := app.SetConfig("COLOR", "red")
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, red, Failed)
	if app.State().ConfigVars["COLOR"] != "red" || red.Output() != "color red\n" {
		t.Errorf("vars %v, output %q", app.State().ConfigVars, red.Output())
	}
	wantRun(t, app, `echo "$COLOR"`, "blue\n")
	addon, err := app.SetAddonConfig("URL", "x")
	if err != nil {
		t.Fatal(err)
	}
	if addon.Status() != Succeeded || addon.Output() != "" {
		t.Errorf("add-on's release: %s %q", addon.Status(), addon.Output())
	}
	wantRun(t, app, `echo "$COLOR $URL"`, "red x\n")
	back, err := app.Rollback(blue.Version)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, back, Succeeded)
	wantRun(t, app, `echo "$COLOR"`, "blue\n")
}

// wantRun runs a command in a one-off dyno.
func wantRun(t *testing.T, app *App, command, output string) {
	t.Helper()
	d, err := app.RunDyno(command)
	if err != nil {
		t.Fatal(err)
	}
	if status, err := d.Wait(limit(t)); err != nil || status != 0 || d.Output() != output {
		t.Errorf("%s: %q, status %d, %v; want %q", command, d.Output(), status, err, output)
	}
}

// TestExpired takes a slug away.
func TestExpired(t *testing.T) {
	t.Parallel()
	p := start(t, Config{})
	app, api := create(t, p, AppConfig{})
	built := build(t, app, map[string]string{})
	old := deploy(t, app, built)
	deploy(t, app, build(t, app, map[string]string{}))
	app.Expire(built)
	_, err := api.SlugInfo(limit(t), "shop", built.ID)
	wantError(t, err, 404, "not_found")
	info, err := api.ReleaseInfo(limit(t), "shop", old.ID)
	if err != nil || info.Status != Expired {
		t.Errorf("release %+v, %v", info, err)
	}
	if _, err := app.Rollback(old.Version); err == nil {
		t.Error("rolled back to an expired release")
	}
}
