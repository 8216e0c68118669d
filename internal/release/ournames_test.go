package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Where an index has a double for a column's copy, people read the name of theirs, and
// the hint can be followed.
func TestIndexOfSyncedIsNamed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{allow: []string{"lost-arbiter:things"}, waits: true}, synced)
		b.run(t, `alter table things rename "Na me" to label`)
		const name = `"things_Na me_rank_key"`
		if e := b.fails(t, "MG004", "alter table things drop column rank"); !strings.Contains(e.Hint, "Drop "+name+" in a statement before") || !strings.Contains(e.Detail, name) || strings.Contains(e.Hint+e.Detail, "mg_copy") {
			t.Error(explain(e))
		}
		if e := b.fails(t, "MG033", "alter table things alter rank set default 5"); !strings.Contains(e.Message, name) {
			t.Error(explain(e))
		}
		b.run(t, "alter table things drop constraint "+name, "drop index things_lower", "alter table things drop column rank")
		b.end(t, ledger.Succeeded)
	})
}

// Until 17 a CHECK stands for a NOT NULL that is not validated yet: people read of NOT NULL.
func TestNotNullIsNamed(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		if db.Major >= 18 {
			return // it has a name of the server's
		}
		var out strings.Builder
		b := setup(t, db, options{large: true, out: &out}, constrained+"; insert into a values (0, null)")
		b.run(t, "begin", "alter table a alter n type text, alter n set not null", "commit", "select * from a")
		const broken = "validate NOT NULL of column n on public.a: ERROR: column n of relation a contains null values (SQLSTATE 23502)"
		if e := b.fails(t, "MG055", "create table later (n int)"); !strings.Contains(e.Message, broken) || !strings.Contains(e.Hint, "Mend the rows that break it") {
			t.Error(explain(e))
		}
		b.end(t, ledger.Failed)
		if said := out.String(); !strings.Contains(said, "NOT NULL of column n is validated when the transaction has committed") || strings.Contains(said, "not_null_migguard") {
			t.Error(said)
		}
	})
}
