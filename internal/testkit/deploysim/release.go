package deploysim

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// MigrationsDir is the folder, relative to [Phase.Dir], that holds the
// scenario's migration files during the release phase.
const MigrationsDir = "migrations"

// refusedStatus is the exit status of migguard when it refuses a migration.
const refusedStatus = 77

// Phase is what a release command finds: the dyno's file system and
// environment.
type Phase struct {
	// Dir is the working directory, removed after the run.
	Dir string
	// URL is the app's database.
	URL string
	// Dynos are the process ids of the old dynos.
	Dynos []int
}

// Release is the release phase: it migrates and returns the exit status the
// platform would see. An error means that no status came about; the run ends
// with it.
type Release func(ctx context.Context, p Phase) (exit int, err error)

// Command is a release phase that runs argv as a process in [Phase.Dir] with
// DATABASE_URL set to the app's database. env has further NAME=value pairs.
// Both its outputs go to output. When ctx ends the process gets SIGTERM, ten
// seconds later SIGKILL.
func Command(output io.Writer, env []string, argv ...string) Release {
	return func(ctx context.Context, p Phase) (int, error) {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir = p.Dir
		cmd.Env = slices.Concat(withoutDatabase(os.Environ()), env, []string{"DATABASE_URL=" + p.URL})
		cmd.Stdout, cmd.Stderr = output, output
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 10 * time.Second
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) && ctx.Err() == nil {
			return shellStatus(exit), nil
		}
		return 0, err
	}
}

// withoutDatabase drops what could lead a runner to another database.
func withoutDatabase(env []string) []string {
	return slices.DeleteFunc(env, func(kv string) bool {
		return strings.HasPrefix(kv, "PG") || strings.HasPrefix(kv, "DATABASE_URL=")
	})
}

// shellStatus is the status a shell reports: 128 and the signal's number for a
// process that was killed.
func shellStatus(exit *exec.ExitError) int {
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return exit.ExitCode()
}
