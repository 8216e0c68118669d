package deploysim

// DropColumn drops customers.nickname under code that still selects and writes
// it; the new build no longer does.
func DropColumn() Scenario {
	return Scenario{
		Name: "drop-column",
		Schema: `
CREATE TABLE customers (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	email    text NOT NULL UNIQUE,
	nickname text,
	n        bigint NOT NULL DEFAULT 0
);
INSERT INTO customers (email, nickname)
	SELECT 'seed-' || i || '@example.com', 'seed' FROM generate_series(1, 1000) i;
`,
		Seeds: 1000,
		Old: customersWorkload(
			single("point select", 4, Statement{
				SQL: `SELECT id, nickname FROM customers WHERE email = $1`, Args: []Arg{Seed}, Rows: 1,
			}),
			single("insert returning id", 2, Statement{
				SQL:  `INSERT INTO customers (email, n, nickname) VALUES ($1, $2, 'new') RETURNING id`,
				Args: []Arg{New, Counter}, Rows: 1, Effect: &Effect{Set: "customers", Kind: Put, Key: New},
			}),
		),
		Migration: []File{{
			Name: "002_drop_nickname.sql",
			SQL: `-- +goose Up
ALTER TABLE customers DROP COLUMN nickname;
COMMENT ON TABLE customers IS 'without nicknames';

-- +goose Down
ALTER TABLE customers ADD COLUMN nickname text;
`,
		}},
		// The column may go later, when no code needs it.
		Committed: `SELECT coalesce(obj_description('customers'::regclass), '') = 'without nicknames'`,
		New: customersWorkload(
			single("point select", 4, Statement{
				SQL: `SELECT id FROM customers WHERE email = $1`, Args: []Arg{Seed}, Rows: 1,
			}),
			single("insert returning id", 2, Statement{
				SQL:  `INSERT INTO customers (email, n) VALUES ($1, $2) RETURNING id`,
				Args: []Arg{New, Counter}, Rows: 1, Effect: &Effect{Set: "customers", Kind: Put, Key: New},
			}),
		),
		Verify:    map[string]string{"customers": `SELECT email, n FROM customers`},
		VerifyOld: map[string]string{"customers": `SELECT email, n FROM customers`},
	}
}

// customersWorkload adds to a build's own ops those both builds share: they
// do not name the column.
func customersWorkload(own ...Op) Workload {
	mineAndCounter := []Arg{Mine("customers"), Counter}
	change := &Effect{Set: "customers", Kind: Put, Key: Mine("customers")}
	return Workload{Ops: append(own,
		single("select star", 3, Statement{SQL: `SELECT * FROM customers WHERE email = $1`, Args: []Arg{Seed}, Rows: 1}),
		single("upsert", 2, Statement{
			SQL: `INSERT INTO customers (email, n) VALUES ($1, $2)
				ON CONFLICT (email) DO UPDATE SET n = EXCLUDED.n`,
			Args: mineAndCounter, Rows: 1, Effect: change,
		}),
		single("update", 2, Statement{
			SQL: `UPDATE customers SET n = $2 WHERE email = $1`, Args: mineAndCounter, Rows: 1, Effect: change,
		}),
		single("delete", 1, Statement{
			SQL: `DELETE FROM customers WHERE email = $1`, Args: []Arg{Mine("customers")}, Rows: 1,
			Effect: &Effect{Set: "customers", Kind: Delete, Key: Mine("customers")},
		}),
		Op{Name: "visit", Weight: 1, Tx: true, Statements: []Statement{
			{SQL: `SELECT n FROM customers WHERE email = $1 FOR UPDATE`, Args: []Arg{Seed}, Rows: 1},
			{
				SQL: `UPDATE customers SET n = n + 1 WHERE email = $1`, Args: []Arg{Seed}, Rows: 1,
				Effect: &Effect{Set: "customers", Kind: Add, Key: Seed},
			},
		}},
	)}
}
