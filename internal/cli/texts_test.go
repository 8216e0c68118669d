package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestSourceIsReplayed: from the source to the commit. What a build's queries need that
// only a server knows may not go while it runs, on a database that has counted none.
func TestSourceIsReplayed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, `create table items (id int primary key, sku int, kind text);
			create function same(int, int) returns boolean language sql immutable as 'select $1 = $2';
			create function twice(int) returns int language sql immutable as 'select 2 * $1';
			create operator === (function = same, leftarg = int, rightarg = int)`)
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "app"), "report.py", `class Report:
    def same(self, cursor, sku):
        cursor.execute("SELECT id FROM items WHERE sku === %s", [sku])
`)
		writeFile(t, filepath.Join(dir, "queries"), "items.sql", "-- name: Doubles :many\nSELECT id, twice(sku) FROM items WHERE sku > @least;\n")
		r := call{args: []string{"scan", "--format", "json", dir}}.run(t)
		r.expect(t, 0)
		writeFile(t, dir, "contract.json", r.stdout)
		migrate := func(build, sql string) result {
			t.Helper()
			return on(db.URL, "run", "--build", build, "--contract", filepath.Join(dir, "contract.json"), "--", `psql -Xqc "`+sql+`" "$DATABASE_URL"`).in(dir).run(t)
		}
		migrate("one", "SELECT 1").expect(t, 0, "succeeded")
		for sql, says := range map[string][]string{
			"DROP OPERATOR === (int, int)":            {"SQL at app/report.py:3 of build one of ", "(SELECT id FROM items WHERE sku === $1)", "operator does not exist: integer === "},
			"ALTER TABLE items ALTER sku TYPE bigint": {"SQL at queries/items.sql:2 of build one of ", "function twice(bigint) does not exist"},
		} {
			migrate("two", sql).expect(t, 77, append(says, "fails after this transaction")...)
		}
		migrate("two", "ALTER TABLE items ADD note text").expect(t, 0, "succeeded")
	})
}
