package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// treeKeys is every constraint that has an index, with its parent. What connoinherit
// says of one that was a partition's own before (pg_dump makes it so, too) means
// nothing for it.
const treeKeys = `select string_agg(concat_ws(' ', k.conrelid::regclass, k.conname, k.contype, pg_get_constraintdef(k.oid), k.condeferrable, k.condeferred, k.conislocal, k.coninhcount,
		(select conrelid::regclass || ' ' || conname from pg_constraint where oid = k.conparentid), k.conindid::regclass, i.indisprimary, i.indimmediate, i.indisvalid), e'\n' order by k.conrelid::regclass::text, k.conname)
	from pg_constraint k join pg_index i on i.indexrelid = k.conindid where k.contype in ('u', 'p') and k.connamespace::regnamespace::text in ('public', 's')`

// keySpellings are ways to write one for a partitioned table.
var keySpellings = []string{
	"alter table parts add unique (id)",
	"alter table parts add primary key (id)",
	`alter table parts add constraint "U 2" unique ("Odd name", id) include (n) with (fillfactor = 70) deferrable initially deferred`,
	"begin; alter table parts add x int, add constraint u unique (id, x); comment on table parts is 'x'; commit",
	`set search_path = s, public; alter table public."Sub" add unique (id, n)`,
	"create table p1_pkey (id int); alter table parts add primary key (id)",
}

// A key of a partitioned table, and those of its partitions, are in the end those that
// the statement would have made.
func TestPartitionedKeyIsTheSame(t *testing.T) {
	t.Parallel()
	const base = treed + "; alter table parts alter id set not null"
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, sql := range keySpellings {
			if db.Major >= 18 && strings.Contains(sql, "primary key") {
				b := setup(t, db.Server.NewDB(t), options{large: true}, base)
				b.refusedAtLast(t, "MG006", strings.Split(sql, "; "))
				continue
			}
			guarded, bare := db.Server.NewDB(t), db.Server.NewDB(t)
			b := setup(t, guarded, options{large: true}, base)
			bare.Exec(t, base)
			bare.Exec(t, strings.Split(sql, "; ")...)
			b.run(t, strings.Split(sql, "; ")...)
			for _, state := range []string{treeIndexes, treeKeys, treeColumns} {
				if got, want := guarded.Value(t, state), bare.Value(t, state); got != want {
					t.Errorf("%s\n%s\nwant\n%s", sql, got, want)
				}
			}
			if got := guarded.Value(t, "select count(*) filter (where not done) || ' ' || bool_or(kind = 'constrain-partitioned') from migguard.task"); got != "0 true" {
				t.Errorf("%s: %s", sql, got)
			}
			if verdicts, _ := b.Recorded(); !strings.Contains(strings.Join(verdicts, " "), "rewrite") {
				t.Errorf("%s: %v", sql, verdicts)
			}
			b.end(t, ledger.Succeeded)
		}
	})
}

// What is wrong with one is said before the commit, and what cannot be made of its
// partitions' is refused.
func TestPartitionedKeyIsNotPossible(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, treed, "alter table s.p1 add unique (id); create table keyed (id int not null, n int) partition by list (id); create table keyed_1 partition of keyed for values in (1); insert into keyed values (1, 1); alter table keyed_1 add primary key (n)")
		for sql, code := range map[string]string{
			"alter table parts add unique (n)":                   "0A000",
			"alter table parts add unique (nope)":                "42703",
			"alter table parts add primary key (id)":             "MG006", // may be NULL
			"alter table parts add unique (id)":                  "MG006", // one has it
			"alter table only parts add unique (id, n)":          "MG006",
			"alter table parts add x int unique":                 "MG006",
			"alter table keyed add primary key (id)":             "MG006",
			"alter table parts add constraint p1 unique (id, d)": "MG006", // the name is taken
		} {
			b.run(t, "begin")
			b.fails(t, code, sql)
			b.run(t, "rollback")
		}
	})
}

// Rows that are there twice keep it from being made; the run says so, and what was
// built is of use when they are gone.
func TestPartitionedKeyOfTwins(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true}, treed, "insert into parts (id) values (4500)")
		b.run(t, "begin", "alter table parts add unique (id)", "commit")
		if err := b.Tasks(t.Context()); err == nil || !strings.Contains(err.Error(), "rest_id_key") {
			t.Error(err)
		}
		b.end(t, ledger.Failed)
		db.Exec(t, "delete from parts where n is null")
		b.start(t, options{large: true})
		if err := b.Tasks(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.end(t, ledger.Succeeded)
		if got := db.Value(t, treeKeys); strings.Count(got, "UNIQUE (id)") != 8 {
			t.Error(got)
		}
	})
}
