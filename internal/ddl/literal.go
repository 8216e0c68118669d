package ddl

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Literal writes a text constant that means the same whatever
// standard_conforming_strings is.
func Literal(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.Contains(s, `\`) {
		return " E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
	}
	return "'" + s + "'"
}

// IsNull tells a default that is none: nothing, or NULL, with a cast or not.
func IsNull(expression string) bool {
	return expression == "" || expression == "NULL" || strings.HasPrefix(expression, "NULL::")
}

// IsConstant tells an expression that calls nothing, so that its value is always the
// same. One that cannot be read is none.
func IsConstant(expression string) bool {
	sql := "SELECT " + expression
	if checkText(sql) != nil {
		return false
	}
	tree, err := pg.Parse(sql)
	if err != nil || len(tree.GetStmts()) != 1 {
		return false
	}
	constant := true
	var walk func(protoreflect.Message)
	walk = func(m protoreflect.Message) {
		switch m.Interface().(type) {
		case *pg.FuncCall, *pg.SQLValueFunction, *pg.SubLink:
			constant = false
		}
		below(m, walk)
	}
	walk(tree.ProtoReflect())
	return constant
}
