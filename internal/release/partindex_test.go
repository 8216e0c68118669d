package release_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// treed are partitions at two levels, with columns in another order, in another
// schema, of a name too long for its index, with indexes already; and what their
// names meet.
const treed = `create schema s; create table parts (gone int, id int, n text, d date, "Odd name" int) partition by range (id);
	alter table parts drop column gone;
	create table p1 partition of parts for values from (1) to (1000);
	create table other_order (n text, "Odd name" int, x int, id int, d date); alter table other_order drop column x;
	alter table parts attach partition other_order for values from (1000) to (1500);
	create table s.p1 partition of parts for values from (1500) to (2000);
	create table "Sub" partition of parts for values from (2000) to (4000) partition by range (id);
	create table sub_1 partition of "Sub" for values from (2000) to (3000);
	create table a_partition_whose_name_is_so_long_that_its_indexes_are_clipped partition of "Sub" for values from (3000) to (4000);
	create table rest partition of parts default;
	create index older on rest (n); create index own on p1 (d); create index other on other_order (n text_pattern_ops);
	create table p1_n_idx (); create type "Sub_n_idx" as (x int);
	create function fold(text) returns text language sql immutable as 'select upper($1)';
	insert into parts (id, n, d, "Odd name") select g, 'n' || g, date '2026-01-01' + g % 100, g from generate_series(1, 5000) g`

// treeIndexes is every index, as the server writes it, with that of its parent and
// the names of its columns.
const treeIndexes = `select string_agg(concat_ws(' ', pg_get_indexdef(i.indexrelid), indisvalid, indisready, inhparent::regclass,
		(select array_agg(attname order by attnum) from pg_attribute where attrelid = i.indexrelid), c.reloptions, obj_description(i.indexrelid)), e'\n' order by i.indexrelid::regclass::text)
	from pg_index i join pg_class c on c.oid = indexrelid left join pg_inherits on inhrelid = indexrelid
	where c.relnamespace::regnamespace::text in ('public', 's')`

// treeSpellings are ways to write an index of a partitioned table.
var treeSpellings = []string{
	"create index i on parts (n)",
	"create index on parts (n)",
	`create unique index "I 2" on parts ("Odd name" desc nulls last, id) include (n)`,
	"create index on parts (d, n)",
	"create index i on parts (lower(n) text_pattern_ops, (id + 1), fold(n) collate \"C\")",
	"create index i on public.parts using hash (n) with (fillfactor = 70)",
	"create index if not exists i on parts (n text_pattern_ops) where d > '2026-02-01'",
	"set search_path = s, public; create index i on parts (d desc)",
	"create index i on \"Sub\" (n)",
	"create index i on parts (n); create index j on parts (n); create index k on parts (id)",
	"create unique index i on parts (id); comment on table parts is 'x'",
	"create index if not exists own on parts (n)",
}

// The index of a partitioned table, and those of its partitions, are in the end
// those that the statement would have made.
func TestPartitionedIndexIsTheSame(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for i, sql := range treeSpellings {
			for j, around := range []string{"", "begin; "} {
				// Each way on some of the servers, and both on all of them.
				if os.Getenv(everything) != "full" && (i+db.Major)%2 != j {
					continue
				}
				guarded, bare := db.Server.NewDB(t), db.Server.NewDB(t)
				b := setup(t, guarded, options{large: true}, treed)
				bare.Exec(t, treed)
				plain := bare.Connect(t)
				if _, err := plain.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
					t.Fatal(explain(err))
				}
				text := around + sql
				if around != "" {
					text += "; commit"
				}
				b.run(t, strings.Split(text, "; ")...)
				if got, want := guarded.Value(t, treeIndexes), bare.Value(t, treeIndexes); got != want {
					t.Errorf("%s\n%s\nwant\n%s", text, got, want)
				}
				if got := guarded.Value(t, leftovers); got != "0 0" {
					t.Errorf("%s: %s", text, got)
				}
				if verdicts, _ := b.Recorded(); !strings.Contains(strings.Join(verdicts, " "), "rewrite") && !strings.Contains(sql, "own") {
					t.Errorf("%s: %v", text, verdicts)
				}
				b.end(t, ledger.Succeeded)
			}
		}
	})
}

// leafIndexes are the indexes that rows are in: which, and in what files.
const leafIndexes = `select string_agg(concat_ws(' ', c.oid, relname, relfilenode), ', ' order by relname) from pg_index join pg_class c on c.oid = indexrelid where relkind = 'i'`

// A run that ends before the partitions' indexes are attached leaves that to the
// next, which builds none of them anew; a partition that came meanwhile gets its
// index then. Nobody waits for either.
func TestPartitionedIndexGoesOn(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, lockWait: time.Millisecond}, treed)
		bare := db.Server.NewDB(t)
		const late = "create table late (like parts); insert into late (id) select generate_series(10000, 10100); alter table parts attach partition late for values from (10000) to (20000)"
		bare.Exec(t, treed, late, "create unique index i on parts (id)")
		b.run(t, "begin", "create unique index i on parts (id)")
		b.olds(t, "set lock_timeout = '5s'", "insert into parts (id) values (-1)", "delete from parts where id < 0", "begin", "lock table only parts in row exclusive mode")
		b.run(t, "commit")
		const owed = "select string_agg(kind, ' ' order by id) from migguard.task where closed_at is null"
		if got := db.Value(t, owed); got != ledger.IndexPartitioned {
			t.Fatalf("owed: %s", got)
		}
		b.end(t, ledger.Failed)
		b.olds(t, "commit")
		built := db.Value(t, leafIndexes)
		db.Exec(t, late)
		b.start(t, options{large: true})
		if err := b.Tasks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := db.Value(t, treeIndexes), bare.Value(t, treeIndexes); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		after := db.Value(t, leafIndexes)
		for _, one := range strings.Split(built, ", ") {
			if !strings.Contains(after, one) {
				t.Errorf("%s is not among %s", one, after)
			}
		}
		if got := db.Value(t, leftovers); got != "0 0" {
			t.Error(got)
		}
	})
}

// Writers of one partition after the other keep nobody else waiting for longer
// than a try, and the index is made when they are gone.
func TestPartitionedIndexWaits(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, treed)
		b.run(t, "begin", "create index i on parts (n, d)")
		b.olds(t, "begin", `lock table only "Sub" in row exclusive mode`) // after the others
		done := make(chan error, 1)
		go func() { _, err := b.client.Exec(t.Context(), "commit"); done <- err }()
		writer := db.Connect(t)
		tries := map[string]bool{}
		const waiting = "select coalesce(max(query_start)::text, '') from pg_stat_activity where pid <> pg_backend_pid() and wait_event_type = 'Lock' and query ~ 'IN SHARE MODE'"
		for deadline := time.Now().Add(patience); len(tries) < 3 && time.Now().Before(deadline); {
			if at := db.Value(t, waiting); at != "" {
				tries[at] = true
			}
			began := time.Now()
			if _, err := writer.Exec(t.Context(), "insert into p1 (id) values (1)"); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("a writer waited for %v", took)
			}
		}
		if len(tries) < 3 {
			t.Fatalf("%d tries", len(tries))
		}
		b.olds(t, "commit")
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := db.Value(t, "select indisvalid::text from pg_index where indexrelid = 'i'::regclass"); got != "true" || db.Value(t, leftovers) != "0 0" {
			t.Error(got, db.Value(t, leftovers))
		}
	})
}

// Duplicates fail the statement, of which nothing is left; or after the commit the
// task, which is done when they are gone.
func TestPartitionedIndexFails(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, treed+"; insert into parts (id) values (3999)")
		before := db.Value(t, treeIndexes)
		b.fails(t, "23505", "create unique index i on parts (id)")
		if got := db.Value(t, treeIndexes); got != before || db.Value(t, leftovers) != "0 0" {
			t.Errorf("%s\n%s", db.Value(t, leftovers), got)
		}
		b.run(t, "begin", "create unique index i on parts (id)", "commit")
		if got := db.Value(t, leftovers); got != "0 2" {
			t.Errorf("invalid indexes and tasks: %s", got)
		}
		b.fails(t, "MG055", "create table next (id int)")
		db.Exec(t, "delete from parts where id = 3999")
		b.end(t, ledger.Failed)
		b.start(t, options{large: true})
		if err := b.Tasks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := db.Value(t, "select indisvalid::text from pg_index where indexrelid = 'i'::regclass"); got != "true" || db.Value(t, leftovers) != "0 0" {
			t.Error(got, db.Value(t, leftovers))
		}
	})
}

// What is wrong is said at once, by the server where it is the server's matter;
// what cannot be foretold is refused.
func TestPartitionedIndexRefused(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, treed, `create index on "Sub" (d);
			create table t_0123456789012345678901234567890123456789012345678901234 (id int, c_0123456789 int) partition by hash (id);
			create table t_01234567890123456789012345678901234567890123456789012_1 partition of t_0123456789012345678901234567890123456789012345678901234 for values with (modulus 2, remainder 0);
			create table t_01234567890123456789012345678901234567890123456789012_2 partition of t_0123456789012345678901234567890123456789012345678901234 for values with (modulus 2, remainder 1);
			insert into t_0123456789012345678901234567890123456789012345678901234 select g, g from generate_series(1, 10) g;
			create foreign data wrapper w; create server w foreign data wrapper w;
			create table half (id int) partition by range (id); create table half_1 partition of half for values from (1) to (10);
			create foreign table half_2 partition of half for values from (10) to (20) server w; insert into half values (1);
			create table theirs (id int) partition by range (id); create table theirs_1 partition of theirs for values from (1) to (10);
			create table theirs_2 partition of theirs for values from (10) to (20); insert into theirs values (1), (11), (11)`)
		_, err := b.old.Exec(t.Context(), "create unique index concurrently on theirs_2 (id)")
		failed(t, err, "23505", "create unique index")
		for sql, code := range map[string]string{
			"create unique index i on parts (n)":      "0A000",
			"create index i on parts (nope)":          "42703",
			"create index own on parts (n)":           "42P07",
			"create unique index i on half (id)":      "42809",
			"create index concurrently i on parts(n)": "0A000",
		} {
			b.fails(t, code, sql)
		}
		for sql, why := range map[string]string{
			"create index i on parts (d)": `"Sub"`,
			"create index i on t_0123456789012345678901234567890123456789012345678901234 (c_0123456789)": "more than one",
			"create unique index i on theirs (id)":                                                       "not valid",
		} {
			if e := b.fails(t, "MG005", sql); !strings.Contains(e.Detail, why) || !strings.Contains(e.Hint, "ON ONLY") {
				t.Error(explain(e))
			}
		}
		if got := db.Value(t, "select count(*) from migguard.task"); got != "0" {
			t.Errorf("%s tasks", got)
		}
		b.run(t, "create index i on half (id)", "begin")
		b.run(t, "create index p1_new on p1 (n, d)")
		if e := b.fails(t, "MG005", "create index i2 on parts (n, d)"); !strings.Contains(e.Detail, "still to be built") {
			t.Error(explain(e))
		}
		b.run(t, "rollback")
	})
}
