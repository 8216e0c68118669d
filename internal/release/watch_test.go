package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const hidden = existed + `;
	create function drops() returns int language plpgsql as $$ begin alter table t drop column n; return 1; end $$;
	create function reads() returns setof int language sql as 'select id from t';
	create function "Quoted"() returns void language plpgsql as $$ begin drop table u; end $$;
	create procedure proc(x int) language plpgsql as $$ begin execute 'alter table u rename to w' || x; end $$;
	create procedure ends() language plpgsql as $$ begin drop table u; commit; end $$;
	create operator === (function = int4eq, leftarg = int, rightarg = int);
	insert into u values (1); create extension hstore; create table h (id int, h hstore)`

// Statements whose text does not show what they do are refused by what they
// did, which is taken back.
var hiding = map[string]struct{ code, sql string }{
	"drop":            {"MG003", "do $$ begin drop table t cascade; end $$"},
	"rename":          {"MG001", "do $$ begin alter table t rename to x; end $$"},
	"rename column":   {"MG002", "do $$ begin execute 'alter table t rename ' || 'n to m'; end $$"},
	"move":            {"MG001", "do $$ begin alter table u set schema s; end $$"},
	"rename schema":   {"MG001", "do $$ begin alter schema s rename to x; end $$"},
	"replace":         {"MG003", "do $$ begin drop table u; create table u (id int); end $$"},
	"swap":            {"MG001", "do $$ begin alter table u rename to u2; create table u (id int); end $$"},
	"function":        {"MG004", "select drops()"},
	"in an insert":    {"MG004", "insert into u select drops()"},
	"in a default":    {"MG004", "alter table u add column d int default drops()"},
	"in a check":      {"MG004", "with x as (select drops() as i) select * from x where i > 0"},
	"explained":       {"MG004", "explain analyze select drops()"},
	"copied":          {"MG004", "copy (select drops()) to stdout"},
	"quoted":          {"MG003", `select public."Quoted"()`},
	"called":          {"MG001", "call proc(1)"},
	"new function":    {"MG003", "create function f() returns void language plpgsql as $$ begin drop table u; end $$; select f()"},
	"hidden function": {"MG003", "do $$ begin create function f() returns void language plpgsql as 'begin drop table u; end'; end $$; select f()"},
	"new name":        {"MG004", "alter function drops rename to lower; select lower() + 1"},
	"prepared":        {"MG004", "deallocate all; prepare x as select drops(); execute x"},
	"as a text":       {"MG004", "select * from ts_stat('select drops()::text::tsvector')"},
	"as a text, xml":  {"MG004", "select query_to_xml('select drops()', true, true, '')"},
	"type":            {"MG004", "drop type e cascade"},
	"extension":       {"MG004", "drop extension hstore cascade"},
	"ends block":      {"2D000", "call ends()"},
	"commit":          {"2D000", "do $$ begin drop table u; commit; end $$"},
}

const hiddenState = `select string_agg(c.oid::regclass || '.' || coalesce(attname, ''), ' ' order by c.oid::regclass::text, attnum)
	from pg_class c left join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
	where relkind in ('r', 'p', 'v', 'm') and relnamespace::regnamespace::text in ('public', 's')`

func TestHiddenEffects(t *testing.T) {
	t.Parallel()
	for name, h := range hiding {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, hidden)
				before := db.Value(t, hiddenState)
				e := b.fails(t, h.code, h.sql)
				if strings.HasPrefix(h.code, "2") && !strings.Contains(e.Hint, "Write the statements out") {
					t.Error(explain(e))
				}
				b.run(t, "begin", "savepoint s")
				b.fails(t, h.code, h.sql)
				b.run(t, "rollback to s", "create table after ()", "drop table after", "commit")
				if !strings.Contains(h.sql, ";") || strings.HasPrefix(h.sql, "do") && !strings.Contains(h.sql, "$$; ") {
					_, err := b.client.PgConn().ExecParams(t.Context(), h.sql, nil, nil, nil, nil).Close()
					failed(t, err, h.code, h.sql)
				}
				if got := db.Value(t, hiddenState); got != before {
					t.Errorf("now %s, was %s", got, before)
				}
			})
		})
	}
}

// What only reads or writes rows passes, with its rows, and is not on record.
func TestWatchedQueries(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, hidden, "insert into t select g, 'x' from generate_series(1, 5) g")
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeCacheStatement} {
			rows, err := b.client.Query(t.Context(), "select reads() + $1::int as x", mode, 10)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pgx.CollectRows(rows, pgx.RowTo[int])
			if err != nil || !slices.Equal(got, []int{11, 12, 13, 14, 15}) {
				t.Errorf("mode %v: %v, %s", mode, got, explain(err))
			}
		}
		if verdicts, _ := b.Recorded(); len(verdicts) > 0 {
			t.Errorf("on record: %v", verdicts)
		}
		b.run(t, "do $$ begin insert into u select * from reads(); end $$", "begin; select reads(); commit; select count(*) from reads()")
		extended(t, b, "create table c as select reads() as id")
		if _, err := b.client.Exec(t.Context(), "create table d as select $1::int as id", pgx.QueryExecModeExec, 7); err != nil {
			t.Error(explain(err))
		}
		if got := db.Value(t, "select (select count(*) from u) + (select count(*) from c) + (select id from d)"); got != "18" {
			t.Errorf("%s rows, want 18", got)
		}
		b.run(t, "drop table c, d")
	})
}

// What the grammar here does not know is judged by its effect too.
func TestNewerSyntax(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		if db.Major < 18 {
			b := setup(t, db, options{}, existed)
			b.fails(t, "42601", "create table c (id int, g int generated always as (id) virtual)")
			return
		}
		b := setup(t, db, options{}, existed)
		b.run(t, "create table c (id int, d text default ';', g int generated always as (id) virtual)", "drop table c",
			"insert into u values (1) returning with (new as n) n.id", "alter table t add constraint x not null n not valid")
		b.fails(t, "42601", "select ((")
	})
}

// A text that cannot be split may hold a COMMIT: then it is not sent as it is.
func TestTooDeepText(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, existed)
		deep := "select " + strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000)
		b.run(t, deep)
		b.fails(t, "MG053", "begin; "+deep+"; drop table u; commit")
		b.olds(t, "select * from u")
	})
}
