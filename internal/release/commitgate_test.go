package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// rigged is a schema in which plain statements change it.
const rigged = `create table t (id int primary key, n text, m text); create table u (id int); create table plain (id int); insert into plain values (1); create schema s;
	create function gone() returns int language sql as 'select 1';
	create sequence q;
	create function drops() returns int language plpgsql as $$ begin alter table t drop column n; return 1; end $$;
	create function calls() returns int language sql as 'select drops()';
	create function fires() returns trigger language plpgsql as $$ begin perform calls(); return new; end $$;
	create function renames() returns trigger language plpgsql as $$ begin execute 'alter table t rename to x'; return new; end $$;
	create function unmakes() returns trigger language plpgsql as $$ begin drop function gone(); return new; end $$;
	create function moves() returns trigger language plpgsql as $$ begin alter schema s rename to s2; return new; end $$;
	create function unseats() returns trigger language plpgsql as $$ begin drop sequence q; return new; end $$;
	create table s.kept (id int);
	create table fired (id int); create trigger f before insert or update on fired for each row execute function fires();
	create table renamed (id int); create trigger f after insert on renamed execute function renames();
	create table unmade (id int); create trigger f after insert on unmade execute function unmakes();
	create table moved (id int); create trigger f after insert on moved execute function moves();
	create table unseated (id int); create trigger f after insert on unseated execute function unseats();
	create table parent (id int primary key); create table child (id int references parent on delete cascade);
	insert into parent values (1); insert into child values (1);
	create function fires_too() returns trigger language plpgsql as $$ begin perform drops(); return old; end $$;
	create trigger f before delete on child for each row execute function fires_too();
	create table defaulted (id int, d int default drops());
	create view seen as select drops() as d;
	create operator === (function = same, leftarg = int, rightarg = int);
	create table ruled (id int); create rule r as on insert to ruled do also select drops()`

const riggedFirst = `create function same(int, int) returns boolean language plpgsql as $$ begin perform drops(); return true; end $$`

// Plain statements that change the schema by what they call unseen.
var riggedStatements = map[string]struct {
	code, sql string
	late      bool // it may be made anew until the commit
}{
	"trigger":         {"MG004", "insert into fired values (1)", false},
	"trigger, update": {"MG004", "with x as (insert into fired values (1) returning id) select * from x", false},
	"rename":          {"MG001", "insert into renamed values (1)", false},
	"function":        {"MG020", "insert into unmade values (1)", true},
	"sequence":        {"MG021", "insert into unseated values (1)", false},
	"schema":          {"MG001", "insert into moved values (1)", false},
	"cascade":         {"MG004", "delete from parent", false},
	"default":         {"MG004", "insert into defaulted (id) values (1)", false},
	"view":            {"MG004", "select * from seen", false},
	"operator":        {"MG004", "select 1 === 2 from plain", false},
	"rule":            {"MG004", "insert into ruled values (1)", false},
}

const riggedState = `select string_agg(c.oid::regclass || '.' || attname, ' ' order by c.oid::regclass::text, attnum) || (select count(*) from pg_proc where pronamespace = 'public'::regnamespace) || ' ' || (select count(*) from pg_class where relkind = 'S')
	from pg_class c join pg_attribute a on attrelid = c.oid and attnum > 0 and not attisdropped
	where relkind in ('r', 'p', 'v', 'm') and relnamespace::regnamespace::text in ('public', 's', 's2')`

// A transaction in which code that no text shows has changed what running code uses
// is rolled back, whether the statement is alone in it or between others.
func TestCommitGate(t *testing.T) {
	t.Parallel()
	for name, tt := range riggedStatements {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				db.Exec(t, "create table t0 (id int)", "set check_function_bodies = off; "+riggedFirst+";"+rigged)
				b := setup(t, db, options{})
				before := db.Value(t, riggedState)
				b.fails(t, tt.code, tt.sql)
				_, err := b.client.PgConn().ExecParams(t.Context(), tt.sql, nil, nil, nil, nil).Close()
				failed(t, err, tt.code, tt.sql)
				b.run(t, "begin", "alter table t add column a int", tt.sql)
				b.fails(t, tt.code, "commit")
				b.run(t, "begin", tt.sql)
				if tt.late {
					b.run(t, "create table k (id int)")
					b.fails(t, tt.code, "commit")
				} else {
					b.fails(t, tt.code, "create table k (id int)")
					b.run(t, "rollback")
				}
				b.run(t, "begin", tt.sql, "rollback")
				b.fails(t, tt.code, "create table k (id int); "+tt.sql)
				if got := db.Value(t, riggedState); got != before {
					t.Errorf("now %s, was %s", got, before)
				}
				if status := b.client.PgConn().TxStatus(); status != 'I' {
					t.Errorf("transaction status %c", status)
				}
			})
		})
	}
}

const dropping = `create function drops() returns trigger language plpgsql as $$ begin alter table t drop column n; return new; end $$`

// event makes an event trigger that drops the column when there is a table go.
func event(when, tag, table string) string {
	return fmt.Sprintf(`create function on_ddl() returns event_trigger language plpgsql as $$ begin
		if tg_tag = '%s' and to_regclass('public.go') is not null and exists (select from pg_attribute where attrelid = to_regclass('public.%[2]s') and attname = 'n') then
			alter table public.%[2]s drop column n; end if; end $$; create event trigger on_ddl on %[3]s execute function on_ddl()`, tag, table, when)
}

// What hides is found when it was made by the run itself, or runs on schema
// statements; the last message is the one that fails.
func TestCommitGateOfNewCode(t *testing.T) {
	t.Parallel()
	const make = dropping + "; create trigger d before insert on u for each row execute function drops()"
	for name, tt := range map[string]struct {
		before string
		sql    []string
	}{
		"trigger":            {"", []string{dropping, "create trigger d before insert on u for each row execute function drops()", "insert into u values (1)"}},
		"one message":        {"", []string{make + "; insert into u values (1)"}},
		"in a block":         {"", []string{"begin", make, "insert into u values (1)", "commit"}},
		"by DO":              {"", []string{"do $do$ begin " + make + "; end $do$", "insert into u values (1)"}},
		"by a function":      {"create function makes() returns void language plpgsql as $m$ begin " + make + "; end $m$", []string{"select makes()", "insert into u values (1)"}},
		"copy":               {make, []string{"copy u from program 'echo 1'"}},
		"merge":              {make, []string{"insert into u select 1 on conflict do nothing"}},
		"event":              {event("ddl_command_end", "CREATE TABLE", "t"), []string{"create table go ()"}},
		"event, start":       {event("ddl_command_start", "COMMENT", "t"), []string{"create table go ()", "comment on table u is 'x'"}},
		"event, same table":  {event("ddl_command_end", "CREATE INDEX", "t"), []string{"create table go ()", "begin", "alter table t add column a int", "create index on t (id)"}},
		"event, with a shim": {event("ddl_command_end", "ALTER TABLE", "t"), []string{"create table go ()", "alter table u rename to w"}},
		"named as built in":  {"set check_function_bodies = off; create function lower(int) returns int language plpgsql as $$ begin alter table t drop column n; return 1; end $$", []string{"select lower(1)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, "create table t (id int, n text); create table u (id int); insert into t values (1, 'x')", tt.before)
				last := len(tt.sql) - 1
				b.run(t, tt.sql[:last]...)
				b.fails(t, "MG004", tt.sql[last])
				if b.client.PgConn().TxStatus() != 'I' {
					b.run(t, "rollback")
				}
				if n := db.Value(t, "select n from t"); n != "x" {
					t.Errorf("n is %q", n)
				}
			})
		})
	}
}

// Code that changes the schema of nobody's is let be, and what looks at nothing but
// rows is relayed unseen.
func TestCommitGateLetsPass(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		const touches = `create table t (id int primary key, n text); create table touched (id int, at timestamptz); create view v as select 1 as n;
			create function touch() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
			create trigger touch before insert or update on touched for each row execute function touch()`
		b := setup(t, db, options{}, touches)
		if !b.Relays("insert into touched values (1)") {
			t.Error("a trigger that changes no schema has statements taken over")
		}
		b.run(t, `create function part() returns trigger language plpgsql as $$ begin
			execute 'create table if not exists part_' || new.id || ' (id int)'; execute 'alter table part_' || new.id || ' add column if not exists b int';
			create temporary table scratch (a int); alter table scratch drop column a; drop table scratch; return new; end $$`,
			"create table parts (id int primary key)")
		if !b.Relays("insert into parts values (1)") {
			t.Error("a function that nothing calls has statements taken over")
		}
		b.run(t, "create trigger part before insert on parts for each row execute function part()")
		if b.Relays("insert into parts values (1)") || b.Relays("/* select */ delete from parts") || b.Relays("with x as (select 1) update parts set id = 1") || !b.Relays("select * from parts") {
			t.Error("what may change the schema is relayed, or what reads is not")
		}
		b.run(t, "insert into parts values (1)", "begin", "insert into parts values (2)", "alter table t add column a int", "insert into parts values (3), (4)", "commit",
			"insert into parts values (5); insert into parts values (6)")
		rows, err := b.client.Query(t.Context(), "insert into parts select g from generate_series($1::int, 12) g returning id", 10)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if rows.Err() != nil || n != 3 {
			t.Errorf("%d rows: %s", n, explain(rows.Err()))
		}
		b.run(t, "begin;\n/* migguard:allow dropped-view:v reason: v41 */ drop view v; commit",
			"begin; alter table t add column b int; savepoint s; alter table t rename column b to c; rollback to s; alter table t rename column b to d; rollback to s; insert into parts values (101); commit",
			"begin; alter table t add column c int; savepoint s; /* migguard:allow dropped-column:t.n reason: v41 */ alter table t drop column n; rollback to s; commit",
			"insert into parts values (100) on conflict do nothing -- "+strings.Repeat("x", 5<<20))
		if tag, err := b.client.PgConn().CopyFrom(t.Context(), strings.NewReader("20\n21\n"), "copy parts from stdin"); err != nil || tag.RowsAffected() != 2 {
			t.Errorf("%s: %s", tag, explain(err))
		}
		b.run(t, "alter table t rename to s")
		b.olds(t, "select * from t")
		if left := db.Value(t, "select (select count(*) from parts) || ' ' || (select count(*) from pg_class where relname ~ '^part_')"); left != "13 13" {
			t.Errorf("left %s", left)
		}
		if verdicts, refused := b.Recorded(); refused != 0 || len(verdicts) != 11 {
			t.Errorf("on record: %q", verdicts)
		}
	})
}

// The session that sees what was before may end at any time: it is dialed again.
func TestCommitGateDialsAgain(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, "create table t (id int, n text)")
		for _, sql := range []string{"alter table t add column a int", "alter table t add column b int"} {
			b.run(t, sql)
			killed := db.Value(t, `select count(pg_terminate_backend(pid)) from pg_stat_activity
				where datname = current_database() and application_name = 'migguard' and query ~ 'pg_inherits h WHERE'`)
			if killed != "1" {
				t.Fatalf("%s sessions see from outside", killed)
			}
		}
		if got, _ := b.Locks(); len(got) != 2 {
			t.Errorf("%q", got)
		}
	})
}
