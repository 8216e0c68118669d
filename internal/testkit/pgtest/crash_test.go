package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A victimProcess is this test binary run as a process that ends badly.
type victimProcess struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout io.Reader
	stderr bytes.Buffer
	server int    // pid
	dir    string // of the cluster
}

// startVictim starts a process that starts a server.
func startVictim(t *testing.T, how string, env ...string) *victimProcess {
	t.Helper()
	v := &victimProcess{cmd: exec.Command(os.Args[0])}
	v.cmd.Env = append(append(os.Environ(), victimVariable+"="+how), env...)
	v.cmd.Stderr = &v.stderr
	stdin, err := v.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	v.stdin, v.stdout = stdin, stdout
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.cmd.Process.Kill()
		v.cmd.Wait()
	})
	return v
}

// awaitServer returns when the victim's server runs.
func (v *victimProcess) awaitServer(t *testing.T) {
	t.Helper()
	if _, err := fmt.Fscan(v.stdout, &v.server, &v.dir); err != nil {
		v.cmd.Wait() // for the rest of stderr
		t.Fatalf("victim: %v\n%s", err, &v.stderr)
	}
	if !running(v.server) {
		t.Fatal("the server does not run")
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, how string
		end       func(*victimProcess) error
	}{
		{"panic", "panic", func(v *victimProcess) error { return v.stdin.Close() }},
		{"kill -9", "end", func(v *victimProcess) error { return v.cmd.Process.Kill() }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := startVictim(t, test.how)
			v.awaitServer(t)
			if err := test.end(v); err != nil {
				t.Fatal(err)
			}
			if err := v.cmd.Wait(); err == nil {
				t.Error("the victim ended well")
			}
			if test.how == "panic" && !strings.Contains(v.stderr.String(), "on purpose") {
				t.Errorf("the victim did not panic: %s", &v.stderr)
			}
			awaitGone(t, v)
		})
	}
}

// Two processes that start at the same time, with no template yet, must both
// get a server that lets them in.
func TestTwoProcessesBuildTheTemplate(t *testing.T) {
	t.Parallel()
	inst, err := install(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	cache := openTempDir(t)
	env := []string{"MIGGUARD_CACHE_DIR=" + cache, "MIGGUARD_PG_DIR=" + inst.BinDir}
	victims := []*victimProcess{startVictim(t, "end", env...), startVictim(t, "end", env...)}
	for _, v := range victims {
		v.awaitServer(t)
	}
	left, err := os.ReadDir(cache + "/clusters")
	if err != nil || len(left) != 1 {
		t.Errorf("want one template, got %v, %v", left, err)
	}
	for _, v := range victims {
		v.stdin.Close()
		awaitGone(t, v)
	}
}

// awaitGone waits until the victim's server and its folder are no more. The
// keeper of a dead process tells nobody, so the test has to ask.
func awaitGone(t *testing.T, v *victimProcess) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		_, err := os.Stat(v.dir)
		if !running(v.server) && errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: server %d runs: %t, its folder: %v",
				cleanupTimeout, v.server, running(v.server), err)
		}
	}
}

func running(pid int) bool {
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// openTempDir makes a folder that the account of the servers may use too.
func openTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "migguard-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}
