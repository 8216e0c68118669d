package release_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// wide is a large table with a column of everything that another type has to bring along.
const wide = `create table other (id bigint primary key); insert into other values (1), (2);
	create table things (id serial primary key, up int references things on delete set null, o text, "Nu m" int not null default 1 references other on delete cascade, rank int,
		constraint uni unique ("Nu m", rank), check ("Nu m" > 0));
	alter table things add constraint later check ("Nu m" < rank + 100) not valid;
	create index things_half on things (("Nu m" / 2), id) where "Nu m" <> 7;
	create index things_include on things (rank) include ("Nu m") with (fillfactor = 70);
	create sequence counted owned by things."Nu m";
	comment on column things."Nu m" is 'it''s'; comment on index things_half is 'half'; comment on constraint uni on things is 'one';
	alter table things alter "Nu m" set statistics 42; grant select ("Nu m") on things to public;
	insert into things select g, nullif(g / 2, 0), 'x', 1 + g % 2, g from generate_series(1, 500) g; select setval('things_id_seq', 500);
	create table parts (thing int not null references things on update cascade, n int); comment on constraint parts_thing_fkey on parts is 'of a thing';
	insert into parts select g, g from generate_series(1, 100) g`

// byModel is code with a model of a table, which names all columns that it writes.
func byModel(table string, uses ...contract.Use) []judge.Code {
	all := contract.Every()
	return []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Upserts: true, Rows: true},
		[]contract.Relation{{Name: contract.Name{Name: table}, Uses: append(uses, contract.Use{Origin: contract.Model, By: "Thing",
			At: contract.Evidence{File: "app/models/thing.rb", Line: 1}, Reads: all, Updates: all, Adds: true, Inserts: all})}}, nil)}}
}

// typedShape is fullShape without the places of columns: one that gets another type by a copy is the
// last one. And what else belongs to a column.
var typedShape = strings.Replace(`select (`+fullShape+`) || (select string_agg(x, E'\n' order by x) from (
	select concat_ws(' ', attrelid::regclass, attname, attstattarget, attacl, attstorage, col_description(attrelid, attnum)) x from pg_attribute
		where attrelid = any(array(select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r')) and attnum > 0 and not attisdropped
	union all select concat_ws(' ', 'comment', pg_describe_object(classoid, objoid, objsubid), description) from pg_description where objsubid = 0 and objoid in (select oid from pg_class where relnamespace = 'public'::regnamespace union select oid from pg_constraint where connamespace = 'public'::regnamespace)
	union all select concat_ws(' ', conrelid::regclass, conname, contype, convalidated) from pg_constraint where connamespace = 'public'::regnamespace
	union all select concat_ws(' ', pg_describe_object(classid, objid, 0), 'of', pg_describe_object(refclassid, refobjid, refobjsubid)) from pg_depend
		where classid = 'pg_class'::regclass and deptype = 'a' and objid in (select oid from pg_class where relkind = 'S')) z)`,
	"row_number() over (partition by c.oid order by a.attnum)", "''", 1)

// A column of a large table gets another type by a copy that takes its place, and in the end there is
// what the statement would have made.
func TestRetype(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string][]string{
		"alone":            {`alter table things alter "Nu m" type bigint`},
		"using":            {`alter table only things alter "Nu m" set data type int8 using "Nu m"::bigint`},
		"two":              {`alter table things alter "Nu m" type bigint`, "alter table things alter rank type bigint"},
		"primary key":      {"alter table things alter id type bigint"},
		"of a transaction": {"begin", `alter table things alter "Nu m" type bigint`, "commit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				bare := db.Server.NewDB(t)
				bare.Exec(t, wide)
				bare.Exec(t, sql...)
				b := setup(t, db, options{large: true, code: byModel("things")}, wide)
				if sql[0] == "begin" {
					b.run(t, "begin")
					if e := b.fails(t, "MG061", sql[1]); !strings.Contains(e.Message, "bigint") {
						t.Error(e.Message)
					}
					b.run(t, "rollback")
					sql = sql[1:2]
					if err := b.Copies(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				b.run(t, sql...)
				if _, refused := b.Recorded(); refused != 0 {
					t.Errorf("%d refused", refused)
				}
				b.end(t, ledger.Succeeded)
				if got, want := db.Value(t, typedShape), bare.Value(t, typedShape); got != want {
					t.Errorf("%s\nwant\n%s", got, want)
				}
				if got := db.Value(t, `select count(*) from things where "Nu m" <> 1 + id % 2`) + db.Value(t, "select count(*) from pg_trigger where not tgisinternal") +
					db.Value(t, "select count(*) from pg_proc where proname like 'sync%'") + db.Value(t, "select count(*) from migguard.deferred where closed_at is null") +
					db.Value(t, "select count(*) from migguard.task where closed_at is null"); got != "00000" {
					t.Errorf("left: %s", got)
				}
			})
		})
	}
}

// What code writes while a column gets another type is there afterwards, and what only the new type
// takes can be written from then on. Every write of every session counts.
func TestRetypedWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to string
		values   []string
		left     string
		big      string
		allow    bool
		setting  string
	}{
		"integer":   {"int not null default 0", "bigint", []string{"0", "1", "-1", "2147483647", "-2147483648"}, "0", "2147483648", false, ""},
		"nullable":  {"smallint", "bigint", []string{"NULL", "1", "32767", "-32768"}, "NULL", "2147483648", false, ""},
		"real":      {"real not null default 1.5", "double precision", []string{"0.5", "1.5", "'NaN'", "'-Infinity'"}, "1.5", "1e300", false, ""},
		"numeric":   {"int default 7", "numeric", []string{"NULL", "7", "-2147483648"}, "7", "1e40", true, ""},
		"character": {"char(5) default 'a'", "text", []string{"'a'", "'b'", "NULL", "''"}, "'a'", "'longer than that'", true, ""},
		"time":      {"timestamp not null default '2020-01-01'", "timestamptz", []string{"'2020-01-01'", "'2020-07-01 12:00'", "'infinity'", "'2021-10-31 02:30'"}, "'2020-01-01'", "'2020-01-01Z'", true, "Europe/Berlin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				o := options{large: true, code: byModel("rows")}
				if c.allow {
					o.allow = []string{"retyped-column:rows.new"}
				}
				if c.setting != "" {
					db.Exec(t, "alter database "+pgx.Identifier{db.Name}.Sanitize()+" set timezone = '"+c.setting+"'")
				}
				b := setup(t, db, o, "create table rows (key int primary key, new "+c.from+", n int not null default 0)", "create index on rows (new, n)", "insert into rows (key) select -g from generate_series(1, 300) g")
				m := &syncModel{kind: c.to, values: c.values, left: c.left, rows: map[int]string{}}
				var writers sync.WaitGroup
				write := func(times int) {
					conn := db.Connect(t)
					seed := rand.Uint64()
					writers.Go(func() {
						dice := rand.New(rand.NewPCG(seed, 1))
						for range times {
							if err := m.write(t, conn, dice, []string{"new"}); err != nil {
								t.Errorf("seed %d: %s", seed, explain(err))
								return
							}
						}
					})
				}
				for range 3 {
					write(400)
				}
				b.run(t, "alter table rows alter new type "+c.to)
				write(100)
				writers.Wait()
				b.olds(t, "insert into rows (key, new) values (0, "+c.big+")")
				m.agrees(t, db, "cast((%s)::"+strings.Fields(c.from)[0]+" as "+c.to+")")
				b.end(t, ledger.Succeeded)
			})
		})
	}
}

// No copy takes a column's place where something would be lost, or written into the wrong column,
// and nothing is left of one.
func TestNoRetype(t *testing.T) {
	t.Parallel()
	const fired = "create function f() returns trigger language plpgsql as 'begin return new; end';"
	positional := contract.Use{Origin: contract.SQL, At: contract.Evidence{File: "load.go", Line: 3}, Adds: true, Inserts: contract.Every()}
	for name, c := range map[string]struct {
		given, sql, why string
		code            []judge.Code
	}{
		"referenced":     {"create table r (n int references t) partition by list (n); create table r_1 partition of r default", "alter table t alter id type bigint", "refers to it, which has partitions, or is one", nil},
		"identity":       {"alter table t add i int generated by default as identity", "alter table t alter i type bigint", "it is an identity column", nil},
		"update trigger": {fired + "create trigger a after update on t for each row execute function f()", "alter table t alter n type bigint", "its table has the trigger a", nil},
		"partitions":     {"create table p (id int, n int) partition by list (id); create table q partition of p default; insert into p values (1, 1)", "alter table p alter n type bigint", "not a column of a plain table", nil},
		"deferrable":     {"alter table t add unique (n) deferrable", "alter table t alter n type bigint", "is DEFERRABLE", nil},
		"excluded":       {"alter table t add exclude (n with =)", "alter table t alter n type bigint", "EXCLUDE", nil},
		"replicated":     {"alter table t alter n set not null; create unique index u on t (n); alter table t replica identity using index u", "alter table t alter n type bigint", "replica identity", nil},
		"statistics":     {"create statistics s on n, o from t", "alter table t alter n type bigint", "statistics object public.s depends on it", nil},
		"row type":       {"create table r (t t)", "alter table t alter n type bigint", "its rows are of the type of another table's column", nil},
		"two at once":    {"", "alter table t alter n type bigint, alter o type bigint", "does something else, too", nil},
		"by position":    {"", "alter table t alter n type bigint", "load.go:3", byModel("t", positional)},
		"unknown code":   {"", "alter table t alter n type bigint", "nothing is known of the code that runs", []judge.Code{}},
		"waits":          {"", "alter table t add check (n > 0); alter table t alter n type bigint", "waits for code that runs", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				code := c.code
				if code == nil {
					code = byModel("t")
				}
				b := setup(t, db, options{large: true, waits: true, code: code}, "create table t (id int primary key, n int, o int); insert into t values (1, 1, 1)", c.given)
				sql := strings.Split(c.sql, "; ")
				b.run(t, sql[:len(sql)-1]...)
				if e := b.fails(t, "MG007", sql[len(sql)-1]); !strings.Contains(e.Detail, c.why) {
					t.Errorf("detail %q", e.Detail)
				}
				if got := db.Value(t, "select (select count(*) from pg_attribute where attname like 'mg\\_copy%') + (select count(*) from migguard.task)"); got != "0" {
					t.Errorf("%s copies and tasks", got)
				}
			})
		})
	}
}

// A primary key gets wider while code adds rows, refers to them and takes them away: no statement of its
// fails that is not prepared, and no row refers to one that is not there.
func TestRetypedKey(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, code: byModel("things")}, "create table things (id serial primary key, n int)", "create table parts (id serial primary key, thing int not null references things on delete cascade)",
			"insert into things (n) select g from generate_series(1, 2000) g", "insert into parts (thing) select 1 + g % 2000 from generate_series(1, 2000) g")
		var writers sync.WaitGroup
		for range 3 {
			conn := db.Connect(t)
			writers.Go(func() {
				for n := range 400 {
					var id int64
					if err := conn.QueryRow(t.Context(), "insert into things (n) values ($1) returning id", pgx.QueryExecModeExec, n).Scan(&id); err != nil {
						t.Error(explain(err))
						return
					}
					sql := "insert into parts (thing) values ($1)"
					if n%4 == 0 {
						sql = "delete from things where id = $1"
					}
					if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeExec, id); err != nil {
						t.Error(explain(err))
						return
					}
				}
			})
		}
		b.run(t, "alter table things alter id type bigint")
		writers.Wait()
		b.olds(t, "insert into things (id, n) values (3000000000, 1)")
		b.run(t, "alter table parts alter thing type bigint")
		b.olds(t, "insert into parts (thing) values (3000000000)")
		want := fmt.Sprint(2000+900+1, " ", 2000+900+1, " 0 bigint t")
		if got := db.Value(t, `select concat_ws(' ', (select count(*) from things), (select count(*) from parts), (select count(*) from parts where thing not in (select id from things)),
			(select pg_typeof(id) from things limit 1), (select bool_and(convalidated) from pg_constraint where contype = 'f'))`); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		b.end(t, ledger.Succeeded)
	})
}
