package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// defaultGrace leaves two of the ten seconds in which a stopped run must have
// ended for what follows the runner; Heroku kills 30 s after SIGTERM.
const defaultGrace = 8 * time.Second

// Options are what a command runs with.
type Options struct {
	// Env is the child's whole environment, already redirected; nil is an
	// empty one, never migguard's own.
	Env []string
	// DatabaseURL is for the embedded runner only; see [Redirect.URL].
	DatabaseURL string
	// Stdin is handed to the child unless it is a terminal: a process group of
	// its own may not read one, and would stop for good at the first prompt.
	Stdin io.Reader
	// Stdout and Stderr that are files are handed over as they are, so nothing
	// is buffered and a terminal stays a terminal.
	Stdout, Stderr io.Writer
	// Signals are forwarded to the child and all its descendants in its
	// process group. SIGTERM, SIGINT, SIGHUP and SIGQUIT start the grace
	// period. Nil: none.
	Signals <-chan os.Signal
	// Grace is how long after the first such signal the group may still live
	// before it is killed; 0 means 8 seconds.
	Grace time.Duration
	// Logger may be nil.
	Logger *slog.Logger
}

// Exit is how a command ended.
type Exit struct {
	// Code is the exit status to pass on: the child's own; 128 and the number
	// of the signal that ended it; 127 for a command not found and 126 for one
	// that can't be executed, as shells have it.
	Code int
	// Signal is the signal that ended the command, 0 if none did.
	Signal syscall.Signal
}

// StartError says that a command could not be started. Status is the exit
// status a shell would give: 127 not found, 126 found but not executable.
type StartError struct {
	Program string
	Status  int
	Err     error
}

func (e *StartError) Error() string {
	what := "can't be executed"
	if e.Status == 127 {
		what = "not found"
	}
	return fmt.Sprintf("start %s: command %s: %v", e.Program, what, e.Err)
}

func (e *StartError) Unwrap() error { return e.Err }

// Run runs the command to its end. A command that ran and failed is no error:
// its status is in Exit, which is set in every case. Errors are [*StartError]
// and, from the embedded runner, [*MigrationError] and [*OwnerError].
// When ctx is cancelled the command gets SIGTERM and the grace period.
func (c Command) Run(ctx context.Context, opts Options) (Exit, error) {
	opts.Grace = cmp.Or(opts.Grace, defaultGrace)
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Embedded != nil {
		return c.Embedded.run(ctx, opts)
	}
	return c.exec(ctx, opts)
}

func (c Command) exec(ctx context.Context, opts Options) (Exit, error) {
	cmd, err := c.prepare(opts)
	if err != nil {
		return Exit{Code: 127}, err
	}
	// The kernel sends the parent-death signal when the thread that started
	// the child ends, not the process: keep the thread until the child is gone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		status := startStatus(err)
		return Exit{Code: status}, &StartError{cmd.Args[0], status, err}
	}
	p := process{group: cmd.Process.Pid, ended: make(chan error, 1), opts: opts}
	go func() { p.ended <- cmd.Wait() }()
	err = p.wait(ctx)
	var exitError *exec.ExitError
	if err != nil && !errors.As(err, &exitError) && !errors.Is(err, exec.ErrWaitDelay) {
		return Exit{Code: 1}, fmt.Errorf("wait for %s: %w", c.Name, err)
	}
	return exitOf(cmd.ProcessState), nil
}

func (c Command) prepare(opts Options) (*exec.Cmd, error) {
	args := c.Args
	if c.Shell {
		args = append([]string{"/bin/sh", "-c"}, c.Args...)
	}
	if len(args) == 0 || args[0] == "" {
		return nil, &StartError{"command", 127, errors.New("it is empty")}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append([]string{}, opts.Env...)
	cmd.Stdout, cmd.Stderr = opts.Stdout, opts.Stderr
	if !isTerminal(opts.Stdin) {
		cmd.Stdin = opts.Stdin
	}
	cmd.SysProcAttr = processAttributes()
	// A descendant that outlives the child may hold the pipes of writers that
	// are not files; don't wait for it for ever.
	cmd.WaitDelay = opts.Grace
	return cmd, nil
}

// isTerminal takes any character device for a terminal: of those, only
// /dev/null is a usual input, and a nil Stdin is the same.
func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}

// startStatus tells not found from not executable. A script whose interpreter
// is missing is "not found" too, as in sh.
func startStatus(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return 127
	}
	return 126
}

func exitOf(state *os.ProcessState) Exit {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return Exit{Code: 128 + int(status.Signal()), Signal: status.Signal()}
	}
	return Exit{Code: state.ExitCode()}
}
