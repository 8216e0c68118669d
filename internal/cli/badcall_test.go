package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestBadCalls is what cannot be understood, or not be started: a line that
// says so, the exit status of the contract, nothing on stdout, and a database
// that was not touched.
func TestBadCalls(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE users (id int PRIMARY KEY)")
	before := wholeCatalog(t, db)
	goose := newSQL(t, "goose", "first")
	django := t.TempDir()
	writeFile(t, django, "manage.py", "")
	both := newRails(t, "first")
	addFiles(t, filepath.Join(both, "migrations"), "goose/first")
	for _, tt := range []struct {
		name  string
		args  []string
		dir   string
		code  int
		texts []string
	}{
		{"unknown command", []string{"migrate"}, goose, 64, []string{`"migrate" is no command`, "run"}},
		{"unknown flag", []string{"run", "--frce"}, goose, 64, []string{"frce", "migguard run --help"}},
		{"unknown flag of shims", []string{"shims", "--all"}, goose, 64, []string{"all", "migguard shims --help"}},
		{"unknown global flag", []string{"--frce", "run"}, goose, 64, []string{"frce", "migguard --help"}},
		{"flag after a word", []string{"run", "foo", "--format", "json"}, goose, 64, []string{`"foo" is not expected`, "run -- foo"}},
		{"word after a flag", []string{"run", "--format", "json", "foo"}, goose, 64, []string{`"foo" is not expected`, "run -- foo"}},
		{"no command", []string{"run", "--"}, goose, 64, []string{"no command after --"}},
		{"-- elsewhere", []string{"shims", "--", "true"}, goose, 64, []string{`"--"`, "migguard run"}},
		{"format", []string{"run", "--format", "xml"}, goose, 64, []string{`--format "xml"`, "text or json"}},
		{"format of shims", []string{"shims", "--format", "xml"}, goose, 64, []string{`--format "xml"`}},
		{"lock wait", []string{"run", "--lock-wait", "soon"}, goose, 64, []string{"lock-wait", "migguard run --help"}},
		{"negative lock wait", []string{"run", "--lock-wait", "-1s"}, goose, 64, []string{"negative"}},
		{"allow nothing", []string{"run", "--allow", "nonsense"}, goose, 64, []string{"--allow", "nonsense"}},
		{"allow unknown", []string{"run", "--allow", "bad-luck:users"}, goose, 64, []string{"--allow", "bad-luck"}},
		{"version of what", []string{"version", "2"}, goose, 64, []string{`"2" is not expected`}},
		{"nothing found", []string{"run"}, t.TempDir(), 64, []string{"no migration command found", "goose", "Rails", "migguard run -- COMMAND"}},
		{"nothing to plan", []string{"plan"}, t.TempDir(), 64, []string{"no migration command found", "rehearse it: migguard plan --rehearse URL -- COMMAND"}},
		{"nothing to plan for Django", []string{"plan"}, django, 64, []string{"none that is found by itself\nrehearse it: migguard plan --rehearse URL -- python manage.py migrate"}},
		{"two found", []string{"run"}, both, 64, []string{"more than one", "goose", "bin/rails db:migrate", "choose one"}},
		{"not found", []string{"run", "--", "no-such-program"}, goose, 127, []string{"no-such-program", "not found"}},
		{"not executable", []string{"run", "--", notExecutable(t)}, goose, 126, []string{"can't be executed"}},
		{"empty command", []string{"run", "--", ""}, goose, 127, []string{"not found"}},
		{"report in no folder", []string{"run", "--report", "no/such/folder/r.json"}, goose, 64, []string{"--report", "no such file"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := on(db.URL, tt.args...).in(tt.dir).run(t)
			r.expect(t, tt.code, append([]string{"migguard: "}, tt.texts...)...)
			if r.stdout != "" {
				t.Errorf("stdout: %s", r.stdout)
			}
		})
	}
	sameCatalog(t, before, appCatalog(t, db))
}

func notExecutable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "plain", "text\n")
	return filepath.Join(dir, "plain")
}

// TestAllowFromEnvironment: a bad variable is as bad as a bad flag.
func TestAllowFromEnvironment(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	on(db.URL, "run").in(newSQL(t, "goose", "first")).with("MIGGUARD_ALLOW=nonsense").run(t).
		expect(t, 64, "nonsense")
	if n := len(wholeCatalog(t, db)); n != 1 { // the schema public
		t.Errorf("%d objects in an untouched database", n)
	}
}

// TestNoTemporaryFilesStay looks into the folder for them after a run.
func TestNoTemporaryFilesStay(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	on(pgtest.New(t).URL, "run").in(newSQL(t, "goose", "first")).with("TMPDIR="+tmp).run(t).expect(t, 0)
	entries, err := os.ReadDir(tmp)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}
