package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A directive counts where the command sends it on: psql leaves out what begins
// with -- in front of a statement, and goose what stands in front of one.
func TestDirectivesOnTheWire(t *testing.T) {
	t.Parallel()
	const (
		allow = "migguard:allow dropped-column reason: v41 ignores it"
		drop  = "ALTER TABLE users DROP COLUMN notes;\n"
		says  = "dropped-column:public.users.notes by comment: v41 ignores it\n"
	)
	for name, c := range map[string]struct {
		sql  string
		code int
	}{
		"block in front":  {"/* " + allow + " */ " + drop, 0},
		"block on a line": {"CREATE TABLE c ();\n/* " + allow + " */\n" + drop, 0},
		"line in front":   {"-- " + allow + "\n" + drop, 77},
		"block inside":    {"ALTER TABLE users /* " + allow + " */ DROP COLUMN notes;", 0},
		"in a string":     {"COMMENT ON TABLE users IS '-- " + allow + "\n'; " + drop, 77},
		"of the other":    {"/* " + allow + " */ CREATE TABLE c (); " + drop, 77},
		"misspelt":        {"/* migguard:allow dropped-colum reason: v41 */ " + drop, 77},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			db.Exec(t, twoTables)
			r := migrated(t, db, dropsRefused, c.sql)
			switch {
			case name == "misspelt":
				r.expect(t, 77, `"dropped-colum" is no hazard; did you mean dropped-column?`)
			case c.code == 0:
				r.expect(t, 0, says)
			default:
				r.expect(t, c.code, "(dropped-column)")
			}
		})
	}
	t.Run("node", func(t *testing.T) {
		t.Parallel()
		db := pgtest.New(t)
		db.Exec(t, twoTables)
		cache, err := pgtest.CacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		writeFile(t, dir, "migrate.js", `const { Client } = require('pg');
const c = new Client({ connectionString: process.env.DATABASE_URL });
const drop = "-- `+allow+`\nALTER TABLE users DROP COLUMN notes";
c.connect().then(() => c.query("CREATE TABLE c ();\n" + drop + "; CREATE TABLE d ()")).finally(() => c.end());`)
		r := on(db.URL, "run", "--", "node", "migrate.js").in(dir).with("NODE_PATH=" + filepath.Join(cache, "npm", "node_modules")).run(t)
		r.expect(t, 0, says)
	})
	t.Run("goose", func(t *testing.T) {
		t.Parallel()
		db := pgtest.New(t)
		db.Exec(t, twoTables)
		dir := t.TempDir()
		writeFile(t, dir, "migrations/00001_drop.sql", "-- +goose Up\nALTER TABLE users -- "+allow+"\n  DROP COLUMN notes;\n")
		on(db.URL, "run").in(dir).run(t).expect(t, 0, says)
		writeFile(t, dir, "migrations/00002_drop.sql", "-- +goose Up\n-- migguard:allow dropped-table reason: gone for long\nDROP TABLE events;\n")
		writeFile(t, dir, "migguard.toml", dropsRefused)
		on(db.URL, "run").in(dir).run(t).expect(t, 77, "(dropped-table)")
	})
}
