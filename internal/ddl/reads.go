package ddl

import (
	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ColumnsOf are the names that an expression has where a column may stand, as those
// of a CHECK or an index; a whole row is among them by its table's name. False where
// that cannot be told.
func ColumnsOf(expression string) (names []string, ok bool) {
	sql := "SELECT " + expression
	if checkText(sql) != nil {
		return nil, false
	}
	tree, err := pg.Parse(sql)
	if err != nil || len(tree.GetStmts()) != 1 {
		return nil, false
	}
	ok = true
	var walk func(protoreflect.Message)
	walk = func(m protoreflect.Message) {
		switch n := m.Interface().(type) {
		case *pg.ColumnRef:
			fields := n.GetFields()
			last := fields[len(fields)-1].GetString_()
			ok = ok && last != nil // a star
			names = append(names, last.GetSval())
		case *pg.SubLink:
			ok = false
		}
		below(m, walk)
	}
	walk(tree.ProtoReflect())
	return names, ok
}
