package bin_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// app makes a folder for one app that is looked at in the buildpack of s.
func (s *site) app(t *testing.T) *site {
	t.Helper()
	app := *s
	app.t, app.build = t, t.TempDir()
	return &app
}

// warnings returns what a build of the app warns of, without the rest of a build.
func (s *site) warnings() string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "bash", "-euo", "pipefail", "-c",
		`buildpack_dir=$1; . "$1/bin/lib/warnings.sh"; warn_of_unguarded "$2"`, "bash", s.buildpack, s.build)
	cmd.Env = []string{"PATH=" + toolbox}
	r := s.run(cmd)
	if r.status != 0 || r.stdout != "" {
		s.t.Errorf("warn_of_unguarded: %s", r)
	}
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, " !     ") {
			s.t.Errorf("not Heroku's format for warnings: %q", line)
		}
	}
	return r.stderr
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Release lines by what is to be said of them; "" is nothing.
var releaseLines = map[string]string{
	"migguard run":     "",
	"bin/migguard run": "",
	"migguard run --allow dropped-column:users.notes":        "",
	"migguard --app shop run -- bin/rails db:migrate":        "",
	"migguard run -- 'npx knex migrate:latest && node s.js'": "",
	"migguard run -- 'node pre.js && knex migrate:latest'":   "",
	`bash -c "migguard run"`:                                 "",
	"mkdir -p tmp || true; migguard run":                     "",
	"set -e; migguard run; echo done":                        "",
	"migguard run && bin/rails db:seed":                      "",
	"bin/rails db:migrate:status && migguard run":            "",
	"npm run release":                                        "",
	"./release.sh":                                           "",
	"sh tasks/release":                                       "",

	"bin/rails db:migrate":                    "does not run migguard",
	"python manage.py migrate":                "does not run migguard",
	"npm run migrate":                         "does not run migguard",
	"./unguarded.sh":                          "does not run migguard",
	"echo migguard run is off":                "does not run migguard",
	"my-migguard run":                         "does not run migguard",
	"bin/rails db:migrate && migguard run":    "also changes the database where migguard does not see it:\n !       bin/rails db:migrate\n",
	"migguard run; npx prisma migrate deploy": "also changes the database",

	"migguard run -- bin/rails db:drop db:create":      "loses data",
	"migguard run -- bin/rails db:reset":               "loses data",
	"migguard run -- php artisan migrate:fresh":        "loses data",
	"migguard run -- rake db:migrate:reset":            "loses data",
	"migguard run -- npx prisma db push":               "loses data",
	"migguard run -- prisma migrate reset --force":     "loses data",
	"migguard run -- prisma migrate dev --force-reset": "loses data",
	"migguard run -- ./lossy.sh":                       "loses data",

	"migguard run || true":            "ends well though migrations fail",
	"migguard run ||true":             "ends well though migrations fail",
	"migguard run ; true":             "ends well though migrations fail",
	"migguard run; exit 0":            "ends well though migrations fail",
	`bash -c "migguard run || :"`:     "ends well though migrations fail",
	"migguard run || echo failed":     "ends well though migrations fail",
	"migguard run; echo done":         "ends well though migrations fail",
	"migguard run 2>&1 | tee out.log": "ends well though migrations fail",
	"migguard run &":                  "ends well though migrations fail",
}

// TestReleaseLine has one warning for each line that needs one, and none for the
// others.
func TestReleaseLine(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	for line, want := range releaseLines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.write("Procfile", "# comment\r\nrelease: "+line+"\r\nweb: bin/server") // no line end
			s.write("package.json", `{"scripts": {"release": "migguard run -- knex migrate:latest", "migrate": "knex migrate:latest"}}`)
			s.write("release.sh", "migguard run\n")
			s.write("tasks/release", "#!/usr/bin/env bash\nrm -f x || true\n# rails db:drop is not what we want\nmigguard run\necho done\n")
			s.write("unguarded.sh", "# migguard run\nbin/rails db:migrate\n")
			s.write("lossy.sh", "bin/rails \\\n  db:drop\n")
			got := s.warnings()
			if (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if n := strings.Count(got, "Procfile: the release line"); want != "" && n != 1 {
				t.Errorf("%d warnings for one fault: %s", n, got)
			}
		})
	}
}

// TestNoReleaseLine in the Procfile, no Procfile, and Fir's other way.
func TestNoReleaseLine(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	tests := map[string]struct{ file, content, want string }{
		"Procfile":    {"Procfile", "web: bin/server\n#release: migguard run\n", "release: migguard run"},
		"none at all": {"README", "", "has no release line"},
		"empty":       {"Procfile", "release:\n", "has no release line"},
		"project":     {"project.toml", "[[com.heroku.phase.release]]\ncommand = \"migguard\"\nargs = [\"run\"]\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.write(test.file, test.content)
			if got := s.warnings(); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestStrangeFiles gives files that are not what their names say; the build
// neither fails nor speaks of them.
func TestStrangeFiles(t *testing.T) {
	t.Parallel()
	shared := newSite(t)
	contents := map[string]string{
		"empty": "", "null": "null", "cut": `{"scripts": {"build": "rails db`, "bytes": "\x00\xff\xfe{\"scripts\"", "brackets": "]]}}{[",
		"escapes": `{"scripts": {"build": "echo \"x\" \\ \u0000 \/"}}`,
	}
	for name, content := range contents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shared.app(t)
			s.procfile("web", "bin/server ./"+name+".sh / .. '' \" * $(x)")
			for _, file := range []string{"package.json", "app.json", "bin/start", name + ".sh"} {
				s.write(file, content)
			}
			if got := s.warnings(); got != "" {
				t.Errorf("warns: %q", got)
			}
		})
	}
}

// TestProcfileExample is what a new app starts from.
func TestProcfileExample(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vendor([]byte(standIn))
	s.write("Procfile", read(t, "../Procfile.example"))
	if r := s.compile(); r.status != 0 || r.stderr != "" {
		t.Errorf("it needs a warning: %s", r)
	}
}

// TestShellcheck keeps make's list of scripts complete: a script that it does not
// name is not checked.
func TestShellcheck(t *testing.T) {
	t.Parallel()
	list, err := exec.Command("make", "-s", "-n", "-C", "..", "lint").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"detect", "compile", "build", "release", "report"} {
		if !strings.Contains(string(list), filepath.Join("bin", name)) {
			t.Errorf("make lint does not check bin/%s", name)
		}
	}
}
