package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Old code goes on where a table moves to another schema, also where it moves on, is
// renamed, or comes back, and so does new code that looks for it there.
func TestMovedTable(t *testing.T) {
	t.Parallel()
	const move = "alter table orders set schema s"
	one, two := ordering("one", "mg_one"), ordering("two", "mg_two")
	unsteered, qualified, unread := ordering("two", ""), ordering("two", "mg_two"), ordering("two", "mg_two")
	unsteered.Unsteered, unread.Contract = "web.1 has not announced itself", nil
	qualified.Contract.Relations[0].Schema = "public"
	const function = "create function f() returns bigint language sql as 'select count(*) from orders'"
	for name, c := range map[string]struct {
		code  []judge.Code
		given string
		sql   []string
		new   string // what new code says
		views string // those that stand
	}{
		"steered":                            {[]judge.Code{one, two}, "", []string{move}, "s.orders", "mg_one.orders mg_two.orders"},
		"one is not":                         {[]judge.Code{one, unsteered}, "", []string{move}, "s.orders", "public.orders"},
		"with its schema":                    {[]judge.Code{one, qualified}, "", []string{move}, "s.orders", "public.orders"},
		"no contract":                        {[]judge.Code{one, unread}, "", []string{move}, "s.orders", "public.orders"},
		"nothing known":                      {nil, "", []string{move}, "s.orders", "public.orders"},
		"named by a function":                {[]judge.Code{one}, function, []string{move}, "s.orders", "public.orders"},
		"in a block":                         {[]judge.Code{one}, "", []string{"begin", move, "create table orders (id int)", "commit"}, "s.orders", "mg_one.orders"},
		"second try":                         {[]judge.Code{one}, "", []string{"begin", move, "rollback", move}, "s.orders", "mg_one.orders"},
		"then a column":                      {[]judge.Code{one}, "", []string{move, `alter table s.orders rename "N ""1""" to label`}, "s.orders", "mg_one.orders"},
		"after a column":                     {[]judge.Code{one}, "", []string{`alter table orders rename "N ""1""" to label`, move}, "s.orders", "mg_one.orders"},
		"after a new column":                 {[]judge.Code{one}, "", []string{"alter table orders add more int", move}, "s.orders", "mg_one.orders"},
		"then the table":                     {[]judge.Code{one}, "", []string{move, "alter table s.orders rename to bills"}, "s.bills", "mg_one.orders s.orders"},
		"after the table":                    {[]judge.Code{one}, "", []string{"alter table orders rename to bills", "alter table bills set schema s"}, "s.bills", "public.orders"},
		"on":                                 {[]judge.Code{one}, "", []string{move, "alter table s.orders set schema s2"}, "s2.orders", "mg_one.orders"},
		"on, under a view":                   {nil, "", []string{move, "alter table s.orders set schema s2"}, "s2.orders", "public.orders s.orders"},
		"back":                               {[]judge.Code{one}, "", []string{move, "alter table s.orders set schema public"}, "orders", "mg_one.orders"},
		"back, under a view":                 {nil, "", []string{move, "alter table s.orders set schema public"}, "orders", "s.orders"},
		"back, with a new column":            {[]judge.Code{one}, "", []string{move, "alter table s.orders add more int", "alter table s.orders set schema public", "alter table orders add again int"}, "orders", "mg_one.orders"},
		"again, under a view":                {nil, "", []string{move, move, "alter table if exists orders set schema s"}, "s.orders", "public.orders"},
		"several tables":                     {[]judge.Code{one}, "create table more (id int)", []string{"begin", "alter table more set schema s", move, "alter table s.orders rename other to amount", "commit"}, "s.orders", "mg_one.orders"},
		"rename, then columns":               {[]judge.Code{one}, "", []string{"alter table orders rename to bills", "alter table bills rename other to amount", `alter table bills rename "N ""1""" to label`}, "bills", "public.orders"},
		"rename, then a column, not steered": {[]judge.Code{unsteered}, "", []string{"alter table orders rename to bills", "alter table bills rename other to amount"}, "bills", "public.orders"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: c.code}, orders, "create schema s; create schema s2", c.given)
				old := prepared(t, steered(t, db, "mg_one"), "orders")
				old.check(t, "before")
				b.run(t, c.sql...)
				old.check(t, "after")
				prepared(t, steered(t, db, "mg_one"), "orders").check(t, "in a new session")
				b.run(t, "select id from "+c.new)
				const views = "select coalesce(string_agg(schemaname || '.' || viewname, ' ' order by schemaname), '') from pg_views where schemaname not in ('pg_catalog', 'information_schema')"
				if got := db.Value(t, views); got != c.views {
					t.Errorf("views %s, want %s", got, c.views)
				}
				b.end(t, ledger.Succeeded)
				laterRuns(t, db)
				if got := db.Value(t, views); got != "" {
					t.Errorf("%s are left", got)
				}
			})
		})
	}
}

// What no view can take the place of does not move.
func TestTableThatStays(t *testing.T) {
	t.Parallel()
	active, stars := ordering("one", "mg_one"), ordering("one", "")
	active.Contract.Relations[0].Uses[0].Introspects = true
	stars.Unsteered = "web.1 has not announced itself"
	copies := ordering("one", "mg_one")
	copies.Contract.Relations[0].Uses[0].OnTable = "COPY"
	for name, c := range map[string]struct {
		code  []judge.Code
		given string
		sql   string
		why   string
	}{
		"ActiveRecord":   {[]judge.Code{active}, "", "alter table orders set schema s", "looks for its primary key"},
		"COPY":           {[]judge.Code{copies}, "", "alter table orders set schema s", "needs a table: COPY"},
		"shadowed":       {[]judge.Code{stars}, "", "set search_path = public, s; alter table orders set schema s", "its search path has public before s"},
		"row type":       {[]judge.Code{stars}, "create function f(orders) returns int language sql as 'select 1'", "alter table orders set schema s", "function f(orders)"},
		"in a DO block":  {[]judge.Code{stars}, "", "do $$ begin alter table orders set schema s; end $$", "The statement did that"},
		"another's name": {nil, "create table s.bills (id int)", "alter table s.bills set schema public; create table s.bills (id int)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: c.code}, orders, "create schema s", c.given)
				code := "MG001"
				if c.why == "" {
					code = "MG052"
				}
				if e := b.fails(t, code, c.sql); !strings.Contains(e.Detail, c.why) {
					t.Errorf("detail %q", e.Detail)
				}
			})
		})
	}
}

// The overlay of a moved table is not one that code can do without, also for a later
// run.
func TestMovedTableInALaterRun(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		o := options{code: []judge.Code{ordering("one", "mg_one")}}
		b := setup(t, db, o, orders, "create schema s")
		b.run(t, "alter table orders add more int", "alter table orders set schema s")
		b.end(t, ledger.Succeeded)
		b.start(t, o)
		old := prepared(t, steered(t, db, "mg_one"), "orders")
		if e := b.fails(t, "0A000", "alter table s.orders alter other type bigint"); !strings.Contains(e.Hint, "mg_one.orders is migguard's shim") {
			t.Errorf("hint %q", e.Hint)
		}
		b.run(t, `alter table s.orders rename "N ""1""" to label`)
		old.check(t, "after both")
		// Another table of the name is none of that code's.
		db.Exec(t, "create table orders (id int, other int)")
		b.run(t, "alter table orders rename other to amount")
		old.check(t, "beside another table")
	})
}
