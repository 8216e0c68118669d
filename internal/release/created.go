package release

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// keeps tells whether there is bookkeeping to do for a change.
func (g *gate) keeps(change ddl.Change) bool {
	switch c := change.(type) {
	case ddl.CreateTable:
		return !c.Temporary
	case ddl.CreateView:
		return !c.Temporary
	case ddl.CreateMaterializedView, ddl.RenameTable, ddl.SetSchema:
		return true
	case ddl.AddColumn:
		return c.Kind != ddl.KindType && !g.hasMade(c.Relation)
	}
	return false
}

// bookkeeping is the ledger's part of a change that is allowed: SQL to run
// before it and after it, in its transaction.
func (a *act) bookkeeping(ctx context.Context, change ddl.Change, found catalog.Lookup) (before, after []string, err error) {
	switch c := change.(type) {
	case ddl.CreateTable:
		if !c.Temporary {
			after = a.creation(c.Relation, found)
		}
	case ddl.CreateView:
		if !c.Temporary && a.inPlace == nil { // running code knows one
			after = a.creation(c.Relation, found)
		}
	case ddl.CreateMaterializedView:
		after = a.creation(c.Relation, found)
	case ddl.AddColumn:
		after = a.addition(c, found)
	case ddl.RenameTable:
		before, err = a.freeName(ctx, c, found)
	case ddl.SetSchema:
		if t := found.Target; t != nil && t.Standing != nil { // what else is there the server tells
			before, err = a.freeName(ctx, c, found)
		}
	}
	return before, after, err
}

// creation records a relation that no running build can know. Where it was
// there before, nothing is created.
func (a *act) creation(name ddl.Name, found catalog.Lookup) []string {
	if found.Relation != nil {
		return nil
	}
	a.creates = append(a.creates, name)
	return []string{ledger.RecordCreatedRelationSQL(a.releaseID, name.String())}
}

// addition records a column that no running build can know. A table that the
// run has made itself is recorded as a whole; where its name means another one
// by now, the column counts as used, which is the safe mistake.
func (a *act) addition(c ddl.AddColumn, found catalog.Lookup) []string {
	if c.Kind == ddl.KindType || a.hasMade(c.Relation) {
		return nil
	}
	if r := found.Relation; r != nil {
		if _, exists := r.Column(c.Column); exists {
			return nil
		}
	}
	return []string{ledger.RecordCreatedColumnSQL(a.releaseID, c.Relation.String(), c.Column)}
}

// freeName takes down the shim that has a table's new name, when the table is
// renamed or moved back. Any other holder of the name is in the way. So is a view with
// columns that have other names in the table by now: code that knows it would lose them.
func (a *act) freeName(ctx context.Context, change ddl.Change, found catalog.Lookup) ([]string, error) {
	r, target := found.Relation, found.Target
	if r == nil || target == nil {
		return nil, nil
	}
	if target.Standing == nil {
		return nil, a.taken(change, *target)
	}
	if target.Standing.Relation != r.OID {
		return nil, a.shimInTheWay(change, *target)
	}
	kept, err := a.keepsNames(ctx, *target, r.OID)
	if err != nil {
		return nil, err
	}
	if kept {
		return nil, a.shimInTheWay(change, *target)
	}
	a.notes = append(a.notes, fmt.Sprintf("the shim under the name %s is taken down: the table has its name back", hazard.Display(*target)))
	name := ddl.Name{Schema: target.Schema, Name: target.Name}
	drop := []string{"DROP VIEW " + name.String()}
	if target.Kind == catalog.PartitionedTable {
		drop = shim.DropParent(name, ddl.Name{Schema: r.Schema, Name: r.Name})
		a.replace(target.OID)
	}
	return append([]string{ledger.RecordShimDroppedSQL(target.OID, a.releaseID, "renamed back")}, drop...), nil
}

// keepsNames tells whether code knows a table's columns from a shim's view by names that
// they have no more, and not from an overlay of each build that runs.
func (a *act) keepsNames(ctx context.Context, view catalog.Relation, table uint32) (bool, error) {
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT (SELECT pg_catalog.string_agg(schema, ',') FROM %s WHERE relation = %d::pg_catalog.oid AND name = %s) WHERE %s",
		ledger.OverlaysFrom, table, ddl.Literal(view.Name), ledger.RenamesColumns(view.OID)))
	if err != nil || len(rows) == 0 {
		return false, explained(err)
	}
	var schemas []string
	if rows[0][0] != nil {
		schemas = strings.Split(*rows[0][0], ",")
	}
	return len(a.code) == 0 || slices.ContainsFunc(a.code, func(c judge.Code) bool { return !slices.Contains(schemas, c.Overlay) }), nil
}

// repeated recognises a rename that was committed by a run which ended before
// the runner could note it: the old name is that of the table's shim, the new
// one the table's. So it is with a table that was moved. With IF EXISTS it is enough
// that no table has the old name.
func repeated(change ddl.Change, found catalog.Lookup) bool {
	r, target := found.Relation, found.Target
	if r == nil || r.Standing == nil {
		return false
	}
	ifExists := false
	switch c := change.(type) {
	case ddl.RenameTable:
		ifExists = c.IfExists
	case ddl.SetSchema:
		ifExists = c.IfExists
	default:
		return false
	}
	return ifExists || target != nil && target.OID == r.Standing.Relation
}

// skip answers a statement that leaves nothing to do: a repeated rename.
func (a *act) skip(found catalog.Lookup) string {
	return a.done(fmt.Sprintf("the table %s is %s already, and its shim stands", hazard.Display(*found.Relation), found.Relation.Standing.Name))
}

// done answers a statement that leaves nothing to do, and says why.
func (a *act) done(note string) string {
	a.notes = append(a.notes, note)
	a.conn.Notice("migguard: "+note, "", "")
	return a.plan.Tag
}

// checkShims refuses a statement about a name that a shim has. Most would mean
// the table and fail on the view, or change nothing but the view; IF NOT EXISTS
// would hide that nothing was created.
func (a *act) checkShims(ctx context.Context, change ddl.Change) error {
	for _, name := range change.Relations() {
		if !a.holds(name.Name) {
			continue
		}
		n := pg.Names{Relation: ddl.Literal(name.String())}
		switch c := change.(type) {
		case ddl.RenameTable:
			n.Target = ddl.Literal(c.To)
		case ddl.SetSchema:
			n.Target, n.TargetIn = ddl.Literal(name.Name), ddl.Literal(c.Schema)
		}
		found, err := a.lookup(ctx, n)
		if err != nil {
			return err
		}
		if r := found.Relation; r != nil && r.Standing != nil && !repeated(change, found) {
			return a.shimInTheWay(change, *r)
		}
	}
	return nil
}
