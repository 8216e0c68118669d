package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// sqlProjects are the ways to run SQL migrations: in migguard's own process,
// and with the real goose, which is told the database in three ways.
var sqlProjects = map[string]func(t testing.TB, url string, releases ...string) call{
	"goose": func(t testing.TB, url string, releases ...string) call {
		return on(url, "run").in(newSQL(t, "goose", releases...))
	},
	"plain": func(t testing.TB, url string, releases ...string) call {
		return on(url, "run").in(newSQL(t, "plain", releases...))
	},
	"goose program, shell line": func(t testing.TB, url string, releases ...string) call {
		return on(url, "run", "--", `goose -dir migrations postgres "$DATABASE_URL" up`).
			in(newSQL(t, "goose", releases...)).with(gooseOnPath(t))
	},
	"goose program, words": func(t testing.TB, url string, releases ...string) call {
		return on(url, "run", "--", "goose", "-dir", "migrations", "postgres", url, "up").
			in(newSQL(t, "goose", releases...)).with(gooseOnPath(t))
	},
	"goose program, environment": func(t testing.TB, url string, releases ...string) call {
		return on(url, "run", "--", "goose", "up").in(newSQL(t, "goose", releases...)).
			with(gooseOnPath(t), "GOOSE_DRIVER=postgres", "GOOSE_DBSTRING="+url, "GOOSE_MIGRATION_DIR=migrations")
	},
}

// TestSQLMigrations is three releases of each project.
func TestSQLMigrations(t *testing.T) {
	t.Parallel()
	for name, project := range sqlProjects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				project(t, db.URL, "first").run(t).expect(t, 0, "through the guard", "succeeded")
				wantRelations(t, db, "r accounts, r goose_db_version")

				old := newOldCode(t, db, "user", "", "")
				project(t, db.URL, "first", "second").run(t).
					expect(t, 0, "shimmed  ALTER TABLE accounts RENAME TO members", "1 shimmed")
				wantRelations(t, db, "r goose_db_version, r members, v accounts")
				old.work(t)

				before, versions := appCatalog(t, db), db.Value(t, "SELECT count(*) FROM goose_db_version")
				third := project(t, db.URL, "first", "second", "third")
				writeFile(t, third.dir, "migguard.toml", dropsRefused)
				r := third.run(t)
				r.expect(t, 77, "refused", "ALTER TABLE members DROP COLUMN notes", "(dropped-column)")
				if !strings.Contains(r.stdout+r.stderr, "00005_remove_notes.sql") && !strings.Contains(r.stderr, "005_remove_notes.up.sql") {
					t.Errorf("the file is not named:\n%s%s", r.stdout, r.stderr)
				}
				sameCatalog(t, before, appCatalog(t, db))
				if after := db.Value(t, "SELECT count(*) FROM goose_db_version"); after != versions {
					t.Errorf("%s migrations are recorded, want %s", after, versions)
				}
				old.work(t)

				writeFile(t, third.dir, "migguard.toml", "")
				third.run(t).expect(t, 0, "shimmed  ALTER TABLE members DROP COLUMN notes", "1 shimmed")
				old.work(t)
			})
		})
	}
}

// newSQL is a project with the SQL migrations of these releases.
func newSQL(t testing.TB, kind string, releases ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, release := range releases {
		addFiles(t, filepath.Join(dir, "migrations"), kind+"/"+release)
	}
	return dir
}

// gooseOnPath is PATH with the goose that "make setup" installs.
func gooseOnPath(t testing.TB) string {
	t.Helper()
	cache, err := pgtest.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "bin")
	if _, err := exec.LookPath(filepath.Join(dir, "goose")); err != nil {
		t.Fatalf("%v (run \"make setup\")", err)
	}
	return "PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH")
}
