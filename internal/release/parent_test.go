package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A table of a model of ActiveRecord, with most that a table can have.
const modelled = `create function audit() returns trigger language plpgsql as $$ begin insert into audits values (tg_op); return coalesce(new, old); end $$;
	create table audits (what text);
	create table orders (gone int, id bigserial primary key, "N ""1""" text default 'x', n int not null default 7, loud text generated always as (upper("N ""1""")) stored);
	alter table orders drop gone; alter table orders add late int default 3;
	create index on orders ("N ""1""");
	create trigger audit before insert or update or delete on orders for each row execute function audit();
	create table items (id bigserial primary key, order_id bigint references orders on delete cascade)`

// ofModel is code that looks up the table's primary key when it first uses it.
func ofModel(name string) judge.Code {
	code := ordering(name, "", contract.Gap{Reach: contract.Anything, Why: "SQL that is built when the code runs"})
	code.Contract.Relations[0].Uses[0].Introspects = true
	return code
}

// found is what ActiveRecord asks of a table when it first uses it
// (activerecord/lib/active_record/connection_adapters/postgresql).
const found = `select (select string_agg(a.attname, ',' order by a.attnum) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
		where i.indrelid = 'orders'::regclass and i.indisprimary)
	|| ' ' || (select string_agg(a.attname || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || case when a.attnotnull then ' not null' else '' end, ', ' order by a.attnum)
		from pg_attribute a left join pg_attrdef d on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attrelid = 'orders'::regclass and a.attnum > 0 and not a.attisdropped)`

// Code whose models look for a primary key finds it under the table's old name, before
// and after the rename, and what it has prepared goes on.
func TestRenameUnderParent(t *testing.T) {
	t.Parallel()
	for name, send := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, modelled)
				w := prepared(t, b.old, "orders")
				w.check(t, "before")
				looked, files := db.Value(t, found), db.Value(t, "select string_agg(relfilenode::text, ' ' order by oid) from pg_class where relname ~ '^orders_'")
				send(t, b, "alter table orders rename to purchases")
				w.check(t, "after")
				if got := db.Value(t, found); got != looked {
					t.Errorf("a model finds\n%s\nand before\n%s", got, looked)
				}
				if got := db.Value(t, "select string_agg(relfilenode::text, ' ' order by oid) from pg_class where relname ~ '^orders_' and relkind <> 'I'"); got != files {
					t.Errorf("an index was built: %s, before %s", got, files)
				}
				if got := db.Value(t, "select count(*) || ' ' || (select count(*) > 9 from audits) from only purchases"); got != "5 true" {
					t.Errorf("%s rows", got)
				}
				b.olds(t, `insert into orders ("N ""1""") values ('a'); update orders set id = -id, n = default, "N ""1""" = default where late = 3`,
					"insert into items (order_id) select id from purchases; delete from orders where id in (select min(id) from orders)",
					"select o.id, o.n, count(i.id) from orders o left join items i on i.order_id = o.id group by o.id",
					"select ctid, xmin, tableoid::regclass from orders tablesample system (100)", "begin; truncate orders, items; rollback",
					"begin; declare c cursor for select id from orders for update; fetch c; update orders set n = 1 where current of c; commit")
				if got := b.standing(t); got != "orders -> purchases" {
					t.Errorf("standing: %s", got)
				}
			})
		})
	}
}

// While the old name stands for the table, a migration may go on changing it: what old
// code meets is what the table is then.
func TestChangesUnderParent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  []string
		want string // of what code finds under the old name
		left string // kinds, unless they are the same
	}{
		"new column":         {[]string{"alter table purchases add more int default 4"}, "more default 4", ""},
		"in a block":         {[]string{"begin", "alter table purchases add more int not null default 4", "alter table purchases add again text", "commit"}, "more default 4 not null, again", ""},
		"after a savepoint":  {[]string{"begin", "savepoint s", "alter table purchases add more int", "rollback to s", "alter table purchases add again text", "commit"}, "late default 3, again", ""},
		"rolled back":        {[]string{"begin", "alter table purchases add more int", "rollback"}, "late default 3", ""},
		"required column":    {[]string{"begin", "delete from purchases", "alter table purchases add more int not null", "commit"}, "late default 3, more", ""},
		"dropped column":     {[]string{"alter table purchases drop column n"}, "n default 7 not null", ""},
		"not required":       {[]string{"alter table purchases alter n drop not null"}, "n default 7", ""},
		"default":            {[]string{"alter table purchases alter late set default 5"}, "late default 5", ""},
		"no default":         {[]string{"alter table purchases alter late drop default"}, "late", ""},
		"required":           {[]string{"alter table purchases alter late set not null"}, "late default 3", ""},
		"index":              {[]string{"create index on purchases (late)", "create index concurrently more on purchases (n)"}, "late default 3", ""},
		"constraint":         {[]string{"alter table purchases add constraint c check (n >= 0)", "alter table purchases drop constraint c"}, "late default 3", ""},
		"key":                {[]string{"create table others (purchase_id bigint references purchases)"}, "late default 3", "audits r, items r, orders p, others r, purchases r"},
		"trigger for rows":   {[]string{"create trigger t after insert on purchases for each row execute function audit()"}, "late default 3", ""},
		"as Rails":           {[]string{"alter index orders_pkey rename to purchases_pkey", "alter table orders_id_seq rename to purchases_id_seq"}, "id default nextval('purchases_id_seq'::regclass) not null", ""},
		"back":               {[]string{"alter table purchases rename to orders"}, "late default 3", "audits r, items r, orders r, purchases v"},
		"back in a block":    {[]string{"begin", "alter table purchases add more int", "alter table purchases rename to orders", "commit"}, "late default 3, more", "audits r, items r, orders r, purchases v"},
		"back and forth":     {[]string{"alter table purchases rename to orders", "alter table orders rename to sales"}, "late default 3", "audits r, items r, orders p, purchases v, sales r"},
		"dropped tables":     {[]string{"begin", "drop table items", "drop table purchases", "commit"}, "late default 3", ""},
		"again":              {[]string{"alter table orders rename to purchases"}, "late default 3", ""},
		"further":            {[]string{"alter table purchases rename to sales", "alter table sales add more int"}, "late default 3, more", "audits r, items r, orders p, purchases v, sales r"},
		"no longer a column": {[]string{"alter table purchases add more int", "alter table purchases drop more"}, "late default 3", ""},
		"type":               {[]string{"alter table purchases add more int", "alter table purchases alter more type bigint"}, "late default 3, more", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ofModel("one")}, waits: true}, modelled)
				w := prepared(t, b.old, "orders")
				b.run(t, "alter table orders rename to purchases")
				w.check(t, "before")
				b.run(t, c.sql...)
				if got := db.Value(t, found); !strings.HasPrefix(got, "id ") || !strings.Contains(got+",", c.want+",") {
					t.Errorf("a model finds %s, want %s", got, c.want)
				}
				if c.left == "" {
					c.left = "audits r, items r, orders p, purchases r"
				}
				if got := b.kinds(t); got != c.left {
					t.Errorf("relations %q, want %q", got, c.left)
				}
				b.olds(t, `insert into orders ("N ""1""") values ('a')`)
				if got := db.Value(t, `select count(*) from orders where "N ""1""" = 'a'`); got != "1" {
					t.Errorf("%s rows", got)
				}
			})
		})
	}
}

// What code would notice through the old name, or what the table could be no partition
// with, is refused.
func TestRefusedUnderParent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ code, sql, why string }{
		"column's name": {"MG052", "alter table purchases rename late to later", "have another name, too"},
		"statement":     {"MG052", "create trigger t after insert on purchases execute function audit()", "trigger t does not fire"},
		"rows":          {"MG052", "create trigger t after insert on purchases referencing new table as n for each row execute function audit()", "trigger t"},
		"rule":          {"MG052", "create rule r as on delete to purchases do instead nothing", "rules are passed by"},
		"row security":  {"MG052", "alter table purchases enable row level security", "policies are not looked at"},
		"primary key":   {"MG052", "alter table purchases drop constraint orders_pkey cascade", "no primary key"},
		"hidden":        {"42809", "do $$ begin alter table purchases add more int; end $$", "a statement of the migration's own"},
		"allowed drop":  {"MG052", "drop table purchases cascade", "it is gone"},
		"attached":      {"MG052", "create table parted (like purchases) partition by range (id); alter table parted attach partition purchases default", "a table is that of one only"},
		"inherits":      {"MG052", "create table parted (like purchases including generated); alter table purchases inherit parted", "inherits from another table"},
		"by the shim":   {"MG052", "alter table orders add more int", "is that of a shim"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ofModel("one")}, allow: []string{"hidden-rows:purchases", "dropped-table:purchases", "intercepted-write:purchases"}}, modelled)
				b.run(t, "alter table orders rename to purchases")
				e := b.fails(t, c.code, c.sql)
				if said := e.Message + e.Detail + e.Hint; !strings.Contains(said, c.why) {
					t.Errorf("said %q", said)
				}
				b.wants(t, "audits r, items r, orders p, purchases r", "orders -> purchases")
				b.olds(t, `insert into orders ("N ""1""") values ('a')`)
			})
		})
	}
}

// Where no partitioned table can stand in either, the rename is refused, with why.
func TestNoParent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ given, why string }{
		"no key":         {"alter table orders drop constraint orders_pkey cascade", "it has no primary key"},
		"included":       {"alter table orders drop constraint orders_pkey cascade, add primary key (id) include (n)", "it has no primary key"},
		"deferrable":     {"alter table orders drop constraint orders_pkey cascade, add primary key (id) deferrable", "it has no primary key"},
		"identity":       {"alter table orders alter id drop default, alter id add generated by default as identity", "column id is an identity"},
		"for statements": {"create trigger t after insert on orders execute function audit()", "trigger t does not fire"},
		"partition":      {"create table all_orders (like orders including generated) partition by range (id); alter table all_orders attach partition orders default", "it is a partition of all_orders"},
		"inherits":       {"create table more () inherits (orders)", "inherits"},
		"row security":   {"alter table orders enable row level security", "row security is on"},
		"row type":       {"create function title(orders) returns text language sql as $$ select 'x' || $1.id $$", "function title(orders)"},
		"unique index":   {"create unique index on orders (n)", `no unique index orders_n_idx for INSERT`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, modelled, c.given)
				if e := b.fails(t, "MG001", "alter table orders rename to purchases"); !strings.Contains(e.Detail, c.why) {
					t.Errorf("detail %q", e.Detail)
				}
				if got := b.standing(t); got != "" {
					t.Errorf("standing: %s", got)
				}
			})
		})
	}
}

// The primary key's index is taken over whatever the order of its columns.
func TestParentOfSeveralColumns(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ofModel("one")}}, `create table orders (a text collate "C", "B ""b""" int, c int, primary key ("B ""b""", a))`)
		b.run(t, "alter table orders rename to purchases")
		if got := db.Value(t, "select count(*) from pg_index where indrelid = 'purchases'::regclass"); got != "1" {
			t.Errorf("%s indexes", got)
		}
		b.olds(t, `insert into orders values ('x', 1, 1) on conflict (a, "B ""b""") do update set c = 2`)
	})
}
