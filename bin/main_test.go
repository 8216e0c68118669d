// The tests of this folder run the buildpack's scripts as Heroku does: with an
// environment of three variables, in folders of their own, and with no programs
// but those that Heroku's build images have. They look only at what a build log,
// a slug or a dyno shows.
package bin_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait for something that is going to happen.
const patience = time.Minute

// program is the file of the real migguard, built once; toolbox is a folder with
// links to what the scripts may use.
var program, toolbox string

// standIn answers as migguard does as far as a build asks it, and is short.
const standIn = "#!/bin/sh\ncase $1 in version) echo migguard v0.0.0-stand-in ;; scan) echo {} ;; *) exit 1 ;; esac\n"

// fileName is what the program for this machine is called in dist/ and on a
// server.
const fileName = "migguard-linux-" + runtime.GOARCH

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "migguard-bin-")
	if err == nil {
		defer os.RemoveAll(dir)
		program, toolbox = filepath.Join(dir, "migguard"), filepath.Join(dir, "toolbox")
		// Some tests run a build under another account.
		err = errors.Join(os.Chmod(dir, 0o755), link(toolbox), buildProgram(program))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// buildProgram links dynamically, which takes less time than the release binary's
// static link and makes no difference here.
func buildProgram(name string) error {
	cmd := exec.Command("go", "build", "-tags", "netgo,osusergo",
		"-ldflags", "-s -w -X github.com/migguard/migguard/internal/cli.version=v0.0.0-test",
		"-o", name, "../cmd/migguard")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build migguard: %w\n%s", err, out)
	}
	return nil
}

// link fills dir with links to programs that heroku/heroku:22-build and later
// have; jq and python are among what is left out.
func link(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, name := range strings.Fields(`awk bash cat chmod cp curl cut date dirname
		env find grep head mkdir mktemp mv od rm rmdir sed setsid sh sha256sum sort
		tail timeout tr uname xargs`) {
		path, err := exec.LookPath(name)
		if err != nil {
			return fmt.Errorf("look for what the scripts use: %w", err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
