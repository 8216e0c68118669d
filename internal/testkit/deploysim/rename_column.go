package deploysim

// RenameColumn renames orders.status to orders.state under code that reads and
// writes the old name. No view can stand in for a column, so a guarded release
// gives it a copy.
func RenameColumn() Scenario {
	return Scenario{
		Name: "rename-column",
		Schema: `
CREATE TABLE orders (
	id     bigserial PRIMARY KEY,
	ref    text NOT NULL UNIQUE,
	status text NOT NULL DEFAULT 'open',
	n      bigint NOT NULL DEFAULT 0
);
INSERT INTO orders (ref)
	SELECT 'seed-' || i || '@example.com' FROM generate_series(1, 1000) i;
`,
		Seeds: 1000,
		Old:   ordersWorkload("status"),
		Migration: []File{{
			Name: "002_rename_status.sql",
			SQL: `-- +goose Up
ALTER TABLE orders RENAME COLUMN status TO state;

-- +goose Down
ALTER TABLE orders RENAME COLUMN state TO status;
`,
		}},
		Committed: columnQuery("orders", "state"),
		New:       ordersWorkload("state"),
		Verify:    map[string]string{"orders": `SELECT ref, n FROM orders`},
		VerifyOld: map[string]string{"orders": `SELECT ref, n FROM orders`},
	}
}

// ordersWorkload is the code of both builds: they differ only in the name of
// the column.
func ordersWorkload(column string) Workload {
	create := &Effect{Set: "orders", Kind: Put, Key: New}
	change := &Effect{Set: "orders", Kind: Put, Key: Mine("orders")}
	newRow := []Arg{New, Counter}
	mineAndCounter := []Arg{Mine("orders"), Counter}

	return Workload{Ops: []Op{
		single("select star", 4, Statement{SQL: `SELECT * FROM orders WHERE ref = $1`, Args: []Arg{Seed}, Rows: 1}),
		single("point select", 4, Statement{SQL: `SELECT id, ` + column + ` FROM orders WHERE ref = $1`, Args: []Arg{Mine("orders")}, Rows: 1}),
		single("insert returning star", 2, Statement{
			SQL:  `INSERT INTO orders (ref, n, ` + column + `) VALUES ($1, $2, 'paid') RETURNING *`,
			Args: newRow, Rows: 1, Effect: create,
		}),
		single("upsert", 2, Statement{
			SQL: `INSERT INTO orders (ref, n) VALUES ($1, $2)
				ON CONFLICT (ref) DO UPDATE SET n = EXCLUDED.n, ` + column + ` = 'changed'`,
			Args: mineAndCounter, Rows: 1, Effect: change,
		}),
		single("update", 2, Statement{
			SQL:  `UPDATE orders SET n = $2, ` + column + ` = 'sent' WHERE ref = $1`,
			Args: mineAndCounter, Rows: 1, Effect: change,
		}),
		single("delete", 1, Statement{
			SQL: `DELETE FROM orders WHERE ref = $1`, Args: []Arg{Mine("orders")}, Rows: 1,
			Effect: &Effect{Set: "orders", Kind: Delete, Key: Mine("orders")},
		}),
		{Name: "ship", Weight: 1, Tx: true, Statements: []Statement{
			{SQL: `SELECT ` + column + ` FROM orders WHERE ref = $1 FOR UPDATE`, Args: []Arg{Seed}, Rows: 1},
			{
				SQL: `UPDATE orders SET n = n + 1, ` + column + ` = 'shipped' WHERE ref = $1`, Args: []Arg{Seed}, Rows: 1,
				Effect: &Effect{Set: "orders", Kind: Add, Key: Seed},
			},
		}},
	}}
}

// columnQuery asks whether a column exists. pg_attribute is read by MVCC and
// locks nothing on the table.
func columnQuery(table, column string) string {
	return `SELECT EXISTS (SELECT FROM pg_attribute
		WHERE attrelid = to_regclass('` + table + `') AND attname = '` + column + `' AND NOT attisdropped)`
}
