package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// kept is code that has prepared a statement itself, which returns every column of orders.
func kept(overlay string) []judge.Code {
	return []judge.Code{starring("one", overlay, contract.Use{Origin: contract.SQL, At: contract.Evidence{File: "list.js", Line: 3},
		Reads: contract.Every(), Star: true, Kept: true})}
}

// What code has prepared itself fails until its session ends: a new column, or a type that
// gets wider, is refused where nothing hides it.
func TestKeptStatement(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"a column": "alter table orders add more int",
		"a type":   "alter table orders alter other type bigint",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				e := setup(t, db, options{code: kept("")}, orders).fails(t, "MG034", sql)
				if !strings.Contains(e.Message, "prepared itself") || !strings.Contains(e.Message, "each time it is used") || !strings.Contains(e.Detail, "list.js:3") || !strings.Contains(e.Hint, "--allow stale-plan:") {
					t.Error(explain(e))
				}
			})
		})
	}
}

// A type that gets wider is made by a copy where the code that has prepared such a
// statement is steered, however small the table is: it goes on as before.
func TestKeptStatementSteered(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{code: kept("mg_one")}, orders)
		one := prepared(t, steered(t, db, "mg_one"), "orders")
		one.check(t, "before")
		b.run(t, "alter table orders alter other type bigint")
		if got := one.stumbles(t); got != 0 {
			t.Errorf("%d statements fail", got)
		}
		one.check(t, "after")
		if verdicts, _ := b.Recorded(); len(verdicts) != 1 {
			t.Errorf("%v", verdicts)
		}
		if got := db.Value(t, "select atttypid::regtype from pg_attribute where attrelid = 'orders'::regclass and attname = 'other'"); got != "bigint" {
			t.Errorf("other is %s", got)
		}
		b.end(t, ledger.Succeeded)
		laterRuns(t, db)
	})
}
