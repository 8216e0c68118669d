package contract_test

import (
	"fmt"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	build := func(table string, columns ...string) *contract.Contract {
		named := contract.Named(columns...)
		return contract.New(contract.Source{Scanner: "scan", Whole: true}, []contract.Relation{
			{Name: contract.Name{Name: table}, Uses: []contract.Use{{Origin: contract.Model, By: "M", Reads: named, Updates: named, Adds: true, Inserts: named}}},
			{Name: contract.Name{Name: "only_sql"}, Uses: []contract.Use{{Origin: contract.SQL, Reads: contract.Every()}}},
		}, nil)
	}
	runs, is := build("a", "id"), build("a", "id", "nick")
	var unmet []string
	for _, n := range is.Needs() {
		if !n.MetBy(contract.Name{Schema: "public", Name: "a"}, func(column string) bool { return column == "id" }) {
			unmet = append(unmet, fmt.Sprint(n.Relation, " ", n.Column, " ", runs.Names(n)))
		}
	}
	if got := fmt.Sprint(unmet); got != "[a nick false]" {
		t.Error(got)
	}
	if n := build("b").Needs(); len(n) != 1 || runs.Names(n[0]) || !build("b", "x").Names(n[0]) {
		t.Errorf("%+v", n)
	}
}
