package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A table whose first name a partitioned table has gets another one, in that run or the
// next: a view has the name between, or the rename is refused before anything is done. Old
// code goes on, and nothing is left at last.
func TestRenamedTwiceUnderParent(t *testing.T) {
	t.Parallel()
	one, model, plain := ofModel("one"), ofModel("two"), ordering("two", "")
	for _, code := range []judge.Code{model, plain} {
		code.Contract.Relations[0].Name = contract.Name{Name: "purchases"}
	}
	plain.Unsteered = "web.1 has not announced itself"
	const rename = "alter table purchases rename to sales"
	for name, c := range map[string]struct {
		same    bool         // in the same run
		code    []judge.Code // that runs then
		sql     string
		refused bool
		want    string
	}{
		"same run":            {true, nil, rename, false, "orders p, purchases v, sales r"},
		"same transaction":    {true, nil, "begin; " + rename + "; alter table sales add more int; commit", false, "orders p, purchases v, sales r"},
		"next run":            {false, []judge.Code{one, plain}, rename, false, "orders p, purchases v, sales r"},
		"next run, model":     {false, []judge.Code{one, model}, rename, true, "orders p, purchases r"},
		"next run, in a tx":   {false, []judge.Code{one, model}, "begin; create table k (id int); " + rename + "; commit", true, "orders p, purchases r"},
		"next run, by DO":     {false, []judge.Code{one, model}, "do $$ begin " + rename + "; end $$", true, "orders p, purchases r"},
		"back":                {false, []judge.Code{one, plain}, "alter table purchases rename to orders", false, "orders r, purchases v"},
		"back, model":         {false, []judge.Code{one, model}, "alter table purchases rename to orders", true, "orders p, purchases r"},
		"another schema":      {false, []judge.Code{one, plain}, "create schema s; alter table purchases set schema s; alter table s.purchases add more int", false, "orders p, purchases v"},
		"another and back":    {false, []judge.Code{one, plain}, "create schema s; alter table purchases set schema s; alter table s.purchases add more int; alter table s.purchases set schema public", false, "orders p, purchases r"},
		"another one's model": {false, []judge.Code{one, model}, "create schema s; alter table purchases set schema s", true, "orders p, purchases r"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{code: []judge.Code{one}}, modelled)
				b.run(t, "alter table orders rename to purchases")
				if !c.same {
					b.end(t, ledger.Succeeded)
					b.start(t, options{code: c.code})
				}
				if c.refused {
					if e := b.fails(t, "MG001", c.sql); !strings.Contains(e.Detail, "No shim: ") {
						t.Error(explain(e))
					}
				} else {
					b.run(t, c.sql)
				}
				if got := b.kinds(t); got != "audits r, items r, "+c.want {
					t.Errorf("relations %s, want %s", got, c.want)
				}
				b.olds(t, `insert into orders ("N ""1""") values ('a')`, "select id, n from orders group by id")
				if !c.same {
					b.olds(t, `insert into purchases ("N ""1""") values ('b')`)
				}
				b.end(t, ledger.Succeeded)
				laterRuns(t, db)
				if got := b.standing(t); got != "" || strings.Contains(b.kinds(t)+",", " v,") || strings.Contains(b.kinds(t)+",", " p,") {
					t.Errorf("left: %s; %s", got, b.kinds(t))
				}
			})
		})
	}
}
