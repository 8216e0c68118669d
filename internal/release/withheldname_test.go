package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A NOT NULL that waits has the name at last that its statement gives it, whatever its table
// and column are called by then.
func TestNotNullKeepsItsName(t *testing.T) {
	t.Parallel()
	const given = "create table t (id int primary key, n int); create table sub (id int not null, n int); create table used (k int constraint t_n_not_null not null)"
	for name, sql := range map[string]string{
		"table renamed":  "alter table t alter n set not null; alter table t rename to x",
		"new column":     "alter table t add k int default 1 not null; alter table t rename to x",
		"without values": "alter table t add k int not null; alter table t rename to x",
		"moved":          "create schema s; alter table t alter n set not null; alter table t set schema s",
		"named":          "alter table t add k int default 1 constraint own not null; alter table t rename to x",
		"of a parent":    "alter table sub inherit t; alter table t alter n set not null",
		"twice":          "alter table t alter n set not null; alter table t alter n set not null",
		"like":           "alter table t alter n set not null; create table y (like t)",
		"renamed itself": "alter table t alter n set not null; alter table t rename constraint t_n_not_null1 to mine",
		"taken back":     "alter table t alter n set not null; alter table t drop constraint t_n_not_null1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				if db.Major < 18 {
					return // a NOT NULL has no name before
				}
				const names = "select string_agg(conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated, ', ' order by conrelid::regclass::text, conname) from pg_constraint where contype = 'n' and connamespace <> 11 and conrelid::regclass::text !~ 'migguard'"
				bare := db.Server.NewDB(t)
				bare.Exec(t, given, sql)
				for _, large := range []bool{false, true} {
					db := db.Server.NewDB(t)
					b := setup(t, db, options{waits: true, large: large}, given)
					b.run(t, sql)
					b.end(t, ledger.Succeeded)
					laterRuns(t, db)
					if got, want := db.Value(t, names), bare.Value(t, names); got != want {
						t.Errorf("large %v: %s\nwant %s", large, got, want)
					}
				}
			})
		})
	}
}
