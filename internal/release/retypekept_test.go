package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// counted is a large orders, with a column in the midst that gets a wider type.
const counted = `create table others (n int primary key); insert into others select generate_series(-10, 600);
	create table orders (id int generated always as identity primary key, n int not null default 7 check (n > -10) references others, "N ""1""" text default 'x', m smallint unique, s serial);
	create index orders_n on orders (n) where n > 0; create unique index orders_two on orders (n, id);
	insert into orders (n) select generate_series(1, 500)`

// selling is code of a build that is steered, with a model of orders.
func selling(build string) judge.Code {
	code := byModel("orders")[0]
	code.Name, code.Overlay = "build "+build, "mg_"+build
	return code
}

// Old code goes on with the type that it knows, by what it has prepared, and the two types are
// kept equal, whoever writes; when no old build runs, there is what the statement makes.
func TestRetypeUnderOverlay(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string][]string{
		"alone":       {"alter table orders alter n type bigint"},
		"transaction": {"begin", "alter table orders alter n type bigint", "commit"},
		"unique":      {"alter table orders alter m type int"},
		"serial":      {"alter table orders alter s type bigint", "alter table orders alter s drop not null"},
		"two":         {"alter table orders alter n type bigint", "alter table orders alter m type bigint"},
		"and renamed": {"alter table orders alter n type bigint", `alter table orders rename "N ""1""" to label`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				bare := db.Server.NewDB(t)
				bare.Exec(t, counted)
				bare.Exec(t, sql...)
				b := setup(t, db, options{large: true, code: []judge.Code{selling("one"), selling("two")}}, counted)
				one, two := prepared(t, steered(t, db, "mg_one"), "orders"), prepared(t, steered(t, db, "mg_two"), "orders")
				one.check(t, "before")
				sql := sql
				if sql[0] == "begin" {
					b.run(t, "begin")
					b.fails(t, "MG061", sql[1])
					b.run(t, "rollback")
					if err := b.Copies(t.Context()); err != nil {
						t.Fatal(err)
					}
					one.check(t, "with the copy")
				}
				b.run(t, sql...)
				one.check(t, "after")
				two.check(t, "after")
				if name != "unique" && name != "serial" {
					oldAndNew(t, db)
				}
				b.end(t, ledger.Succeeded)
				prepared(t, steered(t, db, "mg_one"), "orders").check(t, "in a new session")
				laterRuns(t, db)
				for _, is := range []*pgtest.DB{db, bare} {
					is.Exec(t, "select setval('orders_id_seq', 5000), setval('orders_s_seq', 5000)")
				}
				if got, want := db.Value(t, typedShape), bare.Value(t, typedShape); got != want {
					t.Error(difference(got, want))
				}
				if got := db.Value(t, "select count(*) from pg_trigger where not tgisinternal") + db.Value(t, "select count(*) from pg_proc where proname like 'sync%'") +
					db.Value(t, "select count(*) from migguard.deferred where closed_at is null"); got != "000" {
					t.Errorf("left: %s", got)
				}
			})
		})
	}
}

// oldAndNew has code of both types write, and read what the other has written.
func oldAndNew(t *testing.T, db *pgtest.DB) {
	t.Helper()
	old, newer := steered(t, db, "mg_one"), db.Connect(t)
	defer newer.Close(t.Context())
	db.Exec(t, "delete from orders where id >= 1000") // the others' ids are in order
	for _, c := range []struct{ of, sql, old, new string }{
		{"old", "insert into orders default values", "7 integer", "7 bigint"},
		{"new", "insert into orders default values", "7 integer", "7 bigint"},
		{"old", "insert into orders (n) values (400)", "400 integer", "400 bigint"},
		{"new", "insert into orders (n) values (401)", "401 integer", "401 bigint"},
		{"old", "update orders set n = 402 where id = (select max(id) from orders)", "402 integer", "402 bigint"},
		{"new", "update orders set n = 403 where id = (select max(id) from orders)", "403 integer", "403 bigint"},
		{"old", "update orders set n = default where id = (select max(id) from orders)", "7 integer", "7 bigint"},
		{"old", "insert into orders (n) values (404) on conflict (n, id) do nothing", "404 integer", "404 bigint"},
		{"new", "insert into orders (n) values (405) on conflict (n, id) do nothing", "405 integer", "405 bigint"},
	} {
		conn := old
		if c.of == "new" {
			conn = newer
		}
		if _, err := conn.Exec(t.Context(), c.sql); err != nil {
			t.Fatalf("%s code: %s: %s", c.of, c.sql, explain(err))
		}
		const last = "select n || ' ' || pg_typeof(n) from orders order by id desc limit 1"
		if got, want := one(t, old, last)+", "+one(t, newer, last), c.old+", "+c.new; got != want {
			t.Errorf("%s code: %s: %s, want %s", c.of, c.sql, got, want)
		}
	}
	for sql, code := range map[string]string{
		"update orders set n = 2147483648 where id = (select max(id) from orders)": "22003",
		"insert into orders (n) values (-11)":                                      "23514",
		"insert into orders (n) values (5000)":                                     "23503",
		"update orders set n = null":                                               "23502",
	} {
		_, err := newer.Exec(t.Context(), sql)
		failed(t, err, code, sql)
		if code != "22003" {
			_, err = old.Exec(t.Context(), sql)
			failed(t, err, code, sql)
		}
	}
}

// While the old type stays, a change of the column is refused, and the same one again is answered.
func TestRetypeUnderOverlayThenMore(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, code: []judge.Code{selling("one")}}, counted)
		b.run(t, "alter table orders alter n type bigint")
		for _, sql := range []string{"alter table orders rename n to amount", "alter table orders rename n to mg_old_2", "alter table orders rename mg_old_2 to n",
			"alter table orders alter n type numeric", "alter table orders drop column n", "alter table orders alter n drop default", "alter table orders alter mg_old_2 type bigint"} {
			if e := b.fails(t, "MG057", sql); !strings.Contains(e.Message, `columns n and mg_old_2 of orders are one to code that runs`) {
				t.Errorf("%s: %s", sql, e.Message)
			}
		}
		for _, sql := range []string{"do $$ begin alter table orders alter n set default 8; end $$", "create or replace function migguard.sync_" + db.Value(t, "select 'orders'::regclass::oid") + "_6() returns trigger language plpgsql as 'begin return new; end'",
			"drop trigger zzz_migguard_sync_6 on orders"} {
			b.fails(t, "MG057", sql)
		}
		b.run(t, "alter table orders alter n type bigint", "begin", "alter table orders alter n set data type int8 using n::bigint", "commit")
		prepared(t, steered(t, db, "mg_one"), "orders").check(t, "after")
	})
}

// A unique index, or constraint, that a later migration drops holds no row by the old type, either.
func TestRetypeUnderOverlayThenNotUnique(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"lost-arbiter:orders"}, code: []judge.Code{selling("one")}}, counted, "create unique index orders_m on orders (m, n)")
		b.run(t, "alter table orders alter m type int", "drop index concurrently orders_m", "alter table orders drop constraint orders_m_key", "insert into orders (m) values (1), (1)")
		if got := one(t, steered(t, db, "mg_one"), "select count(*) || ' ' || min(pg_typeof(m)::text) from orders where m = 1"); got != "2 smallint" {
			t.Errorf("old code sees %s", got)
		}
	})
}

// Code of JavaScript that would read a text from now on goes on with its number, also of a small table.
func TestBigintUnderOverlay(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		o := reading("i", true)
		o.code[0].Overlay = "mg_one"
		b := setup(t, db, o, typed, "insert into t (i) values (3)")
		b.run(t, "alter table t alter i type bigint")
		const is = "select i || ' ' || pg_typeof(i) from t"
		if got := one(t, steered(t, db, "mg_one"), is) + ", " + db.Value(t, is); got != "3 integer, 3 bigint" {
			t.Error(got)
		}
		unsteered := reading("i", true)
		again := setup(t, db.Server.NewDB(t), unsteered, typed)
		again.fails(t, "MG012", "alter table t alter i type bigint")
	})
}

// A copy whose change never came goes with the next build's run, and the overlays with it.
func TestRetypeUnderOverlayGivenUp(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, code: []judge.Code{selling("one")}}, counted)
		before := db.Value(t, typedShape)
		b.run(t, "begin")
		b.fails(t, "MG061", "alter table orders alter n type bigint")
		b.run(t, "rollback")
		if err := b.Copies(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.end(t, ledger.Failed)
		laterRuns(t, db)
		if got := db.Value(t, typedShape); got != before {
			t.Error(difference(got, before))
		}
	})
}
