package judge

import (
	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// A FilledColumn is added without a value for the rows there are. These get it in
// batches, outside the migration's transaction.
type FilledColumn struct {
	Table   catalog.Relation
	Column  string
	Default string // the expression in SQL; of a numbered column not known yet
	// Numbered: it is a serial or identity column.
	Numbered bool
	NotNull  bool
}

// partitionedIdentity is the version from which partitioned tables have identity
// columns (release notes of 17).
const partitionedIdentity = 17

// filledColumn tells whether the default is all that makes the server write the
// table anew; then there may be an obstacle. That of a serial or identity column is
// the next number of its sequence. A stored generated column no column becomes later.
func filledColumn(c ddl.AddColumn, found catalog.Lookup, major int) (*FilledColumn, *Obstacle) {
	_, plain := ddl.ServerTypeOf(c.Type) // any other may be a domain that takes no NULL
	numbered := c.Serial || c.Identity != ""
	if (c.Default == "") != numbered || c.Generated != "" || !plain && !c.Serial || found.Trial == nil || !found.Trial.Rewrites {
		return nil, nil
	}
	r := *found.Relation
	cannot := func(reason string) (*FilledColumn, *Obstacle) {
		return nil, &Obstacle{Wanted: Rewrite, Reason: reason}
	}
	switch {
	case r.Kind != catalog.PartitionedTable && (r.Kind != catalog.Table || r.HasChildren):
		return cannot("tables that inherit from it have rows of their own, which are not filled")
	case r.Fires:
		return cannot("an UPDATE of its rows would fire triggers or rules, as ADD COLUMN does not")
	case r.RowSecurityForced:
		return cannot("row level security is forced on it, and may hide rows")
	}
	switch {
	case numbered && r.Owner != r.Role:
		return cannot("its sequence would belong to the session's role, and has to be its owner's")
	case c.Identity != "" && r.Kind == catalog.PartitionedTable && major < partitionedIdentity:
		return cannot("before PostgreSQL 17 a partitioned table has no identity columns")
	}
	return &FilledColumn{Table: r, Column: c.Column, Default: c.Default, Numbered: numbered, NotNull: c.NotNull || numbered}, nil
}
