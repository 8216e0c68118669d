package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// Where the source leaves open what code does with a table, what the database has not seen
// it do counts if it would have seen it, wherever that is asked.
func TestUnseen(t *testing.T) {
	t.Parallel()
	policy, err := judge.ParsePolicy([]string{"retyped-column:orders.n"}) // what code makes of the type is no matter here
	if err != nil {
		t.Fatal(err)
	}
	gap := contract.Gap{Reach: contract.Anything, Why: "SQL that is built"}
	use := contract.Use{Origin: contract.Model, By: "Order", Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every(), Star: true}
	orders := contract.Name{Schema: "public", Name: "orders"}
	code := []judge.Code{{Name: "build one", Overlay: "mg_one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1, Rows: true, Upserts: true},
		[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{use}}}, []contract.Gap{gap})}}
	none := contract.New(contract.Source{Scanner: "seen"}, nil, nil)
	shown := func(u contract.Use) *contract.Contract {
		u.Origin, u.Recent = contract.Query, contract.Unknown
		name := orders
		if u.OnTable != "" {
			name.Schema = "" // or it would be no use of an overlay
		}
		return contract.New(contract.Source{Scanner: "seen", Whole: true, Upserts: true, Rows: true}, []contract.Relation{{Name: name, Uses: []contract.Use{u}}}, nil)
	}
	for sql, c := range map[string]struct {
		use contract.Use // that it must not be
		why string       // where it may be
	}{
		"alter table orders rename n to m":       {contract.Use{Reads: contract.Named("n")}, "whether it names the table with its schema is not known: SQL that is built; and "},
		"alter table orders alter n type bigint": {contract.Use{Adds: true, Inserts: contract.Every()}, "whether code writes rows by the order of columns is not known: SQL that is built; and "},
		"alter table orders add more int":        {contract.Use{OnTable: "ctid"}, "; and "},
	} {
		for _, seen := range []struct {
			queries *judge.Queries
			why     string // empty: it would have been seen
		}{
			{nil, "which queries the database has seen is not known"},
			{&judge.Queries{Contract: none}, ""},
			{&judge.Queries{Contract: none, Blind: "it counts for 4m only"}, "it counts for 4m only"},
			{&judge.Queries{Contract: none, Unread: []string{"MERGE INTO ORDERS"}}, "a query that the database has seen could not be read (MERGE INTO ORDERS)"},
			{&judge.Queries{Contract: none, Unread: []string{"MERGE INTO others"}}, ""},
			{&judge.Queries{Contract: none, Earlier: shown(c.use)}, "code may not have come to it since the last release: a query seen 0 times"},
			{&judge.Queries{Contract: none, Earlier: contract.New(contract.Source{Scanner: "seen", Whole: true, Upserts: true, Rows: true}, nil, nil)}, ""},
		} {
			found := relation("public", "orders")
			found.Relation.Columns = []catalog.Column{{Number: 1, Name: "n", Type: "integer"}, {Number: 2, Name: "late", Type: "integer"}}
			found.Copying = &catalog.Copying{Type: "integer", Constant: true, Why: "it is generated", Retyping: &catalog.Retyping{}}
			if strings.Contains(sql, "type") {
				found.Copying.Why = ""
			}
			facts := judge.Facts{Lookup: found, Major: 18, Code: code, Seen: seen.queries}
			d := judge.Decide(ddl.Parse(sql)[0].Changes[0], facts, policy)
			stands := d.Overlays != nil || d.Beside != nil || d.Retyped != nil
			said := ""
			if d.Obstacle != nil {
				said = d.Obstacle.Reason
			}
			for _, f := range d.Said {
				said += f.Detail
			}
			if stands != (seen.why == "") || seen.why != "" && !strings.Contains(said, c.why+seen.why) {
				t.Errorf("%s: %s, %t, %q, want %q", sql, d.Verdict, stands, said, seen.why)
			}
		}
	}
}
