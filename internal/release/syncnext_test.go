package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// The next run, too, holds a DO block to what keeps two columns equal, however the server
// writes their defaults.
func TestSyncIsKeptInTheNextRun(t *testing.T) {
	t.Parallel()
	for name, column := range map[string]string{
		"array":     "varchar[] default array['a', 'b']",
		"numeric":   "numeric(6,2) default 1 + 2 * 3",
		"in a list": "boolean default ('a'::varchar in ('a', 'b'))",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, "create table t (id int primary key, n "+column+"); insert into t values (1)")
				b.run(t, "alter table t rename n to h")
				t.Log(db.Value(t, "select string_agg(attname || ': ' || pg_get_expr(adbin, adrelid), ' AND ' order by attnum) from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum where adrelid = 't'::regclass"))
				b.end(t, ledger.Succeeded)
				var out strings.Builder
				b.start(t, options{out: &out})
				for _, one := range []string{"n", "h"} {
					b.fails(t, "MG057", "do $$ begin alter table t alter "+one+" set default null; end $$")
				}
				b.end(t, ledger.Succeeded)
				if strings.Contains(out.String(), "may differ") {
					t.Error(out.String())
				}
			})
		})
	}
}

// A table that has a column for old code only is no partition of one that has not, and the
// error says why.
func TestSyncedIsNotAttached(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{}, "create table t (id int not null, n text); create table parted (id int not null, h text) partition by list (id)")
		b.run(t, "alter table t rename n to h")
		if e := b.fails(t, "42804", "alter table parted attach partition t default"); !strings.Contains(e.Hint, "stays for code that is still running") {
			t.Error(explain(e))
		}
		b.olds(t, "insert into t (id, n) values (1, 'x')")
	})
}
