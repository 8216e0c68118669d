package release_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A moving table is what a random migration makes of orders: the model, and the SQL that
// has led to it.
type moving struct {
	*dice
	schema, name string
	columns      []string  // names of the first three by now, id first
	defaults     [3]string // as values; of the last two
	one          string    // a role
	said         []string
}

func (m *moving) table() string { return ddl.Name{Schema: m.schema, Name: m.name}.String() }

// step changes the model, and is the SQL that does so to the table.
func (m *moving) step() (sql string) {
	defer func() { m.said = append(m.said, sql) }()
	alter, n := "alter table "+m.table()+" ", 1+m.IntN(2)
	column := ddl.Quote(m.columns[n])
	switch m.IntN(12) {
	case 0, 1:
		m.name = pickOne(m.dice, []string{"orders", "bills", "invoices"})
		return alter + "rename to " + m.name
	case 2, 3:
		m.columns[n] = pickOne(m.dice, []string{`N "1"`, "other", "label", `it's "x"`})
		return alter + "rename " + column + " to " + ddl.Quote(m.columns[n])
	case 4, 5:
		m.schema = pickOne(m.dice, []string{"public", "s", "t"})
		return alter + "set schema " + m.schema
	case 6:
		if m.name != "orders" { // where a view hides it only until the name is back
			return "comment on table " + m.table() + " is 'x'"
		}
		return alter + "add " + m.dice.name() + " int not null default 1"
	case 7:
		m.defaults[n] = fmt.Sprint(1 + m.IntN(5))
		if m.dice.one(4) {
			return fmt.Sprintf("do $$ begin %salter %s set default '%s'; end $$", alter, column, m.defaults[n])
		}
		return fmt.Sprintf("%salter %s set default '%s'", alter, column, m.defaults[n])
	case 8:
		m.defaults[n] = ""
		return alter + "alter " + column + " drop default"
	case 9:
		return fmt.Sprintf("grant select, update (%s) on %s to %s", column, m.table(), m.one)
	case 10:
		return fmt.Sprintf("grant insert (%s), delete on %s to %s with grant option", column, m.table(), m.one)
	}
	return fmt.Sprintf("revoke %s on %s from %s", pickOne(m.dice, []string{"select", "update (" + column + ")", "all", "grant option for delete"}), m.table(), m.one)
}

// Whatever a migration does to the names, place, defaults and rights of a table, steered
// code of two builds goes on with what it has prepared, sees the rows that are there,
// and has the defaults and rights that are. MIGGUARD_TEST_SEED chooses one case.
func TestOverlayOfAMovingTable(t *testing.T) {
	t.Parallel()
	const cases = 30
	first, count := numberIn(t, "MIGGUARD_TEST_SEED", 1), numberIn(t, "MIGGUARD_TEST_SEQUENCES", cases)
	if os.Getenv("MIGGUARD_TEST_SEED") != "" {
		count = 1
	}
	servers := pgtest.Servers(t)
	var tally tally
	t.Cleanup(func() { fmt.Printf("moving tables: %v\n", tally.counts) })
	for i := range count {
		for _, server := range spread(servers, i, count) {
			t.Run(fmt.Sprintf("pg%d/seed%d", server.Major, first+i), func(t *testing.T) {
				t.Parallel()
				move(t, server, &dice{Rand: rand.New(rand.NewPCG(uint64(first+i), 0))}, &tally)
			})
		}
	}
}

// spread chooses the servers of one of count random cases: in turn, so that all servers
// together have them all, and each where there are fewer than servers.
func spread(servers []*pgtest.Server, i, count int) []*pgtest.Server {
	if count < len(servers) {
		return servers
	}
	return servers[i%len(servers):][:1]
}

func move(t *testing.T, server *pgtest.Server, d *dice, tally *tally) {
	db, bare := server.NewDB(t), server.NewDB(t)
	one, _ := role(t, db, "one")
	m := &moving{dice: d, schema: "public", name: "orders", columns: []string{"id", `N "1"`, "other"}, defaults: [3]string{"", "x", ""}, one: one}
	defer func() {
		if t.Failed() {
			t.Log(strings.Join(m.said, ";\n"))
		}
	}()
	given := orders + "; create schema s; create schema t"
	bare.Exec(t, given)
	o := options{code: []judge.Code{starring("one", "mg_one"), starring("two", "mg_two")}}
	for _, schema := range []string{"", "s.", "t."} {
		for _, table := range []string{"orders", "bills", "invoices"} {
			o.allow = append(o.allow, "revoked-right:"+schema+table)
		}
	}
	b := setup(t, db, o, given)
	var old []*workload
	for _, overlay := range []string{"mg_one", "mg_two"} {
		old = append(old, prepared(t, steered(t, db, overlay), "orders"))
	}
	for range 2 + d.IntN(6) {
		if d.one(5) {
			b.end(t, ledger.Failed)
			b.start(t, o)
		}
		before, size := *m, 1+d.IntN(3)
		before.columns = append([]string(nil), m.columns...)
		transaction := []string{"begin"}
		for range size {
			transaction = append(transaction, m.step())
		}
		transaction = append(transaction, "commit")
		if d.one(6) {
			transaction[len(transaction)-1] = "rollback"
		}
		done := bareDoes(t, bare, transaction)
		refused := ""
		for _, sql := range transaction {
			if _, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil && done {
				refused = explain(err)
				if !strings.Contains(refused, "SQLSTATE MG") {
					t.Fatalf("%s: %s", sql, refused)
				}
				break
			}
		}
		switch {
		case !done, refused != "", transaction[len(transaction)-1] == "rollback":
			b.run(t, "rollback")
			m.schema, m.name, m.columns, m.defaults = before.schema, before.name, before.columns, before.defaults
			m.said = append(m.said, "rollback -- "+refused)
		default:
			bareCommits(t, bare, transaction)
		}
		tally.add(map[bool]string{true: "refused", false: "done"}[refused != ""])
		for i, w := range old {
			m.check(t, db, w, fmt.Sprint("of build ", i+1))
		}
	}
	b.end(t, ledger.Succeeded)
	laterRuns(t, db)
	const shape = `select string_agg(format('%s.%s %s %s', n.nspname, c.relname, c.relkind, (select string_agg(attname, ',' order by attnum) from pg_attribute where attrelid = c.oid and attnum > 0)), E'\n' order by n.nspname, c.relname)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('public', 's', 't') or n.nspname like 'mg\_%'`
	if got, want := db.Value(t, shape), bare.Value(t, shape); got != want {
		t.Error(difference(got, want))
	}
}

// bareDoes tells whether the migration alone would come to its end, and leaves nothing.
func bareDoes(t *testing.T, bare *pgtest.DB, transaction []string) bool {
	conn := bare.Connect(t)
	defer conn.Close(t.Context())
	for _, sql := range transaction[:len(transaction)-1] {
		if strings.HasPrefix(sql, "grant") || strings.HasPrefix(sql, "revoke") {
			continue // its role is the other database's
		}
		if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
			return false
		}
	}
	return true
}

func bareCommits(t *testing.T, bare *pgtest.DB, transaction []string) {
	t.Helper()
	for _, sql := range transaction[1 : len(transaction)-1] {
		if !strings.HasPrefix(sql, "grant") && !strings.HasPrefix(sql, "revoke") {
			bare.Exec(t, sql)
		}
	}
}

// check has old code work, and holds what it sees to what there is.
func (m *moving) check(t *testing.T, db *pgtest.DB, w *workload, who string) {
	t.Helper()
	w.check(t, who)
	value := func(sql string, args ...any) string {
		t.Helper()
		var got string
		if err := w.conn.QueryRow(t.Context(), sql, args...).Scan(&got); err != nil {
			t.Fatalf("%s: %s: %s", who, sql, explain(err))
		}
		return got
	}
	if got, want := value(`insert into orders default values returning concat_ws('/', "N ""1""", other)`), strings.Trim(m.defaults[1]+"/"+m.defaults[2], "/"); got != want {
		t.Fatalf("%s: a row has %q by default, want %q", who, got, want)
	}
	const rows = `select coalesce(string_agg(concat_ws(',', id, %s, %s), ' ' order by id), '') from %s`
	got := value(fmt.Sprintf(rows, `"N ""1"""`, "other", "orders"))
	if want := db.Value(t, fmt.Sprintf(rows, ddl.Quote(m.columns[1]), ddl.Quote(m.columns[2]), m.table())); got != want {
		t.Fatalf("%s: rows %s, want %s", who, got, want)
	}
	rights := strings.Replace(strings.ReplaceAll(may, "a.attname", "a.attnum"), "a.attnum > 0", "a.attnum between 1 and 3", 1)
	if got, want := one(t, w.conn, strings.ReplaceAll(rights, "$1", "'orders'")), db.Value(t, rights, m.table()); got != want {
		t.Fatalf("%s: may do\n%s, want\n%s", who, got, want)
	}
}
