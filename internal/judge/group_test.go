package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// Where the source has words of GROUP BY, what has a primary key comes before what has
// none; that is refused where nobody could ask the database for such a query.
func TestGroupsComeBeforeViews(t *testing.T) {
	t.Parallel()
	all := contract.Every()
	model := contract.Use{Origin: contract.Model, By: "Order", Reads: all, Updates: all, Adds: true, Inserts: all, Star: true}
	seen := &judge.Queries{Contract: contract.New(contract.Source{Scanner: "seen"}, nil, nil)}
	can, cannot := &catalog.AsPartition{Key: []string{"id"}}, &catalog.AsPartition{Not: "it has no key"}
	for name, c := range map[string]struct {
		groups bool
		as     *catalog.AsPartition
		seen   *judge.Queries
		want   string // what takes the table's place
	}{
		"no words":            {false, can, nil, "view"},
		"words":               {true, can, nil, "parent"},
		"words, not seen":     {true, can, seen, "parent"},
		"no parent, not seen": {true, cannot, seen, "view"},
		"no parent":           {true, cannot, nil, "no primary key for GROUP BY"},
		"keyless":             {true, cannot, nil, "view"}, // nothing can be grouped by
		"no parent, blind":    {true, cannot, &judge.Queries{Contract: seen.Contract, Blind: "it counts for 4m only"}, "no primary key for GROUP BY. Whether the code that runs needs it is not known: build one: the source has words of GROUP BY, and a library may make a query of public.orders of them; and it counts for 4m only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := []judge.Code{{Name: "build one", Overlay: "mg_one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1, Upserts: true, Rows: true, Groups: c.groups},
				[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{model}}}, nil)}}
			found := relation("public", "orders")
			found.Relation.Keyed = name != "keyless"
			groups := c.groups && found.Relation.Keyed
			found.AsPartition, found.Relation.Columns = c.as, []catalog.Column{{Number: 1, Name: "id"}, {Number: 2, Name: "name"}}
			facts := judge.Facts{Lookup: found, Major: 18, Code: code, Seen: c.seen}
			d := judge.Decide(ddl.Parse("alter table orders rename to sales")[0].Changes[0], facts, policyOf(t))
			got := ""
			switch {
			case d.View != nil:
				got = "view"
			case d.Parent != nil:
				got = "parent"
			case d.Obstacle != nil:
				got = d.Obstacle.Reason
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s: %q, want %q", d.Verdict, got, c.want)
			}
			// Without a copy an overlay is what is left.
			d = judge.Decide(ddl.Parse("alter table orders rename name to label")[0].Changes[0], facts, policyOf(t))
			if overlay := !groups || c.seen != nil && c.seen.Blind == ""; (d.Overlays != nil) != overlay {
				t.Errorf("%s: %d overlays, %+v", d.Verdict, len(d.Overlays), d.Obstacle)
			}
			// So it is for a table that moves, of which no partition is made.
			d = judge.Decide(ddl.Parse("alter table orders set schema s")[0].Changes[0], facts, policyOf(t))
			overlay := !groups || c.seen != nil && c.seen.Blind == ""
			if (d.Overlays != nil) != overlay || !overlay && (d.Verdict != judge.Refuse || !strings.Contains(d.Obstacle.Reason, "no primary key for GROUP BY") || !strings.Contains(d.Obstacle.Reason, "moves to another schema")) {
				t.Errorf("moved: %s: %d overlays, %+v", d.Verdict, len(d.Overlays), d.Obstacle)
			}
			// For a new column an overlay is a convenience.
			d = judge.Decide(ddl.Parse("alter table orders add more int")[0].Changes[0], facts, policyOf(t))
			if (d.Beside != nil) == groups {
				t.Errorf("%s: %d overlays of a new column", d.Verdict, len(d.Beside))
			}
		})
	}
}
