package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) {
	if line := os.Getenv(helperLine); line != "" {
		os.Exit(helper(line))
	}
	os.Exit(pgtest.Main(m))
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
