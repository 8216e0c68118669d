package contract_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// A build that is known never to prepare has no stale plan, and keeps what else a
// change does to it.
func TestPrepares(t *testing.T) {
	t.Parallel()
	users := contract.Name{Name: "users"}
	uses := []contract.Relation{{Name: users, Uses: []contract.Use{{Origin: contract.SQL, Star: true, Reads: contract.Named("id"), TextBigint: true}}}}
	build := func(source contract.Source, drivers ...contract.Verdict) *contract.Contract {
		c := contract.New(source, uses, nil)
		for _, v := range drivers {
			c = c.WithDrivers([]contract.Driver{{Prepares: v, Why: "it does so"}})
		}
		return c
	}
	never := contract.Source{Scanner: "scan", Whole: true, Rows: true, Unprepared: true}
	before := contract.Source{Scanner: "scan", Whole: true, Rows: true}
	for name, c := range map[string]struct {
		is   *contract.Contract
		want contract.Verdict
	}{
		"never":                {build(never, contract.No), contract.No},
		"no driver":            {build(never), contract.No},
		"earlier scan":         {build(before), contract.Unknown},
		"earlier, driver":      {build(before, contract.No), contract.Unknown},
		"one of two":           {build(never, contract.No, contract.Unknown), contract.Unknown},
		"one does":             {build(never, contract.No, contract.Unknown, contract.Yes), contract.Yes},
		"a newer word":         {build(never, contract.No, "sometimes"), contract.Unknown},
		"a part by an earlier": {contract.Merge(build(never, contract.No), build(before)), contract.Unknown},
		"with queries seen":    {contract.Merge(build(never, contract.No), build(contract.Source{Scanner: "pg_stat_statements"})), contract.Unknown},
		"nothing":              {&contract.Contract{}, contract.Unknown},
	} {
		if got := c.is.Prepares(); got.Verdict != c.want || len(got.Reasons) == 0 {
			t.Errorf("%s: %+v", name, got)
		}
		for _, kind := range []contract.ChangeKind{contract.WidenRow, contract.WidenResult} {
			breaks := c.is.Breaks(contract.Change{Kind: kind, Relation: users, Column: "id"}).Verdict
			if len(c.is.Relations) > 0 && (breaks == contract.No) != (c.want == contract.No) {
				t.Errorf("%s: %s: %s", name, kind, breaks)
			}
		}
		if got := c.is.Breaks(contract.Change{Kind: contract.WidenColumn, Relation: users, Column: "id"}).Verdict; len(c.is.Relations) > 0 && got != contract.Yes {
			t.Errorf("%s: a bigint that comes as a text: %s", name, got)
		}
	}
	// What an earlier migguard wrote says nothing of drivers.
	old, err := contract.Read(strings.NewReader(`{"version":1,"sources":[{"scanner":"scan","whole":true,"rows":true}],"relations":[],"gaps":[]}`))
	if err != nil || old.Prepares().Verdict != contract.Unknown {
		t.Errorf("%+v, %v", old, err)
	}
}
