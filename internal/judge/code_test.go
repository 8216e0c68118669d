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
