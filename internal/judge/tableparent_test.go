package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// A view has no primary key for models that look for it, and takes no TRUNCATE. A
// partitioned table does, where the table can be its partition, and the code has no need
// for what it has not.
func TestParentWhereAViewDoesNotDo(t *testing.T) {
	t.Parallel()
	all := contract.Every()
	model := contract.Use{Origin: contract.Model, By: "Order", Reads: all, Updates: all, Adds: true, Inserts: all}
	active, truncates, copies, upserts, groups := model, model, model, model, model
	groups.OnTable = contract.GroupsByKey
	active.Introspects, truncates.OnTable, copies.OnTable = true, "TRUNCATE", "COPY"
	upserts.Introspects, upserts.Arbiters = true, []contract.Arbiter{{Columns: []string{"email"}}}
	gap := contract.Gap{Reach: contract.Anything, Why: "SQL that is built"}
	upsert := contract.Use{Adds: true, Arbiters: upserts.Arbiters}
	seen := &judge.Queries{Contract: contract.New(contract.Source{Scanner: "seen"}, nil, nil)}
	can := &catalog.AsPartition{Key: []string{"id"}}
	unique := []catalog.Arbiter{{Index: "orders_pkey", Primary: true, Keys: []int16{1}}, {Index: "orders_email", Keys: []int16{2}}}
	same := []catalog.Arbiter{unique[0], {Index: "orders_again", Constraint: "orders_again", Keys: []int16{1}}}
	byID, named := active, active
	byID.Arbiters, named.Arbiters = []contract.Arbiter{{Columns: []string{"id"}}}, []contract.Arbiter{{Name: "orders_again"}}
	for name, c := range map[string]struct {
		use      contract.Use
		gaps     []contract.Gap
		as       *catalog.AsPartition
		arbiters []catalog.Arbiter
		seen     *judge.Queries
		view     bool
		parent   bool
		why      string
	}{
		"no model looks":      {model, nil, can, unique, nil, true, false, ""},
		"a model looks":       {active, nil, can, nil, nil, false, true, ""},
		"truncates":           {truncates, nil, can, nil, nil, false, true, ""},
		"copies":              {copies, nil, can, nil, nil, false, false, "needs a table: COPY; and a partitioned table in its place does not take all"},
		"no partition":        {active, nil, &catalog.AsPartition{Not: "it has no key"}, nil, nil, false, false, "model Order; and public.orders cannot be the partition of a table with its old name: it has no key"},
		"not asked":           {active, nil, nil, nil, nil, false, false, "it is no plain table"},
		"unique, and unused":  {active, nil, can, unique, nil, false, true, ""},
		"unique, and used":    {upserts, nil, can, unique, nil, false, false, "no unique index orders_email for INSERT ... ON CONFLICT. The code that runs needs it"},
		"unique, not known":   {active, []contract.Gap{gap}, can, unique, nil, false, false, "Whether the code that runs needs it is not known"},
		"unique, not seen":    {active, []contract.Gap{gap}, can, unique, seen, false, true, ""},
		"unique, nobody sees": {active, []contract.Gap{gap}, can, unique, &judge.Queries{Contract: seen.Contract, Blind: "it counts for 4m only"}, false, false, "Whether the code that runs needs it is not known: build one: SQL that is built; and it counts for 4m only"},
		"unique, unread":      {active, []contract.Gap{gap}, can, unique, &judge.Queries{Contract: seen.Contract, Unread: []string{"some SQL", `insert into "Orders" ...`}}, false, false, `; and a query that the database has seen could not be read (insert into "Orders" ...)`},
		"unique, other's":     {active, []contract.Gap{gap}, can, unique, &judge.Queries{Contract: seen.Contract, Unread: []string{"insert into others ..."}}, false, true, ""},
		"unique, and sent":    {active, []contract.Gap{gap}, can, unique, queries(contract.Yes, upsert), false, false, "But the database has seen a use: a query seen 3 times, and since the last release"},
		"unique, may be sent": {active, []contract.Gap{gap}, can, unique, queries(contract.Unknown, upsert), false, false, "But what the database has seen may be a use: a query seen 3 times, perhaps not since the last release"},
		"unique, sent before": {active, []contract.Gap{gap}, can, unique, &judge.Queries{Contract: seen.Contract, Earlier: queries(contract.Unknown, upsert).Contract}, false, false, "; and code may not have come to it since the last release: a query seen 3 times"},
		"unique, other sent":  {active, []contract.Gap{gap}, can, unique, &judge.Queries{Contract: seen.Contract, Earlier: queries(contract.Unknown, contract.Use{Reads: all}).Contract}, false, true, ""},
		"as the primary key":  {byID, nil, can, same, nil, false, true, ""},
		"by its name":         {named, nil, can, same, nil, false, false, "no unique index orders_again for INSERT ... ON CONFLICT"},
		"may be truncated":    {model, []contract.Gap{gap}, can, nil, queries(contract.Unknown, contract.Use{OnTable: "TRUNCATE"}), false, true, ""},
		"groups":              {groups, nil, can, unique, nil, false, true, ""},
		"groups, no parent":   {groups, nil, &catalog.AsPartition{Not: "it has no key"}, nil, seen, false, false, "needs a table: GROUP BY the primary key; and public.orders cannot"},
		"primary only":        {active, []contract.Gap{gap}, can, unique[:1], nil, false, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.use.Arbiters = append([]contract.Arbiter{{Primary: true}}, c.use.Arbiters...)
			code := []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1, Upserts: true},
				[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{c.use}}}, c.gaps)}}
			found := relation("public", "orders")
			found.AsPartition, found.Relation.Arbiters = c.as, c.arbiters
			found.Relation.Columns = []catalog.Column{{Number: 1, Name: "id"}, {Number: 2, Name: "email"}}
			rename := ddl.Parse("alter table orders rename to sales")[0].Changes[0]
			d := judge.Decide(rename, judge.Facts{Lookup: found, Major: 18, Code: code, Seen: c.seen}, policyOf(t))
			if (d.View != nil) != c.view || (d.Parent != nil) != c.parent || (d.Verdict == judge.Shim) != (c.view || c.parent) {
				t.Errorf("%s: %+v, %+v", d.Verdict, d.View, d.Parent)
			}
			if c.why != "" && (d.Obstacle == nil || !strings.Contains(d.Obstacle.Reason, c.why)) {
				t.Errorf("%+v, want %q", d.Obstacle, c.why)
			}
		})
	}
}

// queries are what the database has seen of orders: one, of which it is known, or not,
// whether code has sent it since the last release.
func queries(recent contract.Verdict, u contract.Use) *judge.Queries {
	u.Origin, u.Calls, u.Recent, u.At = contract.Query, 3, recent, contract.Evidence{Text: "some SQL"}
	return &judge.Queries{Contract: contract.New(contract.Source{Scanner: "seen", Whole: true, Upserts: true, Rows: true},
		[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{u}}}, nil)}
}
