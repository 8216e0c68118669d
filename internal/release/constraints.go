package release

import (
	"context"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// A constraint is one of a table's, as pg.Constraints has it.
type constraint struct {
	name      string
	kind      string // pg_constraint.contype
	valid     bool
	noInherit bool   // children have it not
	column    string // the first, or empty
	oid       string
}

type constraints []constraint

// constraints are those that a table has now.
func (a *act) constraints(ctx context.Context, table catalog.Relation) (constraints, error) {
	rows, err := a.conn.Query(ctx, pg.Constraints(table.OID))
	if err != nil {
		return nil, err
	}
	var cs constraints
	for _, row := range rows {
		c := constraint{name: *row[0], kind: *row[1], valid: *row[2] == "t", noInherit: *row[3] == "t", oid: *row[5]}
		if row[4] != nil {
			c.column = *row[4]
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// named finds one by its name.
func (cs constraints) named(name string) (constraint, bool) {
	i := slices.IndexFunc(cs, func(c constraint) bool { return c.name == name })
	if i < 0 {
		return constraint{}, false
	}
	return cs[i], true
}

// validates tells whether the statement, as it was sent, leaves a constraint
// valid: one that was not there before, whatever its name, or that it names, or
// the NOT NULL of a column.
func (a *act) validates(staged []stagedChange, c constraint, before constraints) bool {
	known := slices.ContainsFunc(before, func(old constraint) bool { return old.oid == c.oid })
	leaves := a.leavesNotValid(c.name)
	return slices.ContainsFunc(staged, func(s stagedChange) bool {
		switch {
		case s.There:
			return s.Name == c.name
		case s.Indexed() || leaves:
			return false
		case s.Kind == ddl.NotNull && c.kind == "n":
			return c.column == s.Column
		case s.Kind == ddl.NotNull && c.name == task.Proxy(s.Table.Name, s.Column):
			return true
		}
		return !known
	})
}

// leavesNotValid tells a constraint that is NOT VALID in the statement itself.
func (a *act) leavesNotValid(name string) bool {
	return slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
		c, ok := change.(ddl.AddConstraint)
		return ok && c.NotValid && c.Name == name
	})
}

// notNullConstraints is the version from which NOT NULL is a constraint that can
// be NOT VALID.
const notNullConstraints = 18
