package contract_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// A scan of an earlier version did not look for what asks for every column.
func TestRowsOfEarlierScans(t *testing.T) {
	t.Parallel()
	named := contract.Named("id", "name")
	relations := []contract.Relation{{Name: contract.Name{Name: "a"}, Uses: []contract.Use{{Origin: contract.Model, By: "A", Reads: named}}}}
	for rows, want := range map[bool]contract.Verdict{false: contract.Unknown, true: contract.No} {
		c := contract.New(contract.Source{Scanner: "scan", Whole: true, Rows: rows}, relations, nil)
		change := contract.Change{Kind: contract.WidenRow, Relation: contract.Name{Schema: "public", Name: "a"}}
		if a := c.Breaks(change); a.Verdict != want {
			t.Errorf("rows %t: %+v", rows, a)
		}
		if a := c.OnTable(change.Relation); a.Verdict != want {
			t.Errorf("rows %t: %+v", rows, a)
		}
		change.Kind, change.Column = contract.WidenResult, "name"
		if a := c.Breaks(change); a.Verdict != contract.Yes {
			t.Errorf("a column that is read: %+v", a)
		}
	}
}
