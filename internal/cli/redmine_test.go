package cli_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// redmineEnv is what Redmine wants beside its database. Debian's asks for a folder
// of an instance where it may write, which newRedmine makes.
var redmineEnv = []string{"RAILS_ENV=production", "SECRET_KEY_BASE=none"}

// newRedmine copies Debian's Redmine into a folder where it starts without being
// installed: with its gems from Debian's packages, its database from DATABASE_URL.
func newRedmine(t testing.TB) string {
	t.Helper()
	source, dir := pgtest.Application(t, "redmine"), t.TempDir()
	err := filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(source, path)
		switch {
		case err != nil:
			return err
		case name == "public" || name == "extra":
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o755)
		case !entry.Type().IsRegular(): // links to files of a system where it is installed
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, entry.Type().Perm()|0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
	gems, err := os.ReadFile("testdata/redmine/Gemfile")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "Gemfile", string(gems))
	for _, folder := range []string{"public/plugin_assets", "instances/default/tmp", "instances/default/log", "instances/default/files"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// redmineCommand is a command of Redmine's own, without migguard.
func redmineCommand(t testing.TB, dir, url string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bin/rails", args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8", "DATABASE_URL=" + url}, redmineEnv...)
	return cmd
}

// migrateRedmine migrates without migguard.
func migrateRedmine(t testing.TB, dir, url string, args ...string) {
	t.Helper()
	if out, err := redmineCommand(t, dir, url, append([]string{"db:migrate"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// runRedmine is "migguard run" of its migrations.
func runRedmine(dir, url string, args ...string) call {
	return on(url, append([]string{"run"}, args...)...).in(dir).with(redmineEnv...)
}

// TestRedmineHistory has the guard see each migration of ten years, in a database
// where no code runs: it makes the same schema, the same rows and the same
// db/schema.rb as without the guard, and nothing is refused or done otherwise.
func TestRedmineHistory(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		bare, guarded, plain := newRedmine(t), newRedmine(t), db.Server.NewDB(t)
		cmd := redmineCommand(t, bare, plain.URL, "db:migrate")
		began := time.Now()
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := runRedmine(guarded, db.URL, "--format", "json").run(t)
		took := time.Since(began)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("without migguard: %v\n%s", err, said.String())
		}
		r.expect(t, 0, "succeeded")
		statements := judgedStatements(t, r)
		for _, s := range statements {
			if s.Verdict != "allow" || len(s.Executed) > 0 {
				t.Errorf("%s: %s %q", s.Verdict, s.Text, s.Executed)
			}
		}
		if len(statements) < 400 {
			t.Errorf("the guard saw %d schema statements", len(statements))
		}
		sameHistory(t, plain, db)
		if want, got := readFile(t, bare, "db/schema.rb"), readFile(t, guarded, "db/schema.rb"); want != got {
			t.Errorf("db/schema.rb is\n%s\nand without migguard\n%s", got, want)
		}
		t.Logf("%s migrations, %d schema statements: %v", db.Value(t, "SELECT count(*) FROM schema_migrations"), len(statements), took.Round(time.Second/10))
	})
}

// A judgedStatement is one of the report.
type judgedStatement struct {
	Text, Verdict string
	Executed      []string
	Hazards       []struct{ ID, Relation, Column, Evidence string }
}

func judgedStatements(t *testing.T, r result) []judgedStatement {
	t.Helper()
	var report struct{ Statements []judgedStatement }
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		t.Fatalf("%v\n%s%s", err, r.stdout, r.stderr)
	}
	return report.Statements
}

func readFile(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sameHistory compares catalogs, and the rows that migrations have made, but the
// times and the password in them.
func sameHistory(t *testing.T, want, got *pgtest.DB) {
	t.Helper()
	sameCatalog(t, wholeCatalog(t, want), appCatalog(t, got))
	rows := func(db *pgtest.DB) (lines []string) {
		for _, table := range db.Query(t, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1") {
			for _, row := range db.Query(t, `SELECT (to_jsonb(r) - '{created_on,updated_on,created_at,updated_at,passwd_changed_on,salt,hashed_password}'::text[])::text FROM "`+table[0]+`" r ORDER BY 1`) {
				lines = append(lines, table[0]+" "+row[0])
			}
		}
		return lines
	}
	if a, b := rows(want), rows(got); !slices.Equal(a, b) {
		t.Errorf("rows:\n%s\nwithout migguard:\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
}
