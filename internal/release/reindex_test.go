package release_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// built are tables with indexes, and a schema of them.
const built = `create table a (id int primary key, n text); insert into a values (1, 'n'); create index i on a (n);
	create table few (id int primary key);
	create schema s; create table s.a (id int primary key); insert into s.a values (1);
	create table s.p (id int primary key) partition by range (id); create table s.p1 partition of s.p default; insert into s.p values (1)`

func TestBlockingReindex(t *testing.T) {
	t.Parallel()
	blocks(t, "", map[string]blocking{
		"index":    {built, "reindex index i", "insert into a values (2) on conflict do nothing"},
		"table":    {built, "reindex (verbose) table a", "insert into a values (2) on conflict do nothing"},
		"planning": {built, "reindex index a_pkey", "select * from a where id = 1"},
	})
	frees(t, options{}, map[string]blocking{"small": {built, "reindex index i; reindex table a", "select * from a"}})
	frees(t, options{large: true}, map[string]blocking{
		"empty": {built, "reindex table few", "select * from few"},
		"new":   {built, "create table n (id int primary key); insert into n values (1); reindex table n; reindex index n_pkey", ""},
	})
}

// many are tables whose indexes are worth a look; queries do not use the one that
// break leaves.
const many = built + `; create unique index j on a (n desc) where id > 0; comment on index j is 'of a'; alter table a replica identity using index a_pkey, cluster on i;
	create table b (id int primary key, n text); insert into b values (1, 'x');
	create unique index "I 2" on s.a ((id + 1)); create materialized view m as select * from a; create index k on m (n);
	create table before (filenode oid)`

// rebuilds are ways to build indexes anew, and those that are in other files then.
var rebuilds = map[string]string{
	"reindex index i":                       "i",
	"reindex (verbose) table a":             "a_pkey i j",
	"reindex index s.\"I 2\"":               "I 2",
	"set search_path = s; reindex table a":  "I 2 a_pkey",
	"reindex table m":                       "k",
	"reindex table b":                       "b_pkey broken",
	"reindex index broken; reindex table b": "b_pkey broken",
	"reindex table s.p":                     "p1_pkey",
	"reindex index s.p_pkey":                "p1_pkey",
}

// files are the indexes that are in others than before.
const files = `select string_agg(relname, ' ' order by relname collate "C") from pg_class c join pg_index on indexrelid = c.oid
	where relkind = 'i' and c.relnamespace::regnamespace::text in ('public', 's') and not exists (select from before b where b.filenode = c.relfilenode)`

// rebuilt is every index there is, and what hangs on it.
const rebuilt = `select string_agg(concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, indisclustered, indisreplident, obj_description(indexrelid),
		(select conname from pg_constraint where conindid = indexrelid and contype = 'p'), inhparent::regclass), e'\n' order by indexrelid::regclass::text)
	from pg_index join pg_class c on c.oid = indexrelid left join pg_inherits on inhrelid = indexrelid where c.relnamespace::regnamespace::text in ('public', 's')`

// breakIndex leaves a unique index that queries do not use.
func (b *bundle) breakIndex(t *testing.T) {
	t.Helper()
	b.olds(t, "drop index if exists broken", "insert into b values (2, 'x')")
	_, err := b.old.Exec(t.Context(), "create unique index concurrently broken on b (n)")
	failed(t, err, "23505", "create unique index")
	b.olds(t, "delete from b where id = 2")
}

// Indexes are in new files in the end, and else what they were, or what the
// statement alone makes of them; and nobody waits.
func TestReindexIsTheSame(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, many)
		b.olds(t, "set lock_timeout = '5s'")
		for sql, want := range rebuilds {
			for _, around := range []string{"%s", "begin; %s; commit"} {
				if strings.Contains(sql, "s.p") && around != "%s" {
					b.run(t, "begin")
					b.fails(t, "25001", sql)
					b.run(t, "rollback")
					continue
				}
				b.breakIndex(t)
				b.olds(t, "truncate before", "insert into before select relfilenode from pg_class")
				state := db.Value(t, rebuilt)
				if strings.Contains(want, "broken") {
					state = strings.Replace(state, "(n) f f", "(n) t t", 1)
				}
				for _, one := range strings.Split(fmt.Sprintf(around, sql), "; ") {
					b.run(t, one)
					b.olds(t, "begin", "insert into a values (2, 'o') on conflict do nothing", "select * from a where id = 1", "update s.p set id = 2 where id = 1", "rollback")
				}
				b.run(t, "reset search_path")
				if got := db.Value(t, files); got != want {
					t.Errorf("%s: %s are new, not %s", sql, got, want)
				}
				if got := db.Value(t, rebuilt); got != state {
					t.Errorf("%s\n%s\nwant\n%s", sql, got, state)
				}
			}
		}
		verdicts, _ := b.Recorded()
		if got := strings.Count(strings.Join(verdicts, " "), "rewrite"); got != 20 { // two of them only to be told that there is a block
			t.Errorf("%d rewrites: %v", got, verdicts)
		}
		if got := db.Value(t, "select string_agg(distinct kind || done, ' ') from migguard.task"); got != "reindex-indextrue reindex-tabletrue" {
			t.Error(got)
		}
	})
}

// What a rebuilding that was stopped has left is dropped, and it is done again.
func TestReindexGoesOn(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, many)
		state := db.Value(t, rebuilt)
		for _, sql := range []string{"reindex table a", "begin; reindex index i; commit"} {
			b.olds(t, "begin", "insert into a values (-1)")
			done := b.sending(t, sql)
			awaitBuild(t, db)
			if err := b.client.PgConn().CancelRequest(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-done; !strings.Contains(sql, "begin") {
				failed(t, err, "57014", sql)
			} else if err != nil {
				t.Error(explain(err))
			}
			b.olds(t, "rollback")
			if got := db.Value(t, leftovers); !strings.HasSuffix(got, " 1") || strings.HasPrefix(got, "0") {
				t.Errorf("invalid indexes and tasks: %s", got)
			}
			b.end(t, ledger.Failed)
			b.start(t, options{large: true})
			if err := b.Tasks(t.Context()); err != nil {
				t.Error(err)
			}
			if got := db.Value(t, rebuilt); got != state || db.Value(t, leftovers) != "0 0" {
				t.Errorf("%s\n%s\nwant\n%s", db.Value(t, leftovers), got, state)
			}
		}
	})
}

// Rows that an index rejects fail the statement, which leaves nothing; after the
// commit the task, which is done when they are gone.
func TestReindexFails(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, many)
		b.breakIndex(t)
		b.olds(t, "alter table b add column x int", "set session_replication_role = replica", "insert into b values (2, 'x')")
		for _, sql := range []string{"reindex index broken", "reindex table b"} {
			b.fails(t, "23505", sql)
			if got := db.Value(t, leftovers); got != "1 0" {
				t.Errorf("%s: %s", sql, got)
			}
		}
		b.run(t, "begin", "reindex table b", "commit")
		if e := b.fails(t, "MG055", "create table later (n int)"); !strings.Contains(e.Message, "rebuild index broken on public.b") {
			t.Error(explain(e))
		}
		if got := db.Value(t, leftovers); got != "1 2" {
			t.Error(got)
		}
		b.olds(t, "delete from b where id = 2")
		b.end(t, ledger.Failed)
		b.start(t, options{large: true})
		if err := b.Tasks(t.Context()); err != nil {
			t.Error(err)
		}
		if got := db.Value(t, leftovers); got != "0 0" {
			t.Error(got)
		}
	})
}

// In its transaction an index that is to be rebuilt keeps its name, or is dropped.
func TestReindexIsOwed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"renamed-table:a"}}, many)
		for _, sql := range []string{"alter index i rename to x", "alter table a rename to x"} {
			b.run(t, "begin", "reindex index i")
			b.fails(t, "MG055", sql)
			b.run(t, "rollback")
		}
		b.run(t, "begin", "reindex index i", "comment on index i is 'x'", "drop index i", "reindex index j", "commit")
		if got := db.Value(t, "select string_agg(object_name || done || coalesce(note, ''), ', ' order by id) from migguard.task"); got != "ifalsethe index is gone, jtrue" {
			t.Error(got)
		}
		b.run(t, "begin", "create index later on a (id, n)")
		b.fails(t, "MG055", "reindex index later")
	})
}

// What CONCURRENTLY cannot do is refused.
func TestReindexRefused(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, many, "create table e (r int4range, exclude using gist (r with &&)); insert into e values ('[1,2)'); create index plain on e (r)",
			"create table l (n int); insert into l values (1), (1)")
		_, err := b.old.Exec(t.Context(), "create unique index concurrently l_ccnew on l (n)")
		failed(t, err, "23505", "create unique index")
		for sql, why := range map[string]string{
			"reindex index e_r_excl":                  "exclusion",
			"reindex table e":                         "e_r_excl",
			"reindex table l":                         "l_ccnew",
			"reindex index l_ccnew":                   "interrupted",
			"reindex (tablespace pg_default) table a": "tablespace",
			"reindex table pg_class":                  "catalogs",
			"reindex index pg_class_oid_index":        "catalogs",
		} {
			if e := b.fails(t, "MG005", sql); !strings.Contains(e.Detail, why) {
				t.Errorf("%s: %s", sql, explain(e))
			}
		}
		b.run(t, "reindex index plain")
	})
}

// Who may not rebuild an index is told so by the server.
func TestReindexOfOthersTable(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, many)
		mate, url := role(t, db, "mate")
		db.Exec(t, "grant all on all tables in schema public to "+mate, "grant create on database "+db.Name+" to "+mate)
		b := setup(t, db, options{large: true, url: url})
		code := "42501"
		if db.Major >= 17 { // ALL has MAINTAIN
			code = "MG005"
		}
		b.fails(t, code, "reindex index i")
		b.fails(t, "42501", "reindex table s.a")
		b.run(t, "begin")
		b.fails(t, code, "reindex table a")
		b.run(t, "rollback")
	})
}

// REINDEX of a schema or the database is refused for each large table there is in
// it, and passes by exceptions for these.
func TestReindexOfAll(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, allow: []string{"blocking-index:s.a"}}, built)
		if e := b.fails(t, "MG005", "reindex schema s"); !strings.Contains(e.Message, "s.p1") || strings.Contains(e.Detail, "objects") {
			t.Error(explain(e))
		}
		if e := b.fails(t, "MG005", "reindex schema public"); !strings.Contains(e.Message, " a,") || !strings.Contains(e.Hint, "REINDEX SCHEMA CONCURRENTLY") {
			t.Error(explain(e))
		}
		b.fails(t, "MG005", "reindex database "+db.Name)
		b.fails(t, "MG005", "reindex system "+db.Name)
		b.run(t, "reindex schema concurrently s", "reindex table concurrently a")
		b.end(t, "succeeded")
		b.start(t, options{})
		b.run(t, "reindex schema public", "reindex system "+db.Name, "reindex database "+db.Name, "reindex table s.p", "reindex index s.p_pkey")
	})
}
