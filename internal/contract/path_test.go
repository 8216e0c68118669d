package contract_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

func TestChoosesPath(t *testing.T) {
	t.Parallel()
	looked := contract.New(contract.Source{Scanner: "scan", Whole: true, Paths: true}, nil, nil)
	before := contract.New(contract.Source{Scanner: "scan", Whole: true}, nil, nil)
	queries := contract.New(contract.Source{Scanner: "queries"}, nil, nil)
	sets := looked.WithPaths([]contract.PathPlace{{Why: "sets it", At: contract.Evidence{File: "config/database.yml", Line: 3}}})
	for name, c := range map[string]struct {
		contract *contract.Contract
		want     contract.Verdict
	}{
		"looked for and not found":     {looked, contract.No},
		"with queries":                 {contract.Merge(looked, queries), contract.No},
		"a scan of an earlier version": {before, contract.Unknown},
		"merged with one":              {contract.Merge(looked, before), contract.Unknown},
		"no scan":                      {queries, contract.Unknown},
		"found":                        {sets, contract.Yes},
		"found by one of two":          {contract.Merge(before, sets), contract.Yes},
	} {
		var text bytes.Buffer
		if err := c.contract.Write(&text); err != nil {
			t.Fatal(err)
		}
		read, err := contract.Read(&text)
		if err != nil {
			t.Fatal(err)
		}
		if a := read.ChoosesPath(); a.Verdict != c.want || len(a.Reasons) != 1 {
			t.Errorf("%s: %+v, want %s", name, a, c.want)
		}
	}
	if a := sets.ChoosesPath(); a.Reasons[0].At.File != "config/database.yml" || a.Reasons[0].At.Line != 3 {
		t.Errorf("%+v", a)
	}
	if a := new(contract.Contract).ChoosesPath(); a.Verdict != contract.Unknown {
		t.Errorf("nothing seen: %+v", a)
	}
	// What scans of earlier versions wrote.
	old, err := contract.Read(strings.NewReader(`{"version":1,"sources":[{"scanner":"scan","whole":true}],"relations":[],"gaps":[]}`))
	if err != nil || old.ChoosesPath().Verdict != contract.Unknown {
		t.Errorf("%+v, %v", old, err)
	}
}
