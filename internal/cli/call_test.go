package cli_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/report"
)

// A call is one invocation of the program.
type call struct {
	args  []string
	dir   string   // the working folder; empty: an empty one
	env   []string // besides PATH, HOME and the like
	stdin io.Reader
}

// A result is what the invoker of the program gets.
type result struct {
	stdout, stderr string
	code           int // exit status; 128 and the signal's number when killed
}

// on is a call with a database and nothing else configured.
func on(url string, args ...string) call {
	return call{args: args, env: []string{"DATABASE_URL=" + url}}
}

func (c call) in(dir string) call { c.dir = dir; return c }

func (c call) with(env ...string) call {
	c.env = append(c.env[:len(c.env):len(c.env)], env...)
	return c
}

// run waits for the program's end. Nothing that the program writes may hold a
// secret that it was given, so that is checked here, for every test.
func (c call) run(t testing.TB) result {
	t.Helper()
	return c.start(t).wait(t)
}

// A started program.
type started struct {
	*exec.Cmd
	call           call
	stdout, stderr *watched
}

func (c call) start(t testing.TB) *started {
	t.Helper()
	if c.dir == "" {
		c.dir = t.TempDir()
	}
	s := &started{call: c, stdout: newWatched(), stderr: newWatched()}
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	s.Cmd = exec.CommandContext(ctx, program, c.args...)
	s.Dir, s.Stdin = c.dir, c.stdin
	s.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8", "TMPDIR=" + t.TempDir(),
		"GOTRACEBACK=all",
	}, c.env...)
	s.Stdout, s.Stderr = s.stdout, s.stderr
	s.Cancel = func() error { return s.Process.Signal(syscall.SIGABRT) } // shows where it hangs
	s.WaitDelay = patience                                               // for descendants that keep the pipes open
	c.searchLedger(t)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() && s.ProcessState == nil { // nobody waited for it
			cancel()
			_ = s.Wait()
			t.Logf("migguard %q had written:\n%s%s", c.args, s.stdout, s.stderr)
		}
	})
	return s
}

func (s *started) wait(t testing.TB) result {
	t.Helper()
	err := s.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, s.stderr)
	}
	r := result{stdout: s.stdout.String(), stderr: s.stderr.String(), code: s.ProcessState.ExitCode()}
	if w := s.ProcessState.Sys().(syscall.WaitStatus); w.Signaled() {
		r.code = 128 + int(w.Signal())
	}
	hides(t, "stdout", r.stdout, s.call.secrets()...)
	hides(t, "stderr", r.stderr, s.call.secrets()...)
	if strings.Contains(r.stderr, report.NotForetold) {
		t.Errorf("a lock was not foretold:\n%s", r.stderr)
	}
	hides(t, "the report", s.report(), s.call.secrets()...)
	return r
}

// report is what --report has been given, "" where that is no file.
func (s *started) report() string {
	at := slices.Index(s.call.args, "--report") + 1
	if at == 0 || at == len(s.call.args) {
		return ""
	}
	name := s.call.args[at]
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.Dir, name)
	}
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	text, _ := os.ReadFile(name)
	return string(text)
}

// expect fails unless the program ended so and said so, in this order.
func (r result) expect(t testing.TB, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit status %d, want %d", r.code, code)
	}
	rest := r.stderr
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			t.Errorf("stderr does not say %q (there)", text)
		}
		rest = after
	}
	if t.Failed() {
		t.Fatalf("stdout:\n%s\nstderr:\n%s", r.stdout, r.stderr)
	}
}
