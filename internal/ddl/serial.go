package ddl

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// A Numbered is a serial or identity column whose rows get their numbers later.
type Numbered struct {
	NotNull string // the name of its NOT NULL, if it has one
	Create  string // makes its sequence
	Value   string // the next number, which is the column's default
	// Identity makes a column that has its numbers, and no default or sequence any
	// more, an identity column; empty for a serial one.
	Identity string
}

// EmptyNumbered is Empty for a serial or identity column, whose default is the next
// number of a sequence. The integer type that serial stands for is that of
// transformColumnDefinition, src/backend/parser/parse_utilcmd.c. An identity column
// with a sequence of a name of its own is ErrUnfaithful.
func (a *Alter) EmptyNumbered(action int, table, sequence Name) (n Numbered, err error) {
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	column := cmd.GetDef().GetColumnDef()
	if column == nil || len(column.GetTypeName().GetArrayBounds()) > 0 {
		return n, ErrUnfaithful
	}
	integer := typeNameOf(column.GetTypeName()).Name
	var options []*pg.Node
	identity := slices.IndexFunc(column.GetConstraints(), func(n *pg.Node) bool {
		return n.GetConstraint().GetContype() == pg.ConstrType_CONSTR_IDENTITY
	})
	switch {
	case isSerial(column.GetTypeName()):
		integer = serialTypes[integer]
		column.TypeName.Names = []*pg.Node{stringNode("pg_catalog"), stringNode(integer)}
	case identity >= 0 && slices.Contains([]string{"int2", "int4", "int8"}, integer):
		def := column.Constraints[identity].GetConstraint()
		if options = def.GetOptions(); slices.ContainsFunc(options, isOwn) {
			return n, ErrUnfaithful
		}
		column.Constraints = slices.Delete(column.Constraints, identity, identity+1)
		if n.Identity, err = a.writeIdentity(table, column.GetColname(), sequence, def); err != nil {
			return n, err
		}
	default:
		return n, ErrUnfaithful
	}
	n.Value = fmt.Sprintf("pg_catalog.nextval(%s::pg_catalog.regclass)", Literal(sequence.String()))
	tree, err := pg.Parse(fmt.Sprintf("CREATE SEQUENCE %s AS %s; SELECT %s", sequence, plainTypes[integer], n.Value))
	if err != nil {
		return n, fmt.Errorf("sequence of a column: %w", err)
	}
	create, next := tree.GetStmts()[0].GetStmt(), tree.GetStmts()[1].GetStmt()
	create.GetCreateSeqStmt().Options = append(create.GetCreateSeqStmt().Options, options...)
	if n.Create, err = a.text(create); err != nil {
		return n, err
	}
	column.Constraints = append(column.Constraints, &pg.Node{Node: &pg.Node_Constraint{Constraint: &pg.Constraint{
		Contype: pg.ConstrType_CONSTR_DEFAULT, RawExpr: next.GetSelectStmt().GetTargetList()[0].GetResTarget().GetVal()}}})
	a.actions[action].cmd = cmd
	n.NotNull, err = a.Empty(action)
	return n, err
}

// serialTypes are the integer types of the serial ones.
var serialTypes = map[string]string{"smallserial": "int2", "serial2": "int2", "serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8"}

// isOwn tells the options of an identity column's sequence that are more than how it
// counts: its name, whose it is, its type, its position.
func isOwn(n *pg.Node) bool {
	switch strings.ToLower(n.GetDefElem().GetDefname()) {
	case "start", "increment", "minvalue", "maxvalue", "cache", "cycle":
		return false
	}
	return true
}

// writeIdentity writes the ALTER TABLE that makes a column one as it was written, with
// a sequence of that name.
func (a *Alter) writeIdentity(table Name, column string, sequence Name, def *pg.Constraint) (string, error) {
	tree, err := pg.Parse(fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME %s)", table, Quote(column), sequence))
	if err != nil {
		return "", fmt.Errorf("identity column: %w", err)
	}
	alter := tree.GetStmts()[0].GetStmt()
	written := alter.GetAlterTableStmt().GetCmds()[0].GetAlterTableCmd().GetDef().GetConstraint()
	written.GeneratedWhen = def.GetGeneratedWhen()
	written.Options = append(written.Options, def.GetOptions()...)
	return a.text(alter)
}

func stringNode(s string) *pg.Node {
	return &pg.Node{Node: &pg.Node_String_{String_: &pg.String{Sval: s}}}
}
