// The tests of this package run the real binary on real databases and real
// migration runners, and look only at what a user or a database sees.
package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// patience bounds every wait for something that is going to happen.
const patience = platform.Patience

// program is the file of what is tested.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if role := os.Getenv(platform.RoleVariable); role != "" {
		return platform.DynoMain(role)
	}
	dir, err := os.MkdirTemp("", "migguard-cli-")
	if err == nil {
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "migguard")
		err = build(program)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return pgtest.Main(m)
}

// build links the program dynamically, which takes less time than the release
// binary's static link and makes no difference here.
func build(name string) error {
	cmd := exec.Command("go", "build", "-tags", "netgo,osusergo",
		"-ldflags", "-X github.com/migguard/migguard/internal/cli.version=v0.0.0-test",
		"-o", name, "../../cmd/migguard")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build migguard: %w\n%s", err, out)
	}
	return nil
}
