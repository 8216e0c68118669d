package contract_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// What writes rows without the names of columns counts on their order; a framework that writes
// every column names them, and so does one that updates them all.
func TestByPosition(t *testing.T) {
	t.Parallel()
	all := contract.Every()
	for name, c := range map[string]struct {
		use  contract.Use
		gaps []contract.Gap
		want contract.Verdict
	}{
		"values":    {contract.Use{Origin: contract.SQL, Adds: true, Inserts: all}, nil, contract.Yes},
		"seen":      {contract.Use{Origin: contract.Query, Adds: true, Inserts: all, Reads: all}, nil, contract.Yes},
		"long ago":  {contract.Use{Origin: contract.Query, Adds: true, Inserts: all, Recent: contract.No}, nil, contract.No},
		"named":     {contract.Use{Origin: contract.SQL, Adds: true, Inserts: contract.Named("a")}, nil, contract.No},
		"model":     {contract.Use{Origin: contract.Model, Adds: true, Inserts: all, Reads: all}, nil, contract.No},
		"framework": {contract.Use{Origin: contract.SQL, Adds: true, Inserts: all, Updates: all}, nil, contract.No},
		"unknown":   {contract.Use{Origin: contract.Model, Reads: all}, []contract.Gap{{Reach: contract.Anything, Why: "?"}}, contract.Unknown},
	} {
		of := contract.New(contract.Source{Scanner: "scan", Whole: true}, []contract.Relation{{Name: contract.Name{Name: "t"}, Uses: []contract.Use{c.use}}}, c.gaps)
		if got := of.ByPosition(contract.Name{Schema: "public", Name: "t"}); got.Verdict != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if got := of.ByPosition(contract.Name{Schema: "public", Name: "other"}); c.gaps == nil && got.Verdict != contract.No {
			t.Errorf("%s, another table: %v", name, got)
		}
	}
}
