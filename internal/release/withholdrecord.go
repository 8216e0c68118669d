package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// recordHeld runs the SQL that records what waits.
func (a *act) recordHeld(ctx context.Context, sql ...string) error {
	err := a.conn.Exec(ctx, sql...)
	var server *guard.ServerError
	if errors.As(err, &server) && server.SQLState() == pg.UniqueViolation {
		return a.cannotWait(errors.New("something else of its name waits already"))
	}
	return explained(err)
}

// newWithheld is the record of one.
func (a *act) newWithheld(h withheldChange, name, sql string) ledger.NewWithheld {
	n := ledger.NewWithheld{ReleaseID: a.releaseID, Relation: h.Table.OID, Schema: h.Table.Schema, Table: h.Table.Name, Object: name, Statement: sql}
	change := a.plan.Changes[h.action]
	switch {
	case h.Index:
		n.Kind, n.Columns = ledger.WithheldIndex, columnsOfChange(change, h.Table)
	case h.Constraint == "":
		n.Kind, n.Columns = ledger.WithheldDefault, []string{h.Column}
	case h.Constraint == ddl.NotNull:
		n.Kind, n.Columns = ledger.WithheldNotNull, []string{h.Column}
	default:
		n.Kind, n.Columns = ledger.WithheldConstraint, columnsOfChange(change, h.Table)
		if c, ok := change.(ddl.AddConstraint); ok && c.Constraint == ddl.ForeignKey {
			n.Parent, n.ParentColumns = c.References.String(), c.ReferencesColumns
		}
	}
	return n
}

// columnsOfChange are the columns that a constraint or an index is about: with one of
// them it goes.
func columnsOfChange(change ddl.Change, table catalog.Relation) (columns []string) {
	var expressions []string
	switch c := change.(type) {
	case ddl.CreateIndex:
		expressions = []string{c.Where}
		for _, key := range append(slices.Clone(c.Columns), c.Include...) {
			if _, there := table.Column(key); there {
				columns = append(columns, key)
			} else {
				expressions = append(expressions, key)
			}
		}
	case ddl.AddConstraint:
		columns, expressions = c.Columns, []string{c.Expression}
	}
	for _, expression := range expressions {
		if names, ok := ddl.ColumnsOf(expression); ok && expression != "" {
			columns = append(columns, names...)
		}
	}
	return columns
}

// heldStatement is what makes it. NOT NULL and a default are about a column that may
// have another name by then, so they are written then.
func (a *act) heldStatement(alter *ddl.Alter, h withheldChange, name string) (string, error) {
	table := ddl.Name{Schema: h.Table.Schema, Name: h.Table.Name}
	switch {
	case h.Constraint == ddl.NotNull:
		c := h.NotNull
		c.Constraint = c.Constraint && a.major >= notNullConstraints // before that a column's NOT NULL has no name
		return c.Write(table.String()), nil
	case h.Constraint == "":
		return dropDefault(table, h.Column), nil
	}
	if err := alter.Name(h.action, name); err != nil {
		return "", err
	}
	return alter.Write(table, h.action)
}

func dropDefault(table ddl.Name, column string) string {
	return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, ddl.Quote(column))
}
