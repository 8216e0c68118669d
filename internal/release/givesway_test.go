package release_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// sparing is code that asks for every column of orders, and not for legacy.
func sparing() []judge.Code {
	one := starring("one", "mg_one")
	one.Contract.Relations[0].Uses[0].Reads = contract.Named("id", `N "1"`, "other")
	return []judge.Code{one}
}

// A statement that adds a column and drops another goes on, in either order, and
// whether an overlay stands or not: that of what is left is shown.
func TestOverlayBesideADrop(t *testing.T) {
	t.Parallel()
	const add = "alter table orders add more int"
	for name, sql := range map[string][]string{
		"add, drop":                      {"alter table orders add most int, drop legacy"},
		"drop, add":                      {"alter table orders drop legacy, add most int"},
		"add, drop, where one stands":    {add, "alter table orders add most int, drop legacy"},
		"drop, add, where one stands":    {add, "alter table orders drop legacy, add most int"},
		"a new one, where one stands":    {"alter table orders drop legacy", add, "alter table orders alter more type bigint", "alter table orders drop more"},
		"one not there, where one stand": {"alter table orders drop legacy", add, "alter table orders drop if exists legacy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: sparing()}, orders, "alter table orders add legacy int")
				b.run(t, sql...)
				if got := db.Value(t, "select string_agg(attname, ', ' order by attnum) from pg_attribute where attrelid = 'mg_one.orders'::regclass"); got != `id, N "1", other` {
					t.Errorf("shown: %s", got)
				}
				if got := db.Value(t, "select count(*) from migguard.shim where dropped_at is null"); got != "1" {
					t.Errorf("%s on record", got)
				}
				prepared(t, steered(t, db, "mg_one"), "orders").check(t, "behind the overlay")
			})
		})
	}
}

// While the lock of a table is waited for, nobody waits long for the overlay that is
// in the statement's way; it stands when the lock was not to be had.
func TestGivingWayBlocksNobody(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: sparing(), lockWait: 4 * time.Second}, orders)
		b.run(t, "alter table orders add more int")
		if _, err := db.Connect(t).Exec(t.Context(), "begin; select from public.orders"); err != nil {
			t.Fatal(err)
		}
		old := steered(t, db, "mg_one")
		if _, err := old.Exec(t.Context(), "set statement_timeout = '3s'"); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := b.client.PgConn().Exec(t.Context(), "alter table orders alter other type bigint").ReadAll()
			ended <- err
		}()
		for {
			if _, err := old.Exec(t.Context(), "select id from orders"); err != nil {
				t.Fatal(explain(err))
			}
			select {
			case err := <-ended:
				failed(t, err, "55P03", "the statement")
				if got := db.Value(t, "select count(*) from pg_views where schemaname = 'mg_one'"); got != "1" {
					t.Errorf("%s overlays", got)
				}
				return
			default:
			}
		}
	})
}

// What old code leaves out gets the default that the table has by now, and what a
// default needed may go.
func TestOverlayFollowsDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  []string
		want string // what old code's DEFAULT is
	}{
		"set":              {[]string{"alter table orders alter d set default 5"}, "5"},
		"set with another": {[]string{"alter table orders alter other set default 1, alter d set default 5, add most int"}, "5"},
		"dropped":          {[]string{"alter table orders alter d drop default", "drop function f()"}, ""},
		"of a sequence":    {[]string{"create sequence s", "alter table orders alter d set default nextval('s')", "alter table orders alter d drop default", "drop sequence s"}, ""},
		"of a new column":  {[]string{"alter table orders alter more set default 5"}, "7"},
		"with a type":      {[]string{"alter table orders alter d drop default, alter d type bigint, alter d set default 5"}, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: sparing(), allow: []string{"dropped-function:f"}}, orders, "create function f() returns int language sql as 'select 7'", "alter table orders add d int default f()")
				b.run(t, "alter table orders add more int")
				b.run(t, c.sql...)
				var got [2]string
				for i, sql := range []string{"insert into orders (id) overriding system value values (9) returning coalesce(d::text, '')", "update orders set d = default returning coalesce(d::text, '')"} {
					if err := steered(t, db, "mg_one").QueryRow(t.Context(), sql).Scan(&got[i]); err != nil {
						t.Fatal(explain(err))
					}
				}
				if got != [2]string{c.want, c.want} {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}

// What a DO block does overlays give way to, too, several of them and their schema. A
// column's old name stays, and the error says so.
func TestGivingWayToABlock(t *testing.T) {
	t.Parallel()
	const given = "; alter table orders add legacy int; create table bills (id int primary key, n int)"
	code := func() []judge.Code {
		both := sparing()
		bills := both[0].Contract.Relations[0]
		bills.Name.Name, bills.Uses = "bills", slices.Clone(bills.Uses)
		bills.Uses[0].Reads = contract.Named("id", "n")
		both[0].Contract.Relations = append(both[0].Contract.Relations, bills)
		return both
	}
	adds := []string{"alter table orders add more int", "alter table bills add more int"}
	for name, c := range map[string]struct {
		sql    []string
		fails  string
		stands string // overlays
	}{
		"a type":         {append(adds, "do $$ begin alter table orders alter other type bigint; end $$"), "", "mg_one.bills"},
		"both":           {append(adds, "do $$ begin alter table orders alter other type bigint; alter table bills alter n type bigint; end $$"), "", ""},
		"a block":        {append(adds, "begin; create table c (id int)", "do $$ begin alter table orders alter other type bigint; end $$", "commit"), "", "mg_one.bills"},
		"a function":     {append(adds, "create function f() returns void language plpgsql as 'begin alter table orders alter other type bigint; end'"), "select f()", "mg_one.bills,mg_one.orders"},
		"a name":         {append(adds, `alter table orders rename "N ""1""" to label`, "alter table bills rename n to m"), `do $$ begin alter table bills alter m type bigint; end $$`, "mg_one.bills,mg_one.orders"},
		"several tables": {append(adds, "create table c (id int)", "drop table orders, c, bills"), "", ""},
		"with CASCADE":   {append(adds, "drop table orders, bills cascade"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: code(), allow: []string{"dropped-table:orders", "dropped-table:bills"}}, orders+given)
				b.run(t, c.sql...)
				if c.fails != "" {
					if e := b.fails(t, "0A000", c.fails); !strings.Contains(e.Hint, "is migguard's shim") || !strings.Contains(e.Hint, "take the migration out of this one") {
						t.Errorf("hint %q", e.Hint)
					}
				}
				if got := db.Value(t, "select coalesce(string_agg(schemaname || '.' || viewname, ',' order by viewname), '') from pg_views where schemaname like 'mg\\_%'"); got != c.stands {
					t.Errorf("%s stand, want %s", got, c.stands)
				}
				if got := db.Value(t, "select count(*) from pg_namespace where nspname = 'mg_one'"); (got == "1") != (c.stands != "") {
					t.Errorf("%s schemas", got)
				}
				if got := db.Value(t, "select count(*) from migguard.shim where dropped_at is null"); got != fmt.Sprint(len(strings.FieldsFunc(c.stands, func(r rune) bool { return r == ',' }))) {
					t.Errorf("%s on record", got)
				}
			})
		})
	}
}
