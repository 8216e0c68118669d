package ddl

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// Empty has a column that an action adds written so that the rows there are get
// no value: without its default, which is set for new rows after it, and without
// NOT NULL, whose name it returns if it has one.
func (a *Alter) Empty(action int) (notNull string, err error) {
	column := a.actions[action].cmd.GetDef().GetColumnDef()
	if column == nil {
		return "", ErrUnfaithful
	}
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	column = cmd.GetDef().GetColumnDef()
	var kept []*pg.Node
	var value *pg.Node
	for _, n := range column.GetConstraints() {
		switch def := n.GetConstraint(); def.GetContype() {
		case pg.ConstrType_CONSTR_DEFAULT:
			value = def.GetRawExpr()
		case pg.ConstrType_CONSTR_NOTNULL:
			notNull = def.GetConname()
		default:
			kept = append(kept, n)
		}
	}
	if value == nil {
		return "", ErrUnfaithful
	}
	column.Constraints = kept
	a.actions[action].cmd = cmd
	a.actions[action].value = value
	return notNull, nil
}

// Nullable has a column that an action adds written without NOT NULL.
func (a *Alter) Nullable(action int) error {
	cmd := proto.Clone(a.actions[action].cmd).(*pg.AlterTableCmd)
	column := cmd.GetDef().GetColumnDef()
	if column == nil {
		return ErrUnfaithful
	}
	column.Constraints = slices.DeleteFunc(column.GetConstraints(), func(n *pg.Node) bool {
		return n.GetConstraint().GetContype() == pg.ConstrType_CONSTR_NOTNULL
	})
	a.actions[action].cmd = cmd
	return nil
}

// setDefault is the action that gives new rows the value of a column that was
// added without it.
func setDefault(column string, value *pg.Node) *pg.AlterTableCmd {
	return &pg.AlterTableCmd{Subtype: pg.AlterTableType_AT_ColumnDefault, Behavior: pg.DropBehavior_DROP_RESTRICT, Name: column, Def: value}
}
