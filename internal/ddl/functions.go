package ddl

import (
	"cmp"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// calledFunctions lists the functions a statement calls by name. The walk over
// the whole tree costs more than parsing a short statement, so it is spared
// where the text cannot hold a call, and by read.
func calledFunctions(text string, n *pg.Node) []Name {
	if !strings.Contains(text, "(") {
		return nil
	}
	if _, ok := n.GetNode().(*pg.Node_CreateFunctionStmt); ok {
		return nil
	}
	var calls []*pg.FuncCall
	walk(n.ProtoReflect(), &calls)
	slices.SortStableFunc(calls, func(a, b *pg.FuncCall) int {
		return cmp.Compare(a.GetLocation(), b.GetLocation())
	})
	var names []Name
	seen := make(map[Name]bool)
	for _, call := range calls {
		name := nameOf(call.GetFuncname())
		// SQL syntax such as EXTRACT is a call behind the scenes.
		syntax := call.GetFuncformat() == pg.CoercionForm_COERCE_SQL_SYNTAX
		if !syntax && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// walk collects the calls below a message, in no order.
func walk(m protoreflect.Message, calls *[]*pg.FuncCall) {
	if call, ok := m.Interface().(*pg.FuncCall); ok {
		*calls = append(*calls, call)
	}
	below(m, func(n protoreflect.Message) { walk(n, calls) })
}

// below calls for each message right under another.
func below(m protoreflect.Message, do func(protoreflect.Message)) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			list := v.List()
			for i := range list.Len() {
				do(list.Get(i).Message())
			}
		default:
			do(v.Message())
		}
		return true
	})
}
