package herokutest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// stray is a worker with a child in its group, and one that has left it.
const stray = "sleep 1000 & setsid sleep 1000 & exec sleep 1000"

// TestClose closes a platform while a release command runs, dynos boot and
// crash: no process is left.
func TestClose(t *testing.T) {
	t.Parallel()
	p, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	app, _ := create(t, p, AppConfig{Formation: map[string]int{"worker": 2, "broken": 1}})
	deployed, err := app.Deploy(build(t, app, map[string]string{"web": worker, "worker": stray, "broken": "exit 1"}))
	if err != nil {
		t.Fatal(err)
	}
	held, _ := gated(t, app, map[string]string{"web": web})
	if _, err = app.Deploy(held); err != nil {
		t.Fatal(err)
	}
	await(t, app, func(s State) bool {
		return s.Running("worker", deployed.Version) == 2 && s.Running("release", 0) == 1
	})
	if len(marked(markVariable+"="+p.id)) == 0 {
		t.Error("no process is there to begin with")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if left := marked(markVariable + "=" + p.id); len(left) != 0 {
		t.Errorf("processes left: %v", left)
	}
	if _, err := app.Deploy(held); err == nil {
		t.Error("deployed on a closed platform")
	}
	if err := p.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// runEmulator is a process that starts a platform with dynos of a folder, and
// waits for its end.
func runEmulator(dir string) int {
	p, err := Start(Config{})
	if err == nil {
		var app *App
		app, err = p.CreateApp(AppConfig{Name: "shop", Formation: map[string]int{"worker": 2}})
		if err == nil {
			var built *Artifact
			// Who has descriptor 9 lives. Each worker says so when its two
			// children have it too.
			built, err = app.Build(Build{Dir: dir, Procfile: map[string]string{
				"worker": "exec 9> alive; sleep 1000 & setsid sleep 1000 & echo ready >&9; exec sleep 1000",
			}})
			if err == nil {
				_, err = app.Deploy(built)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Scanln()
	return 1
}

// TestKilled kills the process of an emulator: its dynos end too.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "alive")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	emulator := exec.Command(os.Args[0])
	emulator.Env = append(os.Environ(), roleVariable+"=emulator "+dir)
	emulator.Stderr = t.Output()
	stdin, err := emulator.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := emulator.Start(); err != nil {
		t.Fatal(err)
	}
	alive, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if err := alive.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready\nready\n"))
	if _, err := io.ReadFull(alive, ready); err != nil {
		t.Fatal(err)
	}
	if err := emulator.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = emulator.Wait() // says that it was killed
	// The pipe ends when none of the six processes has it any more.
	if _, err := io.ReadAll(alive); err != nil {
		t.Error(err)
	}
}
