package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// checkAdded looks for a row that breaks one of the constraints of columns that the
// statement has added by now, and that keep others from the table.
func (a *act) checkAdded(ctx context.Context, staged []stagedChange, filled []filledChange) error {
	return a.search(ctx, staged, underLock, func(ctx context.Context, s stagedChange) (string, error) {
		if !s.Inline {
			return "", nil
		}
		if before, err := a.violationsBefore(ctx, s); err != nil || before != "" {
			return "", err // they have been looked for
		}
		same, err := a.sameInAllRows(ctx, s, filled)
		switch {
		case err != nil:
			return "", err
		case s.Kind == ddl.Check && same:
			sql, err := a.apart.WriteOneViolates(s.action)
			if err != nil {
				return "", a.unwritable(err)
			}
			return sql, nil
		case s.Kind == ddl.ForeignKey && same:
			return a.violations(ctx, s, fmt.Sprintf("(SELECT * FROM %s LIMIT 1)", a.rowsOf(s)))
		}
		return a.violations(ctx, s, a.rowsOf(s))
	})
}

// columnsOf are the columns that a constraint names; false where that cannot be told.
func (a *act) columnsOf(s stagedChange) (names []string, known bool) {
	c := a.plan.Changes[s.action].(ddl.AddConstraint)
	if c.Constraint == ddl.Check {
		return ddl.ColumnsOf(c.Expression)
	}
	return c.Columns, true
}

// columnsAdded are those that the table gets by the statement and has not yet. None
// where others inherit from it, which may have one of the name already.
func (a *act) columnsAdded(table catalog.Relation) (added []ddl.AddColumn) {
	if table.HasChildren && table.Kind != catalog.PartitionedTable {
		return nil
	}
	for _, change := range a.plan.Changes {
		c, ok := change.(ddl.AddColumn)
		if _, there := table.Column(c.Column); ok && !there {
			added = append(added, c)
		}
	}
	return added
}

// sameInAllRows tells a constraint of columns that the statement has added and that have
// the same value in each row there is: the server keeps that beside the rows, or there is
// none yet. An answer about one row is one about all then.
func (a *act) sameInAllRows(ctx context.Context, s stagedChange, filled []filledChange) (bool, error) {
	names, known := a.columnsOf(s)
	added := a.columnsAdded(s.Table)
	if !known || len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return !adds(added, name) }) {
		return false, nil
	}
	var same []string
	for _, f := range filled {
		same = append(same, f.Column)
	}
	for _, c := range added {
		if c.Default != "" && ddl.IsConstant(c.Default) {
			same = append(same, c.Column)
		}
	}
	rows, err := a.conn.Query(ctx, pg.SameInAllRows(s.Table.OID, names, same))
	if err != nil {
		return false, err
	}
	return *rows[0][0] == "t", nil
}

func adds(columns []ddl.AddColumn, name string) bool {
	return slices.ContainsFunc(columns, func(c ddl.AddColumn) bool { return c.Column == name })
}

// violationsBefore is the query whether a row breaks the CHECK of a new column that names
// others, too, asked before there is the column: with the value that all rows will have.
// Empty where that is not known, or where no other is named.
func (a *act) violationsBefore(ctx context.Context, s stagedChange) (string, error) {
	names, known := a.columnsOf(s)
	if s.Kind != ddl.Check || !known {
		return "", nil
	}
	added := slices.DeleteFunc(a.columnsAdded(s.Table), func(c ddl.AddColumn) bool { return !slices.Contains(names, c.Column) })
	if len(added) == 0 || !slices.ContainsFunc(names, func(name string) bool { return !adds(added, name) }) {
		return "", nil
	}
	var values []string
	for _, c := range added {
		value := c.Default
		if c.Collation != "" || c.Fills() && (value == "" || !ddl.IsConstant(value)) {
			return "", nil
		}
		if value == "" {
			value = "NULL"
			filled, err := a.conn.Query(ctx, pg.HasDefault(ddl.Literal(c.Type)))
			if err != nil || *filled[0][0] == "t" {
				return "", err
			}
		}
		values = append(values, fmt.Sprintf("CAST(%s AS %s) AS %s", value, c.Type, ddl.Quote(c.Column)))
	}
	sql, err := a.apart.WriteViolations(s.action, values...)
	if err != nil {
		return "", a.unwritable(err)
	}
	return sql, nil
}
