package bin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// withGo lets the site's builds use Go, with the caches of whoever runs the test,
// and the C compiler where Heroku has it.
func (s *site) withGo() (environ []string) {
	s.t.Helper()
	program, err := exec.LookPath("go")
	if err != nil {
		s.t.Fatal(err)
	}
	s.path = filepath.Dir(program) + ":" + s.path + ":/usr/bin:/bin"
	s.patience = 15 * time.Minute // the grammar's C code, where no cache has it yet
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			s.t.Fatal(err)
		}
		environ = append(environ, name+"="+strings.TrimSpace(string(value)))
	}
	return append(environ, "GOFLAGS=-mod=vendor") // an app's setting that is not for us
}

// TestBuildFromSource builds this checkout where nothing else is to be had but
// Go; the second build takes the program from the cache.
func TestBuildFromSource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.copy(".", "../go.mod", "../go.sum", "../cmd", "../internal")
	environ := s.withGo()
	for _, says := range []string{"Building from source with go1.", "made of this source"} {
		cmd := s.compileCommand()
		cmd.Env = append(cmd.Env, environ...)
		r := s.run(cmd)
		s.wantSuccess(r)
		if !strings.Contains(r.stdout, says) {
			t.Errorf("got %s, want %q", r, says)
		}
	}
	app := filepath.Join(s.root, "app")
	if err := os.Rename(s.build, app); err != nil {
		t.Fatal(err)
	}
	out, err := s.dyno(app, "release.1", ". .profile.d/migguard.sh; migguard version").CombinedOutput()
	if err != nil || string(out) != "migguard v0.1.0\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestSourceDoesNotBuild breaks the source.
func TestSourceDoesNotBuild(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.copy(".", "../go.mod", "../go.sum")
	s.write(filepath.Join(s.buildpack, "internal/x.go"), "package x\n")
	s.write(filepath.Join(s.buildpack, "cmd/migguard/main.go"), "package main\n\nfunc main() { undefined() }\n")
	environ := s.withGo()
	cmd := s.compileCommand()
	cmd.Env = append(cmd.Env, environ...)
	s.wantFailure(s.run(cmd), "undefined: undefined", "does not build from source")
}
