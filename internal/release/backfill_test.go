package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// filling are ways to add a column with a value of its own for each row.
var filling = []string{
	"alter table a add column token uuid default gen_random_uuid()",
	"alter table a add token uuid not null default gen_random_uuid()",
	"alter table a add token uuid constraint there not null default gen_random_uuid() unique",
	"begin; alter table a add x int default (random() * 10)::int not null check (x >= 0), add y text, alter d set not null; create index on a (x); commit",
	`begin; alter table a add "Odd one" varchar(40) default clock_timestamp() collate "C"; alter table a add z float default random() not null; commit`,
	"set search_path = s; alter table a add v float default random() not null",
	"alter table a add token serial",
	"begin; alter table a add token bigserial constraint there not null unique, add z smallserial check (z > 0); comment on column a.token is 'x'; commit",
	`create table a_token_seq (id int); set search_path = s, public; alter table public.a add token serial`,
}

// sequenceState is every sequence, whose it is, and the defaults that it is in.
const sequenceState = `select string_agg(concat_ws(' ', s.seqrelid::regclass, s.seqtypid::regtype, seqstart, seqincrement, seqmax, seqcache, seqcycle, c.relpersistence,
		d.refobjid::regclass, a.attname, d.deptype, pg_get_expr(f.adbin, f.adrelid)), e'\n' order by s.seqrelid::regclass::text)
	from pg_sequence s join pg_class c on c.oid = s.seqrelid left join pg_depend d on d.objid = s.seqrelid and d.classid = 'pg_class'::regclass and d.refobjsubid > 0
	left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
	where c.relnamespace = 'public'::regnamespace`

// In the end the column is what the statement would have made of it, and each row
// has a value, those included that running code has made or changed meanwhile.
func TestBackfill(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, sql := range filling {
			guarded, bare := db.Server.NewDB(t), db.Server.NewDB(t)
			b := setup(t, guarded, options{large: true}, constrained)
			bare.Exec(t, constrained)
			bare.Exec(t, strings.Split(sql, "; ")...)
			quit, used := make(chan struct{}), make(chan error, 1)
			go func() {
				for n := 0; ; n++ {
					select {
					case <-quit:
						used <- nil
						return
					default:
					}
					if _, err := b.old.Exec(t.Context(), "update a set n = n || 'x' where id % 100 = $1::int % 100", n); err != nil {
						used <- err
						return
					}
					if _, err := b.old.Exec(t.Context(), "insert into a (id, n, d) values ($1::int, 'new ' || $1::int, '2020-01-01')", 10000+n); err != nil {
						used <- err
						return
					}
				}
			}()
			b.run(t, strings.Split(sql, "; ")...)
			close(quit)
			if err := <-used; err != nil {
				t.Errorf("%s: old code: %v", sql, err)
			}
			for _, state := range []string{constraintState, sequenceState} {
				if got, want := guarded.Value(t, state), bare.Value(t, state); got != want {
					t.Errorf("%s\n%s\nwant\n%s", sql, got, want)
				}
			}
			if got := guarded.Value(t, `select concat_ws(' ', (select count(*) from migguard.task where not done),
				(select count(*) from a where to_jsonb(a)->>'token' is null and to_jsonb(a) ? 'token' or to_jsonb(a)->>'z' is null and to_jsonb(a) ? 'z' or to_jsonb(a)->>'x' is null and to_jsonb(a) ? 'x'),
				(select count(distinct to_jsonb(a)->>'token') in (0, count(*)) from a))`); got != "0 0 t" {
				t.Errorf("%s: %s: %s", sql, got, guarded.Value(t, "select string_agg(kind || ' ' || coalesce(note, ''), '; ') from migguard.task"))
			}
			if verdicts, _ := b.Recorded(); !strings.Contains(strings.Join(verdicts, " "), "rewrite") {
				t.Errorf("%s: %v", sql, verdicts)
			}
			b.end(t, ledger.Succeeded)
		}
	})
}

// treeColumns is every column and constraint of the tables, but for the order in
// which partitions have them.
const treeColumns = `select string_agg(line, e'\n' order by line) from (
	select concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, atthasmissing, attinhcount, attislocal, pg_get_expr(adbin, adrelid)) as line
	from pg_attribute join pg_class c on c.oid = attrelid left join pg_attrdef on adrelid = attrelid and adnum = attnum
	where relkind in ('r', 'p') and relnamespace::regnamespace::text in ('public', 's') and attnum > 0 and not attisdropped
	union all select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, coninhcount, conislocal)
	from pg_constraint where connamespace::regnamespace::text in ('public', 's')) l`

// The rows of a partitioned table are filled partition by partition, those included
// that running code moves from one to another.
func TestBackfillOfPartitions(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, sql := range []string{"alter table parts add token uuid not null default gen_random_uuid()",
			"begin; alter table parts add x int, add token uuid default gen_random_uuid(), add z float not null default random(); comment on table parts is 'x'; commit"} {
			guarded, bare := db.Server.NewDB(t), db.Server.NewDB(t)
			b := setup(t, guarded, options{large: true}, treed)
			bare.Exec(t, treed)
			bare.Exec(t, strings.Split(sql, "; ")...)
			quit, used := make(chan struct{}), make(chan error, 1)
			go func() {
				var err error
				for n := 1; err == nil; n++ {
					select {
					case <-quit:
						used <- nil
						return
					default:
						_, err = b.old.Exec(t.Context(), "update parts set id = (id + 999) % 5000 where id % 500 = $1::int % 500", n)
					}
				}
				used <- err
			}()
			b.run(t, strings.Split(sql, "; ")...)
			close(quit)
			if err := <-used; err != nil {
				t.Errorf("%s: old code: %v", sql, err)
			}
			if got, want := guarded.Value(t, treeColumns), bare.Value(t, treeColumns); got != want {
				t.Errorf("%s\n%s\nwant\n%s", sql, got, want)
			}
			if got := guarded.Value(t, `select concat_ws(' ', count(distinct token), count(*), (select count(*) from migguard.task where not done), (select count(distinct tableoid) from parts)) from parts`); got != "5000 5000 0 6" {
				t.Errorf("%s: %s: %s", sql, got, guarded.Value(t, "select string_agg(kind || ' ' || coalesce(note, ''), '; ') from migguard.task"))
			}
			if verdicts, _ := b.Recorded(); !strings.Contains(strings.Join(verdicts, " "), "rewrite") {
				t.Errorf("%s: %v", sql, verdicts)
			}
			b.end(t, ledger.Succeeded)
		}
	})
}

// What is read by the name of a partition is not read before it is filled, and no
// partition comes or goes before; what would fill one otherwise is refused.
func TestBackfillOfPartitionsIsWaitedFor(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"detached-partition:p1"}}, treed, "create table late (like parts)",
			`create table fired (id int) partition by list (id); create table fired_1 partition of fired for values in (1); insert into fired values (1);
			create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger t before update on fired_1 for each row execute function f()`,
			`create table hidden (id int) partition by list (id); create table hidden_1 partition of hidden for values in (1); insert into hidden values (1);
			alter table hidden_1 enable row level security, force row level security`,
			"create table heirs (id int); create table heir () inherits (heirs); insert into heirs values (1)")
		const add = "alter table parts add token uuid default gen_random_uuid()"
		for _, sql := range []string{"select * from parts", "table s.p1", "delete from sub_1 where token is null",
			"alter table parts attach partition late for values from (10000) to (20000)", "alter table parts detach partition p1"} {
			b.run(t, "begin", add)
			b.fails(t, "MG055", sql)
			b.run(t, "rollback")
		}
		for _, table := range []string{"fired", "hidden", "heirs"} {
			b.fails(t, "MG007", "alter table "+table+" add token uuid default gen_random_uuid()")
		}
		b.run(t, "begin", add, "rollback", add, "table s.p1")
	})
}

// Where there are no values yet, none are read.
func TestBackfillIsWaitedFor(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, constrained)
		const add = "alter table a add token uuid default gen_random_uuid()"
		for _, sql := range []string{"select * from A", "update a set token = null where id = 1", "alter table a alter token set not null",
			"alter table a alter token drop default", "alter table a rename token to t", "alter table a rename to b", "copy a to stdout"} {
			b.run(t, "begin", add)
			b.fails(t, "MG055", sql)
			b.run(t, "rollback")
		}
		b.run(t, "select * from a limit 1", "begin", add, "insert into other values (99, 'x')", "commit", "begin", "select * from a", "update a set token = gen_random_uuid()", "commit")
		if got := db.Value(t, "select count(*) || ' ' || count(token) from a"); got != "2000 2000" {
			t.Error(got)
		}
	})
}

// What a backfill would do besides is a reason to refuse it.
func TestBackfillIsNotPossible(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, constrained,
			`create table fired (id int); insert into fired values (1); create function f() returns trigger language plpgsql as 'begin return new; end';
			create trigger t before insert or update on fired for each row execute function f();
			create table ruled (id int); insert into ruled values (1); create rule r as on update to ruled do also notify x;
			create table hidden (id int); insert into hidden values (1); alter table hidden enable row level security, force row level security;
			create table quiet (id int); insert into quiet values (1); create trigger t before insert on quiet for each row execute function f();
			create trigger u before update on quiet for each row execute function f(); alter table quiet disable trigger u`)
		for _, table := range []string{"fired", "ruled", "hidden"} {
			b.fails(t, "MG007", "alter table "+table+" add token uuid default gen_random_uuid()")
		}
		for _, column := range []string{"i int generated always as identity", "g int generated always as (id + 1) stored"} {
			b.fails(t, "MG007", "alter table a add "+column)
		}
		b.run(t, "create function made() returns int language plpgsql as 'begin return 7; end'")
		if err := b.fails(t, "MG007", "alter table a add m int default made()"); !strings.Contains(err.Hint, "fill the rows") {
			t.Error(err.Hint)
		}
		b.run(t, "alter table quiet add token uuid default gen_random_uuid()")
	})
}
