package release_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// steered is a session of a build, as its dynos start them.
func steered(t *testing.T, db *pgtest.DB, overlay string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["options"] = `-c search_path=` + overlay + `,"$user",public`
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// orders is what overlays are tested with, and ordering code that uses all of it.
const orders = `create table orders (id int generated always as identity primary key, "N ""1""" text default 'x', "other" int check (other > 0));
	create index on orders ("N ""1""")`

func ordering(build, overlay string, gaps ...contract.Gap) judge.Code {
	all := contract.Every()
	return judge.Code{Name: "build " + build, Overlay: overlay, Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1},
		[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{{Origin: contract.Model, By: "Order",
			At: contract.Evidence{File: "app/models/order.rb", Line: 1}, Reads: all, Updates: all, Adds: true, Inserts: all}}}}, gaps)}
}

// What old code has prepared before a rename, and what it sends after it, goes on;
// new code sees the new name, and so does everybody when the old builds are gone.
func TestOverlay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql []string
		new string
	}{
		"column":         {[]string{`alter table orders rename "N ""1""" to label`}, "select id, label from orders"},
		"block":          {[]string{"begin", `alter table orders rename "N ""1""" to label`, "create table more (id int)", "commit"}, "select id, label from orders"},
		"two columns":    {[]string{`alter table orders rename "N ""1""" to label`, "begin", "alter table orders rename other to amount", "commit"}, "select label, amount from orders"},
		"twice":          {[]string{`alter table orders rename "N ""1""" to label`, "alter table orders rename label to title"}, "select title from orders"},
		"to an old name": {[]string{"begin", "alter table orders rename other to amount", `alter table orders rename "N ""1""" to other`, "commit"}, "select amount, other from orders"},
		"second try":     {[]string{"begin", `alter table orders rename "N ""1""" to label`, "rollback", `alter table orders rename "N ""1""" to label`}, "select label from orders"},
		"more columns":   {[]string{`alter table orders rename "N ""1""" to label`, "alter table orders add more int default 1"}, "select label, more from orders"},
		"then the table": {[]string{`alter table orders rename "N ""1""" to label`, "alter table orders rename to purchases"}, "select label from purchases"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				bare := db.Server.NewDB(t)
				bare.Exec(t, orders, strings.Join(c.sql, ";"))
				b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one"), ordering("two", "mg_two")}}, orders)
				one, two := prepared(t, steered(t, db, "mg_one"), "orders"), prepared(t, steered(t, db, "mg_two"), "orders")
				one.check(t, "before")
				two.check(t, "before")
				b.run(t, c.sql...)
				one.check(t, "after")
				two.check(t, "after")
				prepared(t, steered(t, db, "mg_one"), "orders").check(t, "in a new session")
				newer := steered(t, db, "mg_three")
				if _, err := newer.Exec(t.Context(), c.new); err != nil {
					t.Errorf("new code: %v", err)
				}
				b.end(t, ledger.Succeeded)
				laterRuns(t, db)
				if got, want := db.Value(t, shape), bare.Value(t, shape); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		})
	}
}

// laterRuns are those of newer builds, after which no overlay is left.
func laterRuns(t *testing.T, db *pgtest.DB) {
	t.Helper()
	for _, build := range []string{"three", "four"} {
		doWith(t, db, nil, build, &judge.Policy{}, "select 1")
	}
	if got := db.Value(t, "select count(*) from pg_namespace where nspname like 'mg\\_%'"); got != "0" {
		t.Errorf("%s overlays left", got)
	}
}

// What fails only because an overlay depends on the table says so.
func TestOverlayOfAChangedTable(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one")}}, orders)
		b.run(t, `alter table orders rename "N ""1""" to label`)
		if e := b.fails(t, "0A000", "alter table orders alter other type bigint"); !strings.Contains(e.Hint, "mg_one.orders is migguard's shim") {
			t.Errorf("hint %q", e.Hint)
		}
	})
}

// uncopied keeps a column of orders from having a copy, which is the next remedy.
const uncopied = "create trigger uncopied before update on orders for each row execute function suppress_redundant_updates_trigger()"

// Without a proof that all code looks there first, there is no overlay.
func TestNoOverlay(t *testing.T) {
	t.Parallel()
	const sql = `alter table orders rename "N ""1""" to label`
	qualified := ordering("one", "mg_one")
	qualified.Contract.Relations[0].Schema = "public"
	unsteered, unread := ordering("two", ""), ordering("two", "mg_two")
	unsteered.Unsteered, unread.Contract = "web.1 has not announced itself", nil
	active := ordering("one", "mg_one")
	active.Contract.Relations[0].Uses[0].Introspects = true
	for name, c := range map[string]struct {
		code  []judge.Code
		given string
		sql   string
		why   string
	}{
		"ActiveRecord":  {[]judge.Code{active}, "", sql, "looks for its primary key and defaults, and a view has none: model Order (app/models/order.rb:1)"},
		"one is not":    {[]judge.Code{ordering("one", "mg_one"), unsteered}, "", sql, "build two would not look into an overlay: web.1 has not announced itself"},
		"no contract":   {[]judge.Code{ordering("one", "mg_one"), unread}, "", sql, "no contract of it is recorded"},
		"with schema":   {[]judge.Code{qualified}, "", sql, "it names the table with its schema: model Order"},
		"not known":     {[]judge.Code{ordering("one", "mg_one", contract.Gap{Reach: contract.Anything, Why: "SQL that is built when the code runs"})}, "", sql, "is not known: SQL that is built"},
		"function":      {[]judge.Code{ordering("one", "mg_one")}, `create function f() returns trigger language plpgsql as $$ begin new.other = length(new."N ""1"""); return new; end $$;`, "alter table orders rename other to amount", "function f() names other"},
		"inherited":     {[]judge.Code{ordering("one", "mg_one")}, "create table more () inherits (orders);", sql, "partitions or children"},
		"partition":     {[]judge.Code{ordering("one", "mg_one")}, "drop table orders; create table all_orders (id int, n text) partition by list (id); create table orders partition of all_orders default;", "alter table all_orders rename n to label", ""},
		"in a DO block": {[]judge.Code{ordering("one", "mg_one")}, "", `do $$ begin alter table orders rename "N ""1""" to label; end $$`, "hides what it renames"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: c.code}, orders, uncopied, c.given)
				if e := b.fails(t, "MG002", c.sql); !strings.Contains(e.Detail, c.why) {
					t.Errorf("detail %q", e.Detail)
				}
				if got := db.Value(t, "select count(*) from pg_namespace where nspname like 'mg\\_%'"); got != "0" {
					t.Errorf("%s overlays", got)
				}
			})
		})
	}
}

// A statement that waits for the rename's lock, prepared or not, finds the overlay
// when it gets it.
func TestOverlayUnderWaiters(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one")}}, orders)
		var old []*workload
		for range 4 {
			old = append(old, prepared(t, steered(t, db, "mg_one"), "orders"))
		}
		b.meetsWaiters(t, old, `update orders set "N ""1""" = 'y' returning *`, `alter table orders rename "N ""1""" to label`)
	})
}

// meetsWaiters changes a table while all of the old code waits for its lock, with a
// prepared statement or a text, and has it do all it does after that.
func (b *bundle) meetsWaiters(t *testing.T, old []*workload, text, change string) {
	t.Helper()
	waiting := make(chan error)
	b.run(t, "begin", change)
	for i, w := range old {
		go func() {
			var err error
			if i%2 == 0 {
				_, err = w.conn.Exec(context.WithoutCancel(t.Context()), "s0", w.args[0]...)
			} else {
				_, err = w.conn.PgConn().Exec(context.WithoutCancel(t.Context()), text).ReadAll()
			}
			waiting <- err
		}()
	}
	await(t, b.db, fmt.Sprintf("select count(*) = %d from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()", len(old)))
	b.run(t, "commit")
	for range old {
		if err := <-waiting; err != nil {
			t.Error(explain(err))
		}
	}
	for _, w := range old {
		w.check(t, "after")
	}
}

// A migration command of a build that has an overlay, after a rollback, say, finds
// the tables themselves, and makes what it makes where the app has it.
func TestCommandSeesNoOverlay(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, orders, "create table versions (id int); insert into versions values (1)",
			`create schema mg_one; create view mg_one.orders as select id, "other" as rank from orders`)
		for options, path := range map[string]string{
			"-c search_path=mg_one,public":                               `"$user", public`,
			"-c search_path=public -c work_mem=5MB -csearch_path=mg_one": "public",
		} {
			command := b.connectWith(t, options)
			if _, err := command.Exec(t.Context(), "create table if not exists versions (id int)"); err != nil {
				t.Fatal(explain(err))
			}
			var got, schema, table string
			if err := command.QueryRow(t.Context(), "select current_setting('search_path'), current_schema(), 'orders'::regclass").Scan(&got, &schema, &table); err != nil {
				t.Fatal(explain(err))
			}
			if got != path || schema != "public" || table != "orders" {
				t.Errorf("%s: it looks into %s, %s first, and orders is %s", options, got, schema, table)
			}
		}
		if got := db.Value(t, "select count(*) from pg_class where relname = 'versions'"); got != "1" {
			t.Errorf("%s tables", got)
		}
	})
}

// What code makes while it sees an overlay does not land there: it would hide what
// there is, and stay behind.
func TestNothingIsMadeInOverlay(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		owner, url := role(t, db, "app")
		db.Exec(t, orders, "create table versions (id int)", "alter table orders owner to "+owner, "alter table versions owner to "+owner, "alter database "+db.Name+" owner to "+owner,
			"grant create on schema public to "+owner)
		b := setup(t, db, options{url: url, code: []judge.Code{ordering("one", "mg_one")}})
		b.run(t, `alter table orders rename "N ""1""" to label`, "begin", "alter table orders rename other to amount", "commit", "create table more (other int)", "alter table more rename other to n")
		old := *db
		old.URL = url
		one := steered(t, &old, "mg_one")
		for _, sql := range []string{"create table if not exists versions (id int)", "create view v as select 1"} {
			_, err := one.Exec(t.Context(), sql)
			failed(t, err, "42501", sql)
		}
		if _, err := one.Exec(t.Context(), `insert into orders ("N ""1""", other) values ('a', 1); create temp table versions (id int); insert into versions values (1)`, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Error(explain(err))
		}
		b.end(t, ledger.Succeeded)
		laterRuns(t, &old)
	})
}
