package ddl

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// wholeRows are statements of users, and what they are said to ask of it.
var wholeRows = []struct {
	sql   string
	star  bool
	table string
}{
	{`SELECT * FROM users`, true, ""},
	{`SELECT u.* FROM users u JOIN orders o ON o.user_id = u.id`, true, ""},
	{`SELECT o.* FROM users u JOIN orders o ON o.user_id = u.id`, false, ""},
	{`TABLE users`, true, ""},
	{`WITH w AS (SELECT * FROM users) SELECT * FROM w`, true, ""},
	{`INSERT INTO users (id, email) VALUES (1, 'x') RETURNING *`, true, ""},
	{`UPDATE users SET name = 'y' RETURNING users.*`, true, ""},
	{`DELETE FROM users WHERE id = 1 RETURNING *`, true, ""},
	{`SELECT id, email FROM users`, false, ""},
	{`SELECT count(*) FROM users`, false, ""},
	{`SELECT id FROM orders WHERE EXISTS (SELECT * FROM users WHERE users.id = user_id)`, false, ""},
	{`INSERT INTO users VALUES (1, 'x')`, false, ""},
	{`INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET email = 'x' RETURNING id`, false, ""},
	{`INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT ON CONSTRAINT users_pkey DO NOTHING`, false, "ON CONFLICT ON CONSTRAINT"},
	{`INSERT INTO users (id, email) OVERRIDING USER VALUE VALUES (1, 'x')`, false, "OVERRIDING USER VALUE"},
	{`INSERT INTO users (id, email) OVERRIDING SYSTEM VALUE VALUES (1, 'x')`, false, ""},
	{`SELECT id, name FROM users GROUP BY id`, false, "GROUP BY the primary key"},
	{`SELECT upper(name) AS n FROM users GROUP BY id`, false, "GROUP BY the primary key"},
	{`SELECT id FROM users GROUP BY id ORDER BY name`, false, "GROUP BY the primary key"},
	{`SELECT users.*, count(*) FROM users JOIN orders ON user_id = users.id GROUP BY users.id`, true, "GROUP BY the primary key"},
	{`SELECT o.user_id, count(u.email) FROM orders o JOIN users u ON u.id = o.user_id GROUP BY o.id`, false, ""},
	{`SELECT u.name, count(*) FROM orders o JOIN users u ON u.id = o.user_id GROUP BY u.id`, false, "GROUP BY the primary key"},
	{`SELECT id FROM users GROUP BY id HAVING name > ''`, false, "GROUP BY the primary key"},
	{`SELECT name, count(email) FROM users GROUP BY name HAVING max(email) > ''`, false, ""},
	{`SELECT upper(name) AS n, max(email) FROM users GROUP BY 1 ORDER BY n, count(*)`, false, ""},
	{`SELECT ctid FROM users`, false, "ctid"},
	{`SELECT users.xmin FROM users`, false, "xmin"},
	{`SELECT id FROM users TABLESAMPLE SYSTEM (50)`, false, "TABLESAMPLE"},
	{`SELECT named(users) FROM users`, false, "a row as one value"},
	{`SELECT id FROM ONLY users`, false, "ONLY"},
	{`UPDATE ONLY users SET name = 'y'`, false, "ONLY"},
	{`DELETE FROM ONLY users`, false, "ONLY"},
	{`SELECT ctid FROM ONLY users`, false, "ONLY, ctid"},
	{`SELECT xmin FROM users WHERE id IN (SELECT id FROM ONLY users)`, false, "ONLY, xmin"},
	{`SELECT id, name FROM ONLY users GROUP BY id`, false, "ONLY, GROUP BY the primary key"},
}

// TestWholeRowsAreTrue asks servers: a prepared statement fails when the table gets a
// column where it is said to ask for all of them, and cannot be prepared on a view
// where it is said to need a table, and not otherwise.
func TestWholeRowsAreTrue(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, `CREATE TABLE users (id int PRIMARY KEY, email text, name text)`, `CREATE TABLE orders (id int PRIMARY KEY, user_id int)`,
			`CREATE FUNCTION named(users) RETURNS text LANGUAGE sql AS 'SELECT $1.name'`,
			`CREATE SCHEMA over`, `CREATE VIEW over.users AS SELECT id, email, name FROM users`)
		conn := db.Connect(t)
		exec := func(sql string) error {
			_, err := conn.Exec(t.Context(), sql)
			return err
		}
		for _, tt := range wholeRows {
			uses, err := NeedsOf(tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			star, table := false, ""
			for _, n := range uses.Needs {
				if n.Relation.Name == "users" {
					star, table = n.Star, n.OnTable
				}
			}
			if star != tt.star || table != tt.table {
				t.Errorf("%s: star %t, on table %q", tt.sql, star, table)
			}
			for _, sql := range []string{"BEGIN", "PREPARE q AS " + tt.sql, "SAVEPOINT s", "EXECUTE q", "ROLLBACK TO s", "ALTER TABLE users ADD COLUMN more int"} {
				if err := exec(sql); err != nil {
					t.Fatalf("%s: %s: %v", tt.sql, sql, err)
				}
			}
			var stale *pgconn.PgError
			if err := exec("EXECUTE q"); errors.As(err, &stale) != tt.star || tt.star && stale.Code != "0A000" {
				t.Errorf("%s: the prepared statement: %v", tt.sql, err)
			}
			for _, sql := range []string{"ROLLBACK", "DEALLOCATE q", "BEGIN", "SET LOCAL search_path = over, public"} {
				if err := exec(sql); err != nil {
					t.Fatal(err)
				}
			}
			err = exec("PREPARE q AS " + tt.sql)
			// ONLY is about partitions, and what is left to a sequence is a matter of the column that the view shows.
			views := tt.table == "" || tt.table == "ONLY" || tt.table == "OVERRIDING USER VALUE"
			if worked := err == nil; worked != views {
				t.Errorf("%s: on a view: %v", tt.sql, err)
			}
			if err == nil {
				if err := exec("DEALLOCATE q"); err != nil {
					t.Fatal(err)
				}
			}
			if err := exec("ROLLBACK"); err != nil {
				t.Fatal(err)
			}
		}
	})
}
