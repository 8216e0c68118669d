package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestKept: what the program prepares itself, of a table ts, fails until its session
// ends when it returns other columns; what a driver prepares by itself does not. Nor does
// what reads as many columns as there come, and what reads a number of them does.
func TestKept(t *testing.T) {
	t.Parallel()
	const go1 = "package store\nimport (\n\"context\"\n\"github.com/jackc/pgx/v5\"\n\"database/sql\"\n)\nconst all = \"SELECT * FROM ts\"\n"
	for name, c := range map[string]struct {
		file, source string
		want         bool
	}{
		"node":              {"a.js", "client.query({ name: 'q', text: 'SELECT * FROM ts' })", true},
		"node, a template":  {"a.js", "client.query({ text: `SELECT *\n FROM ts`, name })", true},
		"node, set before":  {"a.js", "const q = { name: 'q', text: 'SELECT * FROM ts' }\nclient.query({ ...q, values: [1] })", true},
		"node, text before": {"a.js", "const text = 'SELECT * FROM ts'\nexports.f = () => client.query({ name: 'q', text })", true},
		"pg-promise":        {"a.js", "db.one({ name: 'q', text: 'SELECT * FROM ts', values: [1] })\nnew PreparedStatement({ name: 'r', text: 'SELECT 1' })", true},
		"pg-promise, class": {"a.js", "const s = new PreparedStatement({ name: 'r', text: 'SELECT * FROM ts' })", true},
		"node, no name":     {"a.js", "client.query({ text: 'SELECT * FROM ts' })\nclient.query({ name: 'q', text: 'SELECT id FROM ts' })", false},
		"node, empty name":  {"a.js", "client.query({ name: '', text: 'SELECT * FROM ts' })", false},
		"no query":          {"a.js", "report({ name: 'q', text: 'SELECT * FROM ts' })", false},
		"pgx":               {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { c.Prepare(ctx, \"q\", \"SELECT * FROM ts\") }", true},
		"pgx, a constant":   {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { c.Prepare(ctx, \"q\", all) }", true},
		"pgconn":            {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { c.PgConn().Prepare(ctx, \"q\", all, nil) }", true},
		"pgx, by itself":    {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { c.Query(ctx, all); c.Prepare(ctx, \"q\", \"SELECT id FROM ts\") }", false},
		"sql":               {"a.go", go1 + "func f(db *sql.DB) (*sql.Stmt, error) { return db.Prepare(all) }", true},
		"sql, given away":   {"a.go", go1 + "func f(db *sql.DB) { s, _ := db.Prepare(all); defer s.Close(); serve(s) }", true},
		"sql, in main":      {"a.go", go1 + "func main() { s, _ := db.PrepareContext(ctx, all); defer s.Close(); serve() }", true},
		"sql, for ever":     {"a.go", go1 + "func f(db *sql.DB) { s, _ := db.Prepare(all); defer s.Close(); for { s.Query() } }", true},
		"sql, closed":       {"a.go", go1 + "func f(db *sql.DB) error { s, err := db.Prepare(all); if err != nil { return err }; defer s.Close(); _, err = s.Query(1); return err }", false},
		"into variables":    {"a.go", go1 + "func f(db *sql.DB) { db.QueryRow(all).Scan(&a, &b) }", true},
		"in place":          {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { c.QueryRow(ctx, \"INSERT INTO ts VALUES (1) RETURNING *\").Scan(&a, &b) }", true},
		"into a struct":     {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { rows, _ := c.Query(ctx, all); pgx.CollectRows(rows, pgx.RowToStructByName[t]) }", true},
		"into a slice":      {"a.go", "package store\nimport \"github.com/jmoiron/sqlx\"\nfunc f(db *sqlx.DB) { db.Select(&ts, \"SELECT * FROM ts\") }", true},
		"into a map":        {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { rows, _ := c.Query(ctx, all); pgx.CollectRows(rows, pgx.RowToMap); c.QueryRow(ctx, \"SELECT 1\").Scan(&n) }", false},
		"here and there":    {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { rows, _ := c.Query(ctx, all); pgx.CollectRows(rows, pgx.RowToStructByNameLax[t]) }\nfunc g(rows pgx.Rows) { pgx.CollectRows(rows, pgx.RowToMap) }", true},
		"elsewhere":         {"a.go", go1 + "func f(ctx context.Context, c *pgx.Conn) { rows, _ := c.Query(ctx, all); g(rows) }\nfunc g(rows pgx.Rows) { pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[t]) }", true},
		"unsafe":            {"a.go", "package store\nimport \"github.com/jmoiron/sqlx\"\nfunc f(db *sqlx.DB) { db.Unsafe().Select(&ts, \"SELECT * FROM ts\") }", false},
		"not read":          {"a.go", go1 + "func f(db *sql.DB) { db.Exec(\"INSERT INTO ts VALUES (1) RETURNING *\"); db.QueryRow(\"SELECT 1\").Scan(&n) }", false},
		"no *":              {"a.go", go1 + "func f(db *sql.DB) { db.QueryRow(\"SELECT id FROM ts WHERE EXISTS (SELECT * FROM us)\").Scan(&a) }", false},
		"PREPARE":           {"a.rb", "conn.exec(\"PREPARE q AS SELECT * FROM ts\")", true},
	} {
		change := contract.Change{Kind: contract.WidenRow, Relation: contract.Name{Schema: "public", Name: "ts"}, Lasting: true}
		if a := tree(t, map[string]string{c.file: c.source}).Breaks(change); (a.Verdict == contract.Yes) != c.want {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
