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
	Default string // the expression in SQL; of a serial column not known yet
	Serial  bool
	NotNull bool
}

// filledColumn tells whether the default is all that makes the server write the
// table anew; then there may be an obstacle. That of a serial column is the next
// number of its sequence. An identity column, and a stored generated one, which no
// column becomes later, are more than a value.
func filledColumn(c ddl.AddColumn, found catalog.Lookup) (*FilledColumn, *Obstacle) {
	_, plain := ddl.ServerTypeOf(c.Type) // any other may be a domain that takes no NULL
	if (c.Default == "") != c.Serial || c.Identity != "" || c.Generated != "" || !plain && !c.Serial || found.Trial == nil || !found.Trial.Rewrites {
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
	if c.Serial && r.Owner != r.Role {
		return cannot("its sequence would belong to the session's role, and has to be its owner's")
	}
	return &FilledColumn{Table: r, Column: c.Column, Default: c.Default, Serial: c.Serial, NotNull: c.NotNull || c.Serial}, nil
}
