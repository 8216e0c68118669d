package scan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestTexts: each language's literals are kept as the server gets them, with their
// places; what is put together when the code runs, and what is no query, is not.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source string
		want   []string
	}{
		"a.rb": {`class Report
  def all = connection.select_all(<<~SQL)
    SELECT sum(total) FROM orders
    WHERE state = 'paid?'
  SQL
  def some(x) = Order.find_by_sql(["SELECT * FROM orders WHERE a = ? AND b IN (:c) AND d = :c", x])
  def built(x) = connection.execute("DELETE FROM orders WHERE #{x}")
  def more(x) = connection.execute("DELETE FROM orders" + x)
  def late(x) = connection.execute("DELETE FROM orders WHERE a = %s" % x)
  def part = Order.where("total > ?", 1)
  def ddl = connection.execute("CREATE TABLE fresh (id int)")
  def nothing = connection.execute("SELECT 1")
  def locked = connection.execute("LOCK TABLE orders; SELECT setval('a', 1)")
end
`, []string{"2 SELECT sum(total) FROM orders\n    WHERE state = 'paid?'", "6 SELECT * FROM orders WHERE a = $1 AND b IN ($2) AND d = $2", "13 LOCK TABLE orders", "13 SELECT setval('a', 1)"}},
		"a.py": {`def f(cursor, x):
    cursor.execute("SELECT id FROM orders WHERE a = %s AND b %% 2 = %(c)s", [x])
    cursor.execute("UPDATE orders SET a = %s" % x)
    session.execute(text("DELETE FROM orders WHERE a::text = :name"), {"name": x})
    cursor.execute(f"SELECT {x} FROM orders")
    cursor.execute("DELETE FROM orders" + x)
    cursor.execute("DELETE FROM orders WHERE a = {}".format(x))
`, []string{"2 SELECT id FROM orders WHERE a = $1 AND b % 2 = $2", "4 DELETE FROM orders WHERE a::text = $1"}},
		"a.go": {"package a\n\nconst table = \"orders\"\n\nfunc f(db *sql.DB, x string) {\n\tdb.Query(\"SELECT id FROM \"+table+\" WHERE a = $1\", x)\n\tdb.Exec(`DELETE FROM orders WHERE a = @a`, x)\n\tdb.Exec(\"DELETE FROM orders WHERE a = \" + x)\n\tdb.Query(fmt.Sprintf(\"SELECT %s FROM orders\", x))\n\tdb.Query(\"SELECT id FROM orders\" + x)\n}\n",
			[]string{"6 SELECT id FROM orders WHERE a = $1", "7 DELETE FROM orders WHERE a = $1"}},
		"a.php": {"<?php\nDB::select('select id from orders where a = ? and b = :b', [$x]);\nDB::select(\"select id from orders where a = $x\");\nDB::select('select id from orders' . $x);\nDB::select(sprintf('select %s from orders', $x));\n", []string{"2 select id from orders where a = $1 and b = $2"}},
		"a.ex":  {"defmodule A do\n  def f(x), do: Repo.query(\"select id from orders where a = $1\", [x])\n  def g(x), do: Repo.query(\"select #{x} from orders\")\n  def h(x), do: Repo.query(\"select id from orders\" <> x)\nend\n", []string{"2 select id from orders where a = $1"}},
		"a.js": {"const a = await pool.query('SELECT id FROM orders WHERE a = $1', [x]);\nconst b = await sql`SELECT id FROM orders WHERE a = ${x} AND b IN ${y} AND c = ${z}`;\nawait pool.query(`SELECT ${x} FROM orders`);\nawait pool.query('SELECT id FROM orders' + x);\n",
			[]string{"1 SELECT id FROM orders WHERE a = $1", "2 SELECT id FROM orders WHERE a = $2 AND b IN ($1) AND c = $3"}},
		"queries/a.sql": {"-- name: One :one\nSELECT sqlc.embed(orders) FROM orders WHERE a = sqlc.arg('a') AND b = ANY(sqlc.slice(b)) AND c = @c;\n\nSELECT id FROM orders WHERE data ? 'a';\nCREATE VIEW v AS SELECT 1;\nCOPY orders (a) FROM stdin;\n",
			[]string{"2 SELECT orders.* FROM orders WHERE a = $1 AND b = ANY($2) AND c = $3", "4 SELECT id FROM orders WHERE data ? 'a'", "6 COPY orders (a) FROM stdin"}},
	} {
		c := tree(t, map[string]string{name: tt.source})
		slices.SortFunc(c.Texts, func(a, b contract.Text) int { return a.At.Line - b.At.Line })
		var got []string
		for _, x := range c.Texts {
			if x.At.File != name {
				t.Errorf("%s: %+v", name, x.At)
			}
			got = append(got, fmt.Sprintf("%d %s", x.At.Line, x.SQL))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// TestTextsBounded: a tree with more SQL than a contract has room for keeps the
// shorter, and says how many it has left out.
func TestTextsBounded(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for i := range 400 {
		fmt.Fprintf(&source, "INSERT INTO orders VALUES (%d, '%s');\n", i, strings.Repeat("x", 5*i))
	}
	c := tree(t, map[string]string{"seeds.sql": source.String()})
	if left := c.Sources[0].TextsLeft; left == 0 || left+len(c.Texts) != 400 {
		t.Errorf("%d texts, %d left", len(c.Texts), left)
	}
	for _, x := range c.Texts {
		if x.At.Line > len(c.Texts) {
			t.Errorf("kept the text of line %d and not a shorter one", x.At.Line)
		}
	}
}

// TestTextsOfApplications: what applications' texts add to their contracts.
func TestTextsOfApplications(t *testing.T) {
	for _, name := range []string{"redmine", "keystone", "hyperkitty"} {
		c := scanned(t, pgtest.Application(t, name))
		var with, without strings.Builder
		if err := c.Write(&with); err != nil {
			t.Fatal(err)
		}
		texts := c.Texts
		c.Texts = nil
		if err := c.Write(&without); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d texts, %d bytes of %d, %d left out", name, len(texts), with.Len()-without.Len(), with.Len(), c.Sources[0].TextsLeft)
		if with.Len() > 400<<10 || c.Sources[0].TextsLeft > 0 {
			t.Errorf("%s: a contract of %d bytes, %d texts left out", name, with.Len(), c.Sources[0].TextsLeft)
		}
	}
}
