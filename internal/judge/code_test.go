package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// TestReasonsOnce: builds that give the same reason are named together, and each
// reason is said once.
func TestReasonsOnce(t *testing.T) {
	t.Parallel()
	found := relation("public", "users")
	found.Relation.Columns = []catalog.Column{{Number: 1, Name: "note"}}
	code := func(name, model string) judge.Code {
		return judge.Code{Name: name, Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1},
			[]contract.Relation{{Name: contract.Name{Name: "users"}, Uses: []contract.Use{{Origin: contract.Model, By: model, Reads: contract.Columns{All: true}}}}}, nil)}
	}
	for names, want := range map[string]string{
		"one":           "build one: model user ",
		"one two":       "build one and build two: model user ",
		"one two three": "build one, build two and build three: model user ",
		"one two other": "build one and build two: model user ",
		"one other two": "build one and build two: model user ",
		"other one two": ". And build one and build two: model user ",
	} {
		var all []judge.Code
		for _, name := range strings.Fields(names) {
			model := "user"
			if name == "other" {
				model = name
			}
			all = append(all, code("build "+name, model))
		}
		drop := ddl.Parse("alter table users drop column note")[0].Changes[0]
		d := judge.Decide(drop, judge.Facts{Lookup: found, Major: 18, Code: all}, policyOf(t))
		said := d.Findings[0].Detail
		if !strings.Contains(said, want) || strings.Count(said, "model user ") != 1 || strings.Contains(names, "other") != strings.Contains(said, "build other: model other ") {
			t.Errorf("%s: %s", names, said)
		}
	}
}

// TestTakesBothTypes: that code uses a column does not tell what it makes of another
// type, and is not said to leave open whether it needs the column.
func TestTakesBothTypes(t *testing.T) {
	t.Parallel()
	found := relation("public", "users")
	found.Relation.Columns = []catalog.Column{{Number: 1, Name: "code", Type: "text"}}
	code := judge.Code{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1},
		[]contract.Relation{{Name: contract.Name{Name: "users"}, Uses: []contract.Use{{Origin: contract.Model, By: "user", Reads: contract.Columns{All: true}}}}}, nil)}
	retype := ddl.Parse("alter table users alter column code type int using code::int")[0].Changes[0]
	d := judge.Decide(retype, judge.Facts{Lookup: found, Major: 18, Code: []judge.Code{code}}, policyOf(t))
	if want := "Whether the code that runs takes both types is not known: build one: model user "; len(d.Findings) != 2 || !strings.HasPrefix(d.Findings[1].Detail, want) { // the first is how large the table is
		t.Errorf("%+v, want %q", d.Findings, want)
	}
}
