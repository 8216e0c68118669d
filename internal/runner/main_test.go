package runner

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) {
	if line := os.Getenv(helperLine); line != "" {
		os.Exit(helper(line))
	}
	if len(os.Args) > 1 && os.Args[1] == trapArg {
		os.Exit(trap(os.Args[2], os.Args[3:]))
	}
	os.Exit(pgtest.Main(m))
}

// trapArg makes this test binary a program that says "ready", waits for a
// signal, says what it was told to, a line each, and ends with a status. What a
// shell traps can be lost: seen twice in dash, never found out why.
const trapArg = "wait-for-a-signal"

func trap(status string, says []string) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1)
	fmt.Println("ready")
	<-signals
	for _, line := range says {
		fmt.Println(line)
	}
	code, _ := strconv.Atoi(status)
	return code
}

// trapping is a shell's command for such a program.
func trapping(status int, says ...string) string {
	line := fmt.Sprintf("'%s' %s %d", os.Args[0], trapArg, status)
	for _, text := range says {
		line += " '" + text + "'"
	}
	return line
}

// helperLine names the variable that makes this test binary run a shell line
// with Command.Run, in place of migguard.
const helperLine = "RUNNER_TEST_HELPER_LINE"

func helper(line string) int {
	exit, err := Command{Shell: true, Args: []string{line}}.Run(context.Background(), Options{
		Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return exit.Code
}

// writeTree writes files, given by name and text, to a new folder.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
