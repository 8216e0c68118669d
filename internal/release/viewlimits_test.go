package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// underViews are renames after which old code meets a view.
var underViews = map[string]string{"table": "alter table orders rename to purchases", "column": "alter table orders rename note to remark"}

// What sets a column to its default finds it, and never NULL.
func TestViewHasDefaults(t *testing.T) {
	t.Parallel()
	const given = `create schema s; create function s.code() returns text language sql as $$ select 'c' || 1 $$; create type mood as enum ('it''s \ ok', 'bad');
		create table orders (id int generated always as identity primary key, n serial, note text default 'it''s \ n', code text default s.code(), mood mood default 'it''s \ ok',
			at timestamptz default now(), "A ""b"" 'c'" int not null default 7, twice int generated always as (id * 2) stored, none text, orders int default 1)`
	const set = `note = default, code = default, mood = default, at = default, "A ""b"" 'c'" = default, none = default, orders = default`
	for name, sql := range underViews {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one")}}, given)
				old := steered(t, db, "mg_one")
				b.run(t, "begin", sql, "commit")
				for _, sql := range []string{
					`insert into orders default values; insert into orders (note, code, "A ""b"" 'c'") values ('x', 'x', 1), (default, default, default)`,
					"update orders set " + set,
					`insert into orders (id, note) overriding system value values (1, 'x') on conflict (id) do update set ` + set,
				} {
					if _, err := old.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
						t.Fatal(explain(err))
					}
					var wrong int
					if err := old.QueryRow(t.Context(), `select count(*) from orders where (note <> 'x' and code <> 'x' or note is null or code is null)
						and not coalesce(note = 'it''s \ n' and code = 'c1' and mood = 'it''s \ ok' and at is not null and "A ""b"" 'c'" = 7 and none is null and orders = 1, false)`).Scan(&wrong); err != nil || wrong != 0 {
						t.Errorf("%s: %d rows are not as they would be in a table: %v", sql, wrong, err)
					}
				}
				// The sequence is nobody else's, so it can go.
				table := db.Value(t, "select relname from pg_class where relname in ('orders', 'purchases') and relkind = 'r'")
				db.Exec(t, "begin; alter table "+table+" alter n drop default; drop sequence orders_n_seq; rollback")
			})
		})
	}
}

// Rows of a view are of another type, so there is none where that would be noticed.
func TestNoViewForRowTypes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given, old, why string
		column          bool // by the rename of a column only
	}{
		"argument":   {"create function title(orders) returns text language sql as $$ select 'x' || $1.id $$", "select title(o) from orders o", "function title(orders) is of the row type", false},
		"array":      {"create function titles(orders[]) returns int language sql as $$ select 1 $$", "select titles(array_agg(o)) from orders o", "function titles(orders[])", false},
		"procedure":  {"create procedure take(orders) language sql as $$ select 1 $$", "do $$ declare o orders; begin select * into o from orders; call take(o); end $$", "function take(orders)", false},
		"column":     {"create table logs (o orders)", "insert into logs select o from orders o", "column logs.o", false},
		"in another": {"create type pair as (o orders, n int)", "select row(o, 1)::pair from orders o", "column pair.o", false},
		"result":     {"create function noted() returns setof orders language sql as $$ select * from orders $$", "select note from noted()", "function noted()", true},
	} {
		for kind, sql := range underViews {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					b := setup(t, db, options{code: []judge.Code{ordering("one", "mg_one")}}, "create table orders (id int primary key, note text)", uncopied, c.given)
					b.old = steered(t, db, "mg_one")
					b.olds(t, c.old)
					if c.column && kind == "table" {
						b.run(t, sql)
					} else if e := b.fails(t, map[string]string{"table": "MG001", "column": "MG002"}[kind], sql); !strings.Contains(e.Detail, "No shim: "+c.why) {
						t.Errorf("detail %q", e.Detail)
					}
					b.olds(t, c.old)
				})
			})
		}
	}
}
