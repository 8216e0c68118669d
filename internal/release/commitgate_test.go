package release_test

import (
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
