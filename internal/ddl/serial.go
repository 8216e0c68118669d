package ddl

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// EmptySerial is Empty for a serial column, whose default is the next number of a
// sequence. It returns the integer type that serial stands for
// (transformColumnDefinition, src/backend/parser/parse_utilcmd.c), and that default.
func (a *Alter) EmptySerial(action int, sequence Name) (notNull, integer, value string, err error) {
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	column := cmd.GetDef().GetColumnDef()
	if column == nil || !isSerial(column.GetTypeName()) || len(column.GetTypeName().GetArrayBounds()) > 0 {
		return "", "", "", ErrUnfaithful
	}
	internal := "int4"
	switch name := typeNameOf(column.GetTypeName()).Name; {
	case strings.HasPrefix(name, "small"), name == "serial2":
		internal = "int2"
	case strings.HasPrefix(name, "big"), name == "serial8":
		internal = "int8"
	}
	value = fmt.Sprintf("pg_catalog.nextval(%s::pg_catalog.regclass)", Literal(sequence.String()))
	tree, err := pg.Parse("SELECT " + value)
	if err != nil {
		return "", "", "", fmt.Errorf("default of a serial column: %w", err)
	}
	next := tree.GetStmts()[0].GetStmt().GetSelectStmt().GetTargetList()[0].GetResTarget().GetVal()
	column.TypeName.Names = []*pg.Node{
		{Node: &pg.Node_String_{String_: &pg.String{Sval: "pg_catalog"}}},
		{Node: &pg.Node_String_{String_: &pg.String{Sval: internal}}}}
	column.Constraints = append(column.Constraints, &pg.Node{Node: &pg.Node_Constraint{Constraint: &pg.Constraint{
		Contype: pg.ConstrType_CONSTR_DEFAULT, RawExpr: next}}})
	a.actions[action].cmd = cmd
	notNull, err = a.Empty(action)
	return notNull, plainTypes[internal], value, err
}
