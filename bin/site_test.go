package bin_test

import (
	"bytes"
	"context"
	"crypto/sha256"
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

// A site is one app's build: the buildpack, and the folders it is given.
type site struct {
	t                      *testing.T
	root                   string
	buildpack              string
	build, cache, env      string
	path, stack, sourceVer string
	patience               time.Duration
}

func newSite(t *testing.T) *site {
	t.Helper()
	root := t.TempDir()
	s := &site{
		t: t, root: root, buildpack: filepath.Join(root, "buildpack"),
		build: filepath.Join(root, "build"), cache: filepath.Join(root, "cache"), env: filepath.Join(root, "env"),
		path: toolbox, stack: "heroku-24", patience: patience,
		sourceVer: "0123456789abcdef0123456789abcdef01234567",
	}
	for _, dir := range []string{s.build, s.cache, s.env} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.copy("bin", "detect", "compile", "build", "release", "report", "lib", "runtime")
	s.copy(".", "../buildpack.toml")
	return s
}

// copy puts files and folders of this checkout into a folder of the buildpack.
func (s *site) copy(to string, names ...string) {
	s.t.Helper()
	to = filepath.Join(s.buildpack, to)
	if err := os.MkdirAll(to, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if out, err := exec.Command("cp", append([]string{"-R", "-t", to}, names...)...).CombinedOutput(); err != nil {
		s.t.Fatalf("cp %s: %v\n%s", names, err, out)
	}
}

// vendor puts a program into the buildpack, as "make dist" does.
func (s *site) vendor(content []byte) {
	s.t.Helper()
	s.write(filepath.Join(s.buildpack, "dist", fileName), string(content))
	s.write(filepath.Join(s.buildpack, "dist", "SHA256SUMS"), sum(content)+"  "+fileName+"\n")
}

// pin makes the buildpack download from base what has the checksum of content.
func (s *site) pin(base string, content []byte) {
	s.t.Helper()
	name := filepath.Join(s.buildpack, "buildpack.toml")
	text, pinned := read(s.t, name), "linux-"+runtime.GOARCH+` = "`
	for _, change := range [][2]string{{`base-url = "`, base}, {pinned, sum(content)}} {
		if !strings.Contains(text, change[0]+`"`) {
			s.t.Fatalf("buildpack.toml has no empty %s", change[0])
		}
		text = strings.Replace(text, change[0], change[0]+change[1], 1)
	}
	s.write(name, text)
}

// write makes a file of the app, or one with an absolute name, and the folders
// that it is in.
func (s *site) write(name, content string) {
	s.t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.build, name)
	}
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(content), 0o755)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func sum(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

// A result is what a script left.
type result struct {
	stdout, stderr string
	status         int
}

func (r result) String() string {
	return fmt.Sprintf("status %d\nstdout:\n%s\nstderr:\n%s", r.status, r.stdout, r.stderr)
}

// command prepares a script of the buildpack in Heroku's environment, with
// environ besides.
func (s *site) command(script string, args []string, environ ...string) *exec.Cmd {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), s.patience)
	s.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(s.buildpack, "bin", script), args...)
	cmd.Dir = "/"
	cmd.Env = append([]string{"HOME=" + s.root, "PATH=" + s.path, "STACK=" + s.stack}, environ...)
	return cmd
}

func (s *site) run(cmd *exec.Cmd) result {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// compile runs bin/compile, with a commit unless sourceVer is empty.
func (s *site) compile() result {
	s.t.Helper()
	return s.run(s.compileCommand())
}

func (s *site) compileCommand() *exec.Cmd {
	s.t.Helper()
	var environ []string
	if s.sourceVer != "" {
		environ = append(environ, "SOURCE_VERSION="+s.sourceVer)
	}
	return s.command("compile", []string{s.build, s.cache, s.env}, environ...)
}

// installed are the files that compile makes in a slug.
var installed = []string{".migguard/bin/migguard", ".migguard/build.json", ".migguard/contract.json", ".profile.d/migguard.sh"}

// wantFailure checks that a build failed, said each of words, and left nothing.
func (s *site) wantFailure(r result, words ...string) {
	s.t.Helper()
	if r.status == 0 {
		s.t.Errorf("the build succeeded:\n%s", r)
	}
	for _, word := range words {
		if !strings.Contains(r.stderr, word) {
			s.t.Errorf("stderr does not say %q:\n%s", word, r)
		}
	}
	for _, name := range installed {
		if exists(filepath.Join(s.build, name)) {
			s.t.Errorf("the build failed and left %s", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(s.build, ".migguard*"))
	for _, name := range left {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			s.t.Errorf("the build failed and left %s", name)
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) wantSuccess(r result) {
	s.t.Helper()
	if r.status != 0 {
		s.t.Fatalf("the build failed:\n%s", r)
	}
	for _, name := range installed {
		if !exists(filepath.Join(s.build, name)) && name != ".migguard/contract.json" { // a build may do without
			s.t.Errorf("%s is missing:\n%s", name, r)
		}
	}
}
