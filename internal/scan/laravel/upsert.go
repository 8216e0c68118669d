package laravel

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// sameTable are methods before upsert that lead to no other table.
var sameTable = strings.Fields("query newQuery newModelQuery on onWriteConnection connection table withTrashed withoutGlobalScopes")

// arbiter is what upsert's second argument asks for: a column or a list of them.
func (r *reader) arbiter(call *syntax.Node) contract.Arbiter {
	unique := r.uniqueBy(call)
	list, ok := elements(unique)
	if !ok {
		list = []element{{value: unique}}
	}
	var a contract.Arbiter
	for _, e := range list {
		t, ok := literal(e.value, r.src)
		if !ok || e.key != nil {
			return contract.Arbiter{Any: true}
		}
		a.Columns = append(a.Columns, t)
	}
	a.Any = a.Columns == nil
	return a
}

// uniqueBy is the second argument, or the one of that name; nil if there is none.
func (r *reader) uniqueBy(call *syntax.Node) *syntax.Node {
	for i, argument := range call.Child("arguments").Children {
		named := len(argument.Children) == 2 && argument.Children[0].Is("name")
		if named && r.text(argument.Children[0]) == "uniqueBy" || !named && i == 1 && len(argument.Children) == 1 {
			return argument.Children[len(argument.Children)-1]
		}
	}
	return nil
}
