package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestBadSQL is what the server, or the grammar, cannot read. The migration
// before it stays, and is recorded; of the bad one there is nothing.
func TestBadSQL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, sql string
		code      int
		texts     []string
	}{
		{"syntax", "-- +goose Up\nCREATE TABLE a (id int);\n\nCREATE TABEL b (id int);\n", 1,
			[]string{"migrations/00002_bad.sql:4", `syntax error at or near "TABEL"`, "failed: ", "what it had not committed is rolled back"}},
		{"unknown table", "-- +goose Up\nCREATE TABLE a (id int);\nALTER TABLE nowhere ADD COLUMN a int;\n", 1,
			[]string{"migrations/00002_bad.sql:3", `relation "nowhere" does not exist`}},
		{"not UTF-8", "-- +goose Up\nCREATE TABLE a (id int);\nCOMMENT ON TABLE a IS 'caf\xe9';\n", 1,
			[]string{"migrations/00002_bad.sql", "22021"}},
		{"NUL", "-- +goose Up\nCREATE TABLE a (id int);\nCOMMENT ON TABLE a IS 'x\x00y';\n", 1,
			[]string{"migrations/00002_bad.sql"}},
		{"unterminated", "-- +goose Up\nCREATE TABLE a (id int);\nCOMMENT ON TABLE a IS 'x;\n", 1,
			[]string{"migrations/00002_bad.sql"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				app := newApp(t)
				writeFile(t, app, "migrations/00001_good.sql", "-- +goose Up\nCREATE TABLE good (id int);\n")
				on(db.URL, "run").in(app).run(t).expect(t, 0)
				before := appCatalog(t, db)
				writeFile(t, app, "migrations/00002_bad.sql", tt.sql)
				on(db.URL, "run").in(app).run(t).expect(t, tt.code, tt.texts...)
				sameCatalog(t, before, appCatalog(t, db))
				if got := db.Value(t, "SELECT max(version_id) FROM goose_db_version"); got != "1" {
					t.Errorf("version %s is recorded", got)
				}
			})
		})
	}
}

// hundredMB is the length of a long statement.
const hundredMB = 100 << 20

// TestLongStatements: what is too long to be judged is refused in a few words,
// and the same data passes by COPY.
func TestLongStatements(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE texts (t text)")
	before := appCatalog(t, db)
	app := t.TempDir()
	long := strings.Repeat("x", hundredMB)
	writeFile(t, app, "insert.sql", "INSERT INTO texts VALUES ('"+long+"');\n")
	writeFile(t, app, "comment.sql", "COMMENT ON TABLE texts IS '"+long+"';\n")
	writeFile(t, app, "copy.sql", "COPY texts FROM STDIN;\n"+long+"\n\\.\n")
	psql := func(file string) result {
		line := `psql "$DATABASE_URL" --no-psqlrc --set=ON_ERROR_STOP=1 --file=` + file
		return on(db.URL, "run", "--", line).in(app).run(t)
	}
	for _, file := range []string{"insert.sql", "comment.sql"} {
		r := psql(file)
		r.expect(t, 77, "a statement of 100 MB is longer than", "COPY", "refused: ")
		if len(r.stderr) > 1000 {
			t.Errorf("%s: the output is %d bytes long", file, len(r.stderr))
		}
	}
	sameCatalog(t, before, appCatalog(t, db))
	if got := db.Value(t, "SELECT count(*) FROM texts"); got != "0" {
		t.Errorf("%s rows", got)
	}
	psql("copy.sql").expect(t, 0, "succeeded")
	if got := db.Value(t, "SELECT length(t) FROM texts"); got != "104857600" {
		t.Errorf("copied %s characters", got)
	}
}

// TestBadFolder: a file that cannot be read is named, before any is applied.
func TestBadFolder(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	app := newSQL(t, "goose", "first")
	if err := os.Symlink("nowhere", filepath.Join(app, "migrations/00004_gone.sql")); err != nil {
		t.Fatal(err)
	}
	r := on(db.URL, "run").in(app).run(t)
	if r.code == 0 || !strings.Contains(r.stderr, "00004_gone.sql") {
		t.Errorf("exit status %d: %s", r.code, r.stderr)
	}
	wantRelations(t, db, "r goose_db_version")
}
