package release_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// large is a table that counts as one, with what its indexes may need.
const large = `create table a (id int primary key, n text, "Odd name" int, d date, doc jsonb);
	insert into a select g, 'n' || g, g, date '2026-01-01' + g % 100, '{}' from generate_series(1, 2000) g;
	create schema s; create table s.a (id int, n text); insert into s.a values (1, 'x');
	create materialized view m as select * from a;
	create function fold(text) returns text language sql immutable as 'select upper($1)'`

// indexState is every index of the tables, as the server writes it.
const indexState = `select string_agg(concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, obj_description(indexrelid)), e'\n' order by indexrelid::regclass::text)
	from pg_index where indrelid::regclass::text in ('a', 's.a', 'm', 'parts')`

// spellings are ways to write an index; the name tells which are in a block.
var spellings = []string{
	"create index i on a (n)",
	`create unique index "I 2" on a using btree ("Odd name" desc nulls last, id) include (n) where d > '2026-02-01'`,
	"create index on a (n, d)",
	"create index on a (n) include (id)",
	"create index i on only a (n)",
	"create index i on a (lower(n) text_pattern_ops, fold(n) collate \"C\")",
	"create index i on public.a using gin (doc jsonb_path_ops) with (fastupdate = off)",
	"create index if not exists i on s.a (n)",
	"set search_path = s; create index i on a (n)",
	"create index i on m (n)",
	"create index i on a using hash (n) tablespace pg_default",
	"create index i on a (n) with (fillfactor = 70); comment on table a is 'x'",
}

// The index is in the end the one that the statement would have made, alone, in
// a block and among others, and old code writes all the time.
func TestIndexIsTheSame(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		bare := db.Server.NewDB(t)
		b := setup(t, db, options{large: true}, large)
		bare.Exec(t, large)
		plain := bare.Connect(t)
		for i, sql := range spellings {
			for j, around := range []string{"%s", "begin; %s; commit", "select 1; %s; select 2"} {
				// Each way on some of the servers, and all ways on all of them.
				if (i+db.Major)%3 != j && !strings.HasPrefix(sql, "set") || strings.HasPrefix(sql, "set") && j > 0 {
					continue
				}
				text := fmt.Sprintf(around, sql)
				b.run(t, strings.Split(text, "; ")...)
				if _, err := plain.Exec(t.Context(), "reset search_path; "+text, pgx.QueryExecModeSimpleProtocol); err != nil {
					t.Fatal(explain(err))
				}
				if got, want := db.Value(t, indexState), bare.Value(t, indexState); got != want {
					t.Errorf("%s\n%s\nwant\n%s", text, got, want)
				}
				for _, one := range []*pgtest.DB{db, bare} {
					one.Exec(t, `do $$ declare i text; begin
						for i in select indexrelid::regclass from pg_index where indrelid::regclass::text in ('a', 's.a', 'm') and not indisprimary
						loop execute 'drop index ' || i; end loop; end $$`)
				}
				b.run(t, "reset search_path")
			}
		}
		verdicts, refused := b.Recorded()
		for i, v := range verdicts {
			if v != "rewrite" && v != "allow" || refused > 0 {
				t.Errorf("statement %d: %s", i, v)
			}
		}
	})
}

// Between the statement and the end of its transaction nobody waits, and there
// is no index if that is rolled back.
func TestIndexBlocksNobody(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large)
		b.olds(t, "set lock_timeout = '5s'")
		const write = "insert into a (id) select max(id) + 1 from a"
		b.run(t, "begin", "create index i on a (n)", "create unique index j on a (id)")
		b.olds(t, write, "begin", write)
		b.run(t, "rollback")
		b.olds(t, "commit", write)
		if err := b.Tasks(t.Context()); err != nil {
			t.Error(err)
		}
		b.run(t, "begin", "create index i on a (n)", "savepoint s", "create index j on a (n)", "rollback to s")
		b.olds(t, write, "begin", write, "commit")
		b.run(t, "commit")
		if got := db.Value(t, "select string_agg(indexrelid::regclass::text || indisvalid, ' ' order by 1) from pg_index where indrelid = 'a'::regclass"); got != "a_pkeytrue itrue" {
			t.Error(got)
		}
		if got := db.Value(t, "select string_agg(object_name || done, ' ') from migguard.task"); got != "itrue" {
			t.Errorf("tasks: %s", got)
		}
	})
}

// What is wrong with a statement is said at once and by the server.
func TestIndexErrorsAtOnce(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large+"; create index taken on a (d); create type typed as (n int); create function whole(a) returns text language sql immutable as 'select $1.n'")
		for sql, code := range map[string]string{
			"create index i on a (nope)":              "42703",
			"create index i on a (id jsonb_path_ops)": "42704",
			"create index i on a (n) where now() > d": "42P17",
			"create index i on a using nope (n)":      "42704",
			"create index taken on a (n)":             "42P07",
			"create index i on nope (n)":              "42P01",
			"create index i on a (n) with (nope = 1)": "22023",
			"create index i on a (n) tablespace nope": "42704",
			"create index i on a (whole(a))":          "42883",
			"create index typed on a (n)":             "42P07",
		} {
			b.fails(t, code, sql)
			b.run(t, "begin")
			b.fails(t, code, sql)
			b.run(t, "rollback")
		}
		if got := db.Value(t, "select count(*) from migguard.task"); got != "0" {
			t.Errorf("%s tasks", got)
		}
	})
}

// Verdicts follow the table's size and the policy.
func TestIndexVerdicts(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		const parts = "; create table parts (id int) partition by range (id); create table p1 partition of parts for values from (1) to (10); insert into parts values (1)"
		db.Exec(t, large+parts+"; create table p2 (id int); create table empty (id int); create table a_n_idx ()")
		small := setup(t, db, options{})
		small.run(t, "begin", "create index i on a (n)")
		if got := small.client.PgConn().TxStatus(); got != 'T' {
			t.Errorf("status %c", got)
		}
		small.run(t, "rollback")
		small.end(t, "succeeded")
		b := setup(t, db, options{large: true, allow: []string{"blocking-index:s.a"}})
		b.run(t, "create index on empty (id)", "create index on s.a (n)", "create table new (id int); insert into new values (1); create index on new (id)",
			"create index parts_id on only parts (id)")
		b.run(t, "create table if not exists a (id int)", "create index on a (d)", "drop index a_d_idx") // made is what is made
		if e := b.fails(t, "MG005", "create index on a (lower(n))"); !strings.Contains(e.Detail, "no name") {
			t.Error(explain(e))
		}
		if e := b.fails(t, "MG005", "create index on a (n)"); !strings.Contains(e.Detail, "a_n_idx") {
			t.Error(explain(e))
		}
		b.run(t, "begin", "create index on a (d)")
		if e := b.fails(t, "MG005", "create unique index on a (d) where n > 'x'"); !strings.Contains(e.Detail, "a_d_idx") {
			t.Error(explain(e))
		}
		b.run(t, "rollback")
		if verdicts, refused := b.Recorded(); refused != 3 || strings.Count(strings.Join(verdicts, " "), "rewrite") != 2 {
			t.Error(verdicts)
		}
	})
}

// In its transaction an index is not there yet: what needs it, or takes its
// table from it, is refused, and nothing else is.
func TestIndexIsOwed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"dropped-column:a.d", "renamed-table:a"}}, large+"; drop materialized view m")
		for _, sql := range []string{"drop index i", "drop index if exists public.i", "comment on index i is 'x'", "alter index i rename to j",
			"create index if not exists i on a (d)", "alter table a drop column d", "alter table a rename to b", "alter table a cluster on i"} {
			b.run(t, "begin", "create index i on a (n)")
			if e := b.fails(t, "MG055", sql); !strings.Contains(e.Hint, "migration of its own") {
				t.Error(explain(e))
			}
			b.run(t, "rollback")
		}
		b.run(t, "begin", "create index i on a (n)", "alter table a add column x int", "alter table a alter column n set not null",
			"alter table a add check (id > 0)", "drop index if exists s.i", "commit")
		b.run(t, "drop index i", "begin", "create index i on a (n)", "commit", "alter table a drop column d")
	})
}

// An index that IF NOT EXISTS finds is left alone, unless it is of no use.
func TestIndexIfNotExists(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, large+"; insert into a values (0, 'n1'); create index other on a (d)")
		_, err := b.old.Exec(t.Context(), "create unique index concurrently i on a (n)")
		failed(t, err, "23505", "create unique index")
		b.run(t, "create index if not exists other on a (n)", "begin", "create index if not exists i on a (n)", "commit", "create index if not exists i on a (d)")
		if got := db.Value(t, "select pg_get_indexdef('i'::regclass) || indisvalid || pg_get_indexdef('other'::regclass) from pg_index where indexrelid = 'i'::regclass"); got !=
			"CREATE INDEX i ON public.a USING btree (n)trueCREATE INDEX other ON public.a USING btree (d)" {
			t.Error(got)
		}
	})
}

// The name foretold is the one the server gives.
func TestIndexName(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		conn := db.Connect(t)
		letters := []string{"a", "b_", "é", "日", "🙂", "X y"}
		for range 60 {
			name := func() string {
				var s strings.Builder
				for range 1 + rand.N(30) {
					s.WriteString(letters[rand.N(len(letters))])
				}
				return strings.ToValidUTF8(s.String()[:min(s.Len(), 63)], "")
			}
			table, columns := name(), []string{name() + "1"}
			for range rand.N(4) {
				columns = append(columns, fmt.Sprint(len(columns)+1, name()))
			}
			defs, keys := "", ""
			for i, c := range columns {
				c = strings.ToValidUTF8(c[:min(len(c), 63)], "")
				defs += fmt.Sprintf(", %s int", ddl.Quote(c))
				if i > 0 {
					keys += ", "
				}
				keys += ddl.Quote(c)
			}
			sql := fmt.Sprintf("create index on %s (%s)", ddl.Quote(table), keys)
			_, err := conn.Exec(t.Context(), fmt.Sprintf("begin; create table %s (%s); %s", ddl.Quote(table), defs[2:], sql))
			if err != nil {
				t.Fatalf("%s: %s", sql, explain(err))
			}
			var got string
			err = conn.QueryRow(t.Context(), "select c.relname from pg_index join pg_class c on c.oid = indexrelid where indrelid = $1::regclass", ddl.Quote(table)).Scan(&got)
			if want := ddl.IndexName(sql, table); err != nil || got != want {
				t.Errorf("%s: the server says %q, not %q (%v)", sql, got, want, err)
			}
			if _, err := conn.Exec(t.Context(), "rollback"); err != nil {
				t.Fatal(err)
			}
		}
	})
}
