package ddl

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// needTests are queries and what they need, as needsText writes it. All of them
// pass on a server with needSchema.
var needTests = []struct{ sql, want string }{
	{`SELECT id FROM users`, `users r(id)`},
	{`SELECT "Id" FROM public.users`, `public.users r(Id)`},
	{`SELECT count(*) FROM users WHERE email LIKE 'a%'`, `users r(email)`},
	{`SELECT * FROM users`, `users r(*)`},
	{`SELECT u.* FROM users u JOIN orders o ON o.user_id = u.id`, `orders r(user_id) users r(* id)`},
	{`SELECT u FROM users u`, `users r(* u) table`},
	{`SELECT row_to_json(users) FROM users`, `users r(* users) table`},
	{`SELECT (u).email FROM users u`, `users r(* u) table`},
	{`SELECT id FROM users NATURAL JOIN orders`, `orders r(* id) users r(* id)`},
	{`SELECT total FROM users JOIN orders USING (id)`, `orders r(id total) users r(id total)`},
	{`SELECT j.total FROM (users JOIN orders USING (id)) AS j`, `orders r(id total) users r(id total)`},
	{`SELECT a FROM users AS u(a, b)`, `users r(* a)`},
	{`SELECT email FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = users.id AND total > 3)`,
		`orders r(total user_id) users r(email id total user_id)`},
	{`SELECT s.total FROM (SELECT total FROM orders) s, users`, `orders r(total) users r()`},
	{`SELECT n FROM users u, LATERAL (SELECT total AS n FROM orders WHERE user_id = u.id) l`, `orders r(total user_id) users r(id n total user_id)`},
	{`WITH o AS (SELECT user_id FROM orders) SELECT email FROM users JOIN o ON o.user_id = users.id`, `orders r(user_id) users r(email id)`},
	{`WITH users AS (SELECT id AS u FROM orders) SELECT u FROM users`, `orders r(id)`},
	{`WITH users AS (SELECT * FROM users) SELECT email FROM users`, `users r(*)`},
	{`WITH RECURSIVE t AS (SELECT id FROM users UNION ALL SELECT o.id FROM t JOIN orders o ON o.user_id = t.id) SELECT id FROM t`,
		`orders r(id user_id) users r(id)`},
	{`SELECT id FROM users UNION SELECT user_id FROM orders ORDER BY id`, `orders r(user_id) users r(id)`},
	{`SELECT sum(total) OVER (PARTITION BY user_id) FROM orders GROUP BY user_id, total HAVING max(note) > ''`, `orders r(note total user_id)`},
	{`INSERT INTO users (email) VALUES ('a')`, `users i(email)`},
	{`INSERT INTO users VALUES (1)`, `users i(*)`},
	{`INSERT INTO users DEFAULT VALUES`, `users i()`},
	{`INSERT INTO users (email) SELECT note FROM orders RETURNING id`, `orders r(note) users r(id) i(email)`},
	{`INSERT INTO users AS u (id, email) VALUES (1, 'a') ON CONFLICT (id) WHERE email > '' DO UPDATE SET name = excluded.email WHERE u."Id" > 0 RETURNING *`,
		`users r(* Id email id) u(name) i(email id) {Name: Columns:[id] Expressions:false Partial:true}`},
	{`INSERT INTO users (id) VALUES (1) ON CONFLICT DO NOTHING`, `users i(id)`},
	{`INSERT INTO users (id) VALUES (1) ON CONFLICT ON CONSTRAINT users_pkey DO NOTHING`,
		`users i(id) table {Name:users_pkey Columns:[] Expressions:false Partial:false}`},
	{`WITH i AS (INSERT INTO users (id) VALUES (1) ON CONFLICT (name, lower(email)) DO UPDATE SET email = '' RETURNING id) INSERT INTO orders (id) SELECT id FROM i`,
		`orders i(id) users r(email id name) u(email) i(id) {Name: Columns:[name] Expressions:true Partial:false}`},
	{`UPDATE users SET email = name`, `users r(name) u(email)`},
	{`UPDATE users SET (email, name) = (SELECT note, note FROM orders WHERE user_id = users.id)`, `orders r(note user_id) users r(id note user_id) u(email name)`},
	{`UPDATE users u SET email = o.note FROM orders o WHERE o.user_id = u.id`, `orders r(note user_id) users r(id) u(email)`},
	{`WITH users AS (SELECT 1) UPDATE users SET email = ''`, `users u(email)`},
	{`DELETE FROM users USING orders WHERE user_id = users.id RETURNING email`, `orders r(email user_id) users r(email id user_id)`},
	{`WITH users AS (SELECT 1) DELETE FROM users WHERE email = ''`, `users r(email)`},
	{`WITH d AS (DELETE FROM orders WHERE total = 0 RETURNING user_id) SELECT * FROM d`, `orders r(total user_id)`},
	{`SELECT id FROM users FOR UPDATE`, `users r(id)`},
}

const needSchema = `CREATE TABLE users (id int PRIMARY KEY, email text, name text, "Id" int);
	CREATE TABLE orders (id int, user_id int, total int, note text);
	CREATE UNIQUE INDEX ON users (id) WHERE email > ''; CREATE UNIQUE INDEX ON users (lower(email), name)`

// otherNeeds are not queries that a server prepares.
var otherNeeds = []struct{ sql, want string }{
	{`COPY users (email) FROM STDIN`, `users i(email) table`},
	{`COPY users TO STDOUT`, `users r(*) table`},
	{`COPY (SELECT email FROM users) TO STDOUT`, `users r(email)`},
	{`TRUNCATE users, orders`, `orders r() table users r() table`},
	{`TRUNCATE ONLY users`, `users r() table`},
	{`SELECT id FROM users TABLESAMPLE SYSTEM (10)`, `users r(id) table`},
	{`DELETE FROM users WHERE ctid = ANY ($1)`, `users r(ctid) table`},
	{`LOCK TABLE users`, `users r()`},
	{`EXPLAIN ANALYZE SELECT id FROM users`, `users r(id)`},
	{`PREPARE p AS SELECT id FROM users`, `users r(id) prepares`},
	{`CREATE TABLE copy AS SELECT id FROM users`, `copy r(*) u(*) i(*) table users r(*) u(*) i(*) table`},
	{`DO 'begin end'`, `opaque`},
	{`SELECT 1 FROM base WHERE users.email = 'x'`, `base r() users r(email)`},
	{`MERGE INTO users u USING orders o ON u.id = o.user_id WHEN MATCHED THEN UPDATE SET email = o.note
		WHEN NOT MATCHED THEN INSERT (id) VALUES (o.user_id)`, `orders r(note user_id) users r(id) u(email) i(id) table`},
	{`SELECT id FROM users; SELECT total FROM orders`, `orders r(total) users r(id)`},
}

func TestNeedsOf(t *testing.T) {
	t.Parallel()
	for _, tt := range append(slices.Clone(needTests), otherNeeds...) {
		uses, err := NeedsOf(tt.sql)
		if err != nil {
			t.Errorf("%s: %v", tt.sql, err)
		} else if got := needsText(uses); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.sql, got, tt.want)
		}
	}
	for _, sql := range []string{"SELECT FROM FROM", "SELECT 1; SELCT 2", "SELECT '\x00'", strings.Repeat("(", 3000)} {
		if uses, err := NeedsOf(sql); err == nil {
			t.Errorf("%.20q is no error: %+v", sql, uses)
		}
	}
}

// TestNeedsAreTrue asks servers: where a query fails without a column, the
// column is among the needs.
func TestNeedsAreTrue(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, needSchema)
		conn := db.Connect(t)
		ctx := t.Context()
		failed := 0
		for _, tt := range needTests {
			uses, err := NeedsOf(tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			for _, column := range []string{"users.id", "users.email", "users.name", `users."Id"`, "orders.id", "orders.user_id", "orders.total", "orders.note"} {
				table, name, _ := strings.Cut(column, ".")
				for _, sql := range []string{"BEGIN", "PREPARE q AS " + tt.sql, "DEALLOCATE q", "ALTER TABLE " + table + " RENAME COLUMN " + name + " TO gone"} {
					if _, err := conn.Exec(ctx, sql); err != nil {
						t.Fatalf("%s: %v", sql, err)
					}
				}
				_, err := conn.Exec(ctx, "PREPARE q AS "+tt.sql)
				if err != nil {
					failed++
					if !needsColumn(uses, table, strings.Trim(name, `"`)) {
						t.Errorf("%s: %s is not among the needs: %v", tt.sql, column, err)
					}
				} else if _, err := conn.Exec(ctx, "DEALLOCATE q"); err != nil {
					t.Fatal(err)
				}
				if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if failed < len(needTests) {
			t.Errorf("only %d failures: the columns are hardly used", failed)
		}
	})
}

func needsColumn(uses Uses, table, column string) bool {
	return slices.ContainsFunc(uses.Needs, func(n Need) bool {
		if n.Relation.Name != table {
			return false
		}
		return slices.ContainsFunc([]ColumnSet{n.Reads, n.Updates, n.Inserts}, func(c ColumnSet) bool {
			return c.All || slices.Contains(c.Names, column)
		})
	})
}

func needsText(u Uses) string {
	var words []string
	set := func(word string, c ColumnSet, always bool) {
		names := slices.Clone(c.Names)
		if c.All {
			names = append([]string{"*"}, names...)
		}
		if len(names) > 0 || always {
			words = append(words, fmt.Sprintf("%s(%s)", word, strings.Join(names, " ")))
		}
	}
	for _, n := range u.Needs {
		words = append(words, n.Relation.String())
		set("r", n.Reads, !n.Adds && !n.Updates.All && len(n.Updates.Names) == 0)
		set("u", n.Updates, false)
		set("i", n.Inserts, n.Adds)
		if n.OnTable != "" {
			words = append(words, "table")
		}
		for _, a := range n.Arbiters {
			words = append(words, fmt.Sprintf("%+v", a))
		}
	}
	if u.Opaque {
		words = append(words, "opaque")
	}
	if u.Prepares {
		words = append(words, "prepares")
	}
	return strings.Join(words, " ")
}
