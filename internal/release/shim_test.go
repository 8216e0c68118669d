package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// names are old and new names of a table, as SQL, and what makes their schema.
var names = map[string]struct{ before, old, new string }{
	"plain":      {"", "orders", "purchases"},
	"qualified":  {"create schema sales", "sales.orders", "purchases"},
	"mixed case": {`create schema "Sales"`, `"Sales"."Orders"`, `"Purchases"`},
	"odd":        {`create schema "a ""b"" c"`, `"a ""b"" c"."it's \ a.b"`, `"$1 -- ; 'x'"`},
	"unicode":    {`create schema "größe"`, `"größe"."テーブル"`, `"表"`},
	"63 bytes": {"create schema " + strings.Repeat("s", 63),
		strings.Repeat("s", 63) + "." + strings.Repeat("o", 63), strings.Repeat("n", 63)},
	"key words": {`create schema "select"`, `"select"."table"`, `"user"`},
}

// ways are how a runner may send one statement.
var ways = map[string]func(*testing.T, *bundle, string){
	"simple":   func(t *testing.T, b *bundle, sql string) { b.run(t, sql) },
	"extended": extended,
	"block":    func(t *testing.T, b *bundle, sql string) { b.run(t, "begin", sql, "commit") },
	"extended block": func(t *testing.T, b *bundle, sql string) {
		extended(t, b, "begin")
		extended(t, b, sql)
		extended(t, b, "commit")
	},
	"several": func(t *testing.T, b *bundle, sql string) {
		results, err := b.client.PgConn().Exec(t.Context(), "create table other (id int); "+sql+"; select 1").ReadAll()
		if err != nil {
			t.Fatal(explain(err))
		}
		if len(results) != 3 || results[1].CommandTag.String() != "ALTER TABLE" || len(results[2].Rows) != 1 {
			t.Errorf("%d results: %v", len(results), results)
		}
	},
	"several with a block": func(t *testing.T, b *bundle, sql string) {
		b.run(t, "begin; "+sql+"; commit")
	},
}

func extended(t *testing.T, b *bundle, sql string) {
	t.Helper()
	// pgx's own Exec takes the simple protocol for what has no arguments.
	tag, err := b.client.PgConn().ExecParams(t.Context(), sql, nil, nil, nil, nil).Close()
	if err != nil {
		t.Fatalf("%s: %s", sql, explain(err))
	}
	if strings.HasPrefix(sql, "alter table") && tag.String() != "ALTER TABLE" {
		t.Errorf("answered with %q", tag)
	}
}

func TestShimOfAnyName(t *testing.T) {
	t.Parallel()
	for name, n := range names {
		for way, send := range ways {
			if name != "odd" && way != "simple" {
				continue // how it is sent does not depend on the name
			}
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
					b := setup(t, db, options{}, n.before+";create table "+n.old+
						` (id int generated always as identity primary key, "N ""1""" text default 'x')`)
					w := prepared(t, b.old, n.old)
					w.check(t, "before")
					send(t, b, "alter table "+n.old+" rename to "+n.new)
					w.check(t, "after")
					schema, _, qualified := strings.Cut(n.old, ".")
					renamed := n.new
					if qualified {
						renamed = schema + "." + n.new
					}
					if got := db.Value(t, "select count(*) from only "+renamed); got != "5" {
						t.Errorf("%s rows, want 5", got)
					}
					if got := db.Value(t, "select obj_description($1::regclass, 'pg_class')", n.old); !strings.HasPrefix(got, "migguard shim: ") {
						t.Errorf("comment %q", got)
					}
				})
			})
		}
	}
}

// A workload is what old code does with a table (id identity, text), prepared
// before the rename.
type workload struct {
	conn       *pgx.Conn
	statements []string
	args       [][]any
}

func prepared(t *testing.T, conn *pgx.Conn, table string) *workload {
	t.Helper()
	w := &workload{conn: conn}
	add := func(sql string, args ...any) {
		sql = strings.ReplaceAll(sql, "TABLE", table)
		sql = strings.ReplaceAll(sql, "NAME", `"N ""1"""`)
		if _, err := conn.Prepare(t.Context(), fmt.Sprint("s", len(w.statements)), sql); err != nil {
			t.Fatal(err)
		}
		w.statements, w.args = append(w.statements, sql), append(w.args, args)
	}
	add("insert into TABLE (NAME) values ($1) returning *", "one")
	add("insert into TABLE default values returning id, NAME")
	add("insert into TABLE (id, NAME) overriding system value values (1000, $1) on conflict (id) do update set NAME = excluded.NAME returning *", "two")
	add("insert into TABLE (NAME) values ($1) on conflict do nothing", "three")
	add("select * from TABLE order by id")
	add("select * from TABLE where id = $1 for update", 1000)
	add("update TABLE set NAME = NAME || $1 where id > 0 returning *", "!")
	add("delete from TABLE where id = (select min(id) from TABLE) returning *")
	add("select t.id from TABLE t join TABLE u using (id) where t.NAME like $1", "%")
	return w
}

// check runs everything, the second half in a transaction.
func (w *workload) check(t *testing.T, when string) {
	t.Helper()
	do := func(sql string, args ...any) {
		if _, err := w.conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("old code, %s: %s: %s", when, sql, explain(err))
		}
	}
	for i := range w.statements {
		if i == len(w.statements)/2 {
			do("begin")
		}
		do(fmt.Sprint("s", i), w.args[i]...)
	}
	do("commit")
}

// A rename that the client takes back is gone with its shim and its record.
func TestRolledBackRename(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string][]string{
		"transaction": {"begin", "alter table a rename to b", "rollback"},
		"savepoint":   {"begin", "savepoint s", "alter table a rename to b", "rollback to s", "commit"},
		"own name":    {"begin", "savepoint migguard_lock", "alter table a rename to b", "rollback to migguard_lock", "commit"},
		"one message": {"begin; alter table a rename to b; rollback"},
		"twice":       {"begin", "savepoint s", "alter table a rename to b", "rollback to s", "alter table a rename to c", "rollback"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, "create table a (id int)")
				b.run(t, sql...)
				b.wants(t, "a r", "")
				b.run(t, "alter table a rename to b")
				b.wants(t, "a v, b r", "a -> b")
			})
		})
	}
}

// The client's lock_timeout is as it was.
func TestLockTimeoutIsKept(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b := setup(t, db, options{}, "create table a (id int)")
	b.run(t, "set lock_timeout = '7s'", "begin", "set local lock_timeout = '9s'", "alter table a rename to b")
	for _, want := range []string{"9s", "7s"} {
		var got string
		if err := b.client.QueryRow(t.Context(), "show lock_timeout", pgx.QueryExecModeSimpleProtocol).Scan(&got); err != nil || got != want {
			t.Errorf("lock_timeout %s, %v, want %s", got, err, want)
		}
		b.run(t, "commit")
	}
}

// A client that pipelines gets its answers in order.
func TestRenameInPipeline(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, "create table a (id int)")
		batch := &pgconn.Batch{}
		for _, sql := range []string{"insert into a values (1)", "alter table a rename to b", "select count(*) from b", "select count(*) from a"} {
			batch.ExecParams(sql, nil, nil, nil, nil)
		}
		results, err := b.client.PgConn().ExecBatch(t.Context(), batch).ReadAll()
		if err != nil {
			t.Fatal(explain(err))
		}
		if len(results) != 4 || results[1].CommandTag.String() != "ALTER TABLE" || string(results[2].Rows[0][0]) != "1" {
			t.Errorf("%v", results)
		}
		b.wants(t, "a v, b r", "a -> b")
	})
}
