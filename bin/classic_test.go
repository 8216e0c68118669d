package bin_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	profile "github.com/migguard/migguard/bin/runtime"
)

// identity is build.json.
type identity struct {
	Build, Commit, Version string
	BuiltAt                time.Time `json:"built_at"`
}

func (s *site) identity(name string) identity {
	s.t.Helper()
	var id identity
	decoder := json.NewDecoder(strings.NewReader(read(s.t, name)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&id); err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return id
}

var logLine = regexp.MustCompile(`^(-----> | {7}\S)`)

// TestDeploys builds twice on each stack and runs what is in the slug.
func TestDeploys(t *testing.T) {
	t.Parallel()
	content := read(t, program)
	for _, stack := range []string{"heroku-22", "heroku-24", "heroku-26"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.stack = stack
			s.vendor([]byte(content))
			s.write("Procfile", "release: migguard run\nweb: bin/rails server\n")
			first := s.deploy()
			if err := os.RemoveAll(s.build); err != nil { // each build is given a fresh copy of the app
				t.Fatal(err)
			}
			s.write("Procfile", "release: migguard run\n")
			second := s.deploy()
			if first.Build == second.Build {
				t.Errorf("two builds have one id: %s", first.Build)
			}
			for _, id := range []identity{first, second} {
				if !regexp.MustCompile(`^0123456789ab-\d{8}T\d{6}Z-[0-9a-f]{6}$`).MatchString(id.Build) ||
					id.Commit != s.sourceVer || id.Version != "v0.0.0-test" || id.BuiltAt.IsZero() {
					t.Errorf("build.json: %+v", id)
				}
			}
			s.runSlug()
		})
	}
}

// deploy runs the scripts in Heroku's order.
func (s *site) deploy() identity {
	s.t.Helper()
	detected := s.run(s.command("detect", []string{s.build}))
	if detected.status != 0 || detected.stdout != "migguard\n" {
		s.t.Fatalf("detect: %s", detected)
	}
	compiled := s.compile()
	s.wantSuccess(compiled)
	if compiled.stderr != "" {
		s.t.Errorf("compile warns: %s", compiled.stderr)
	}
	for line := range strings.Lines(compiled.stdout) {
		if !logLine.MatchString(line) {
			s.t.Errorf("not Heroku's format: %q", line)
		}
	}
	id := s.identity(filepath.Join(s.build, ".migguard/build.json"))
	released := s.run(s.command("release", []string{s.build}))
	if released.status != 0 || released.stdout != "--- {}\n" {
		s.t.Errorf("release: %s", released)
	}
	reported := s.run(s.command("report", []string{s.build, s.cache, s.env}))
	want := "migguard_version: \"v0.0.0-test\"\nmigguard_build: \"" + id.Build + "\"\n"
	if reported.status != 0 || reported.stdout != want {
		s.t.Errorf("report: %s", reported)
	}
	return id
}

// runSlug moves the slug elsewhere, as it is /app in a dyno, and runs the release
// command's program there as bash finds it.
func (s *site) runSlug() {
	s.t.Helper()
	app := filepath.Join(s.root, "app")
	if err := os.Rename(s.build, app); err != nil {
		s.t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(app, ".profile.d/migguard.sh"))
	if err != nil || string(script) != profile.Script() {
		s.t.Errorf("the profile script differs from what dynos are played with: %v\n%s", err, script)
	}
	out, err := s.dyno(app, "release.1234", `for f in .profile.d/*.sh; do . "$f"; done; exec migguard version`).CombinedOutput()
	if err != nil || string(out) != "migguard v0.0.0-test\n" {
		s.t.Errorf("in the dyno: %v\n%s", err, out)
	}
}

// dyno prepares a bash in the slug at app. An empty name sets no DYNO.
func (s *site) dyno(app, name, script string) *exec.Cmd {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "bash", "-c", script)
	cmd.Dir = app
	cmd.Env = []string{"HOME=" + app, "PATH=" + toolbox}
	if name != "" {
		cmd.Env = append(cmd.Env, "DYNO="+name)
	}
	return cmd
}

// TestDetectNeedsAProgram asks on machines that no program is made for.
func TestDetectNeedsAProgram(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	tools := filepath.Join(s.root, "tools")
	s.write(filepath.Join(tools, "uname"), "#!/bin/sh\necho s390x\n")
	s.path = tools + ":" + s.path
	classic := s.run(s.command("detect", []string{s.build}))
	if classic.status != 1 || classic.stdout != "" || !strings.Contains(classic.stderr, " !     migguard has no program for s390x") {
		t.Errorf("classic: %s", classic)
	}
	cloud := s.run(s.command("detect", nil, "CNB_PLATFORM_DIR="+s.root, "CNB_BUILD_PLAN_PATH="+s.root+"/plan"))
	if cloud.status != 100 {
		t.Errorf("cloud native: %s", cloud)
	}
	s.wantFailure(s.compile(), "no program for s390x")
}

// TestSourceVersion gives commits that JSON or a shell would trip over.
func TestSourceVersion(t *testing.T) {
	t.Parallel()
	tests := []struct{ source, commit, prefix string }{
		{"", "", "unknown-"},
		{`"}`, "", "unknown-"},
		{"\n\t", "", "unknown-"},
		{"fédération-\xff", "fdration-", "fdration--"},
		{`abc", "x": "y`, "abcxy", "abcxy-"},
		{`$(touch pwned) \u0041`, "touchpwnedu0041", "touchpwnedu0-"},
		{strings.Repeat("f", 5000), strings.Repeat("f", 64), "ffffffffffff-"},
	}
	for _, test := range tests {
		t.Run(test.prefix, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.vendor([]byte(standIn))
			s.sourceVer = test.source
			s.wantSuccess(s.compile())
			id := s.identity(filepath.Join(s.build, ".migguard/build.json"))
			if id.Commit != test.commit || !strings.HasPrefix(id.Build, test.prefix) {
				t.Errorf("%q gives %+v", test.source, id)
			}
		})
	}
}

// TestSlugCannotBeWritten has every place in the slug taken or closed.
func TestSlugCannotBeWritten(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*site){
		".migguard is a file":           func(s *site) { s.write(".migguard", "") },
		".profile.d is a file":          func(s *site) { s.write(".profile.d", "") },
		"the script's name is a folder": func(s *site) { s.write(".profile.d/migguard.sh/x", "") },
		"the build folder is missing":   func(s *site) { s.build += "/missing" },
		"the build folder is read-only": func(s *site) { s.protect(s.build) },
		".profile.d is read-only":       func(s *site) { s.write(".profile.d/x.sh", ""); s.protect(s.build + "/.profile.d") },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.vendor([]byte(standIn))
			spoil(s)
			cmd := s.compileCommand()
			s.asAnyone(cmd)
			r := s.run(cmd)
			if exists(filepath.Join(s.build, ".profile.d/migguard.sh/x")) { // not the build's
				if err := os.RemoveAll(filepath.Join(s.build, ".profile.d")); err != nil {
					t.Fatal(err)
				}
			}
			s.wantFailure(r, "could not be installed into the slug", "Nothing of it is left there")
		})
	}
}

// TestReportOfAFailedBuild has nothing to say.
func TestReportOfAFailedBuild(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if r := s.run(s.command("report", []string{s.build, s.cache, s.env})); r.status != 0 || r.stdout != "" {
		t.Error(r)
	}
}

// TestArchitectures keeps the list of targets and the pins of buildpack.toml in
// step with each other.
func TestArchitectures(t *testing.T) {
	t.Parallel()
	text := read(t, "../buildpack.toml")
	for _, arch := range []string{"amd64", "arm64"} {
		if !strings.Contains(text, `arch = "`+arch+`"`) || !strings.Contains(text, "linux-"+arch+` = "`) {
			t.Errorf("buildpack.toml does not name %s twice", arch)
		}
	}
	if !strings.Contains(text, runtime.GOARCH) {
		t.Skipf("no buildpack for %s", runtime.GOARCH)
	}
}
