package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// The old build is released again, as by heroku rollback, once or twice, and then goes on to the
// newer one: it finds its type until that was released and no other build had it.
func TestRetypeAndRollback(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		code := selling("one")
		released(t, db, "", "one", code.Contract)
		b := setup(t, db, options{large: true, code: []judge.Code{code}}, counted)
		old := prepared(t, steered(t, db, "mg_one"), "orders")
		b.run(t, "alter table orders alter n type bigint")
		old.check(t, "after")
		e := b.fails(t, "MG057", "alter table orders alter n type int")
		if !strings.Contains(e.Message, "has had type int before") || !strings.Contains(e.Hint, "heroku rollback") {
			t.Error(explain(e))
		}
		b.end(t, ledger.Succeeded)
		for _, build := range []string{"one", "one", "b", "one"} {
			if ended, out := doWith(t, db, nil, build, &judge.Policy{}, "select 1"); ended.Exit != 0 {
				t.Fatalf("%s: %d\n%s", build, ended.Exit, out)
			}
			old.check(t, "after the release of "+build)
			prepared(t, steered(t, db, "mg_one"), "orders").check(t, "in a new session after the release of "+build)
			oldAndNew(t, db)
		}
		doWith(t, db, nil, "b", &judge.Policy{}, "select 1")
		laterRuns(t, db)
		if got := db.Value(t, "select atttypid::regtype from pg_attribute where attrelid = 'orders'::regclass and attname = 'n'"); got != "bigint" {
			t.Errorf("n is %s", got)
		}
	})
}
