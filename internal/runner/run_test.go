package runner

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is a shell line that is running under Command.Run. Its standard input
// is a pipe that stays open and empty: reading it waits for ever.
type child struct {
	t       *testing.T
	signals chan os.Signal
	lines   *bufio.Reader
	ended   chan Exit
	cancel  context.CancelFunc
}

func startChild(t *testing.T, line string, grace time.Duration) *child {
	t.Helper()
	stdin, stdinWriter := pipe(t)
	stdout, stdoutWriter := pipe(t)
	t.Cleanup(func() { stdinWriter.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	c := &child{
		t: t, signals: make(chan os.Signal, 1), lines: bufio.NewReader(stdout),
		ended: make(chan Exit, 1), cancel: cancel,
	}
	if err := stdout.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		exit, err := Command{Shell: true, Args: []string{line}}.Run(ctx, Options{
			Env: os.Environ(), Stdin: stdin, Stdout: stdoutWriter,
			Signals: c.signals, Grace: grace,
		})
		if err != nil {
			t.Error(err)
		}
		stdoutWriter.Close()
		c.ended <- exit
	}()
	return c
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, w
}

// expect reads one line of the child's output.
func (c *child) expect(want string) {
	c.t.Helper()
	line, err := c.lines.ReadString('\n')
	if line != want+"\n" {
		c.t.Fatalf("got line %q (%v), want %q", line, err, want)
	}
}

// exits waits for the end, and for the end of every process that holds the
// child's output.
func (c *child) exits(want Exit) {
	c.t.Helper()
	if rest, err := io.ReadAll(c.lines); err != nil || len(rest) > 0 {
		c.t.Errorf("output goes on: %q, %v", rest, err)
	}
	if got := <-c.ended; got != want {
		c.t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRunPassesStatusThrough(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Exit{
		"true":              {},
		"exit 3":            {Code: 3},
		"exit 255":          {Code: 255},
		"kill -TERM $$":     {Code: 143, Signal: syscall.SIGTERM},
		"kill -KILL $$":     {Code: 137, Signal: syscall.SIGKILL},
		"no-such-command-x": {Code: 127}, // sh's own status, no error
	} {
		c := Command{Shell: true, Args: []string{line}}
		if got, err := c.Run(t.Context(), Options{Env: os.Environ()}); got != want || err != nil {
			t.Errorf("%s: got %+v, %v; want %+v", line, got, err, want)
		}
	}
}

func TestRunCannotStart(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, map[string]string{"plain": "x", "script": "#!/no/such/interpreter\n"})
	plain := filepath.Join(dir, "plain")
	if err := os.Chmod(plain, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   []string
		status int
	}{
		{[]string{"no-such-command-x"}, 127},
		{[]string{"./no/such/path"}, 127},
		{[]string{filepath.Join(dir, "script")}, 127},
		{[]string{plain}, 126},
		{[]string{dir}, 126},
		{nil, 127},
	} {
		exit, err := FromArgs(test.args).Run(t.Context(), Options{})
		var start *StartError
		if !errors.As(err, &start) || start.Status != test.status || exit.Code != test.status {
			t.Errorf("%q: got %+v, %v; want status %d", test.args, exit, err, test.status)
		}
	}
}

func TestRunDirAndEnv(t *testing.T) {
	t.Parallel()
	dir := writeTree(t, map[string]string{"bin/rails": "#!/bin/sh\necho \"$1 $A $PWD\"\n"})
	var out bytes.Buffer
	c := Command{Args: []string{"bin/rails", "db:migrate"}, Dir: dir}
	exit, err := c.Run(t.Context(), Options{Env: []string{"A=b"}, Stdout: &out})
	if err != nil || exit.Code != 0 || out.String() != "db:migrate b "+dir+"\n" {
		t.Errorf("got %+v, %v, %q", exit, err, out.String())
	}
}

func TestRunForwardsSignal(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		c := startChild(t, "exec "+trapping(3, "trapped"), time.Minute)
		c.expect("ready")
		c.signals <- sig
		c.expect("trapped")
		c.exits(Exit{Code: 3})
	}
}

func TestRunForwardsCancellation(t *testing.T) {
	t.Parallel()
	c := startChild(t, "exec "+trapping(3, "trapped"), time.Minute)
	c.expect("ready")
	c.cancel()
	c.expect("trapped")
	c.exits(Exit{Code: 3})
}

func TestRunSignalThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	c := startChild(t, "exec "+trapping(0, "trapped"), time.Nanosecond)
	c.expect("ready")
	c.signals <- syscall.SIGUSR1
	c.expect("trapped")
	c.exits(Exit{})
}

// The shell dies of the signal at once; its own child still has work to do and
// is waited for.
func TestRunSignalReachesGrandchild(t *testing.T) {
	t.Parallel()
	c := startChild(t, trapping(0, "rolling back", "done")+"; echo unreached", time.Minute)
	c.expect("ready")
	c.signals <- syscall.SIGTERM
	c.expect("rolling back")
	c.expect("done")
	c.exits(Exit{Code: 143, Signal: syscall.SIGTERM})
}

func TestRunKillsGroupAfterGrace(t *testing.T) {
	t.Parallel()
	c := startChild(t, `trap '' TERM; sh -c 'echo ready; read x'; read x`, 20*time.Millisecond)
	c.expect("ready")
	c.signals <- syscall.SIGTERM
	c.exits(Exit{Code: 137, Signal: syscall.SIGKILL})
}

// A grandchild that ignores the signal its parent died of is killed too.
func TestRunKillsOrphanAfterGrace(t *testing.T) {
	t.Parallel()
	c := startChild(t, `sh -c 'trap "" TERM; echo ready; read x'; true`, 20*time.Millisecond)
	c.expect("ready")
	c.signals <- syscall.SIGTERM
	c.exits(Exit{Code: 143, Signal: syscall.SIGTERM})
}

// Output arrives while the child still runs, and a writer that is no file gets
// all of it.
func TestRunStreams(t *testing.T) {
	t.Parallel()
	c := startChild(t, `echo now; read x`, time.Minute)
	c.expect("now")
	c.signals <- syscall.SIGTERM
	c.exits(Exit{Code: 143, Signal: syscall.SIGTERM})

	var out, errs bytes.Buffer
	long := Command{Shell: true, Args: []string{"yes | head -c 1000000; echo oops >&2"}}
	if _, err := long.Run(t.Context(), Options{Env: os.Environ(), Stdout: &out, Stderr: &errs}); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 1000000 || errs.String() != "oops\n" {
		t.Errorf("got %d bytes, %q", out.Len(), errs.String())
	}
}

func TestStartErrorText(t *testing.T) {
	t.Parallel()
	_, err := Command{Args: []string{"no-such-command-x"}}.Run(t.Context(), Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "start no-such-command-x: command not found: ") {
		t.Errorf("got %v", err)
	}
}
