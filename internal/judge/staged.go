package judge

import (
	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// A StagedConstraint is added without a look at the rows there are, and
// validated outside the migration's transaction; one with an index is added there,
// when that is built.
type StagedConstraint struct {
	Table catalog.Relation
	Kind  ddl.ConstraintKind // Check, ForeignKey, NotNull, Unique or PrimaryKey
	Name  string             // empty if the server chooses it
	// Column is that of a NOT NULL, which Constraint says is written as one.
	Column     string
	Constraint bool
	// Inline: it is one of a column that the statement adds.
	Inline bool
	// There: the table has it already, not validated.
	There bool
}

// Indexed tells a constraint that is added when its index is built.
func (s StagedConstraint) Indexed() bool { return s.Kind == ddl.Unique || s.Kind == ddl.PrimaryKey }

func stagedConstraint(change ddl.Change, r catalog.Relation, major int) (*StagedConstraint, *Obstacle) {
	cannot := func(reason, hint string) (*StagedConstraint, *Obstacle) {
		return nil, &Obstacle{Wanted: Rewrite, Reason: reason,
			Hint: hint + " Or say that nobody uses the table: " + hazard.AllowBlockingConstraint(r)}
	}
	if c, ok := change.(ddl.SetNotNull); ok {
		return &StagedConstraint{Table: r, Kind: ddl.NotNull, Name: c.Name, Column: c.Column, Constraint: c.Constraint}, nil
	}
	if c, ok := change.(ddl.ValidateConstraint); ok {
		return &StagedConstraint{Table: r, Name: c.Name, There: true}, nil
	}
	c := change.(ddl.AddConstraint)
	switch c.Constraint {
	case ddl.PrimaryKey:
		if c.UsingIndex != "" {
			return cannot("a column of its index may be NULL", "SET NOT NULL first, in a migration of its own.")
		}
		if c.Inline {
			return cannot("a primary key has no NOT VALID, and its column is a new one", "Add the column first, and fill it; then SET NOT NULL, and then ADD PRIMARY KEY, each in a migration of its own.")
		}
	case ddl.Exclude:
		return cannot("an exclusion constraint has no NOT VALID, and its index cannot be built CONCURRENTLY", "Do it under maintenance mode, or on a new table.")
	case ddl.ForeignKey:
		if r.Kind == catalog.PartitionedTable && major < 18 {
			return cannot("before PostgreSQL 18 a foreign key of a partitioned table cannot be NOT VALID", "Add it to each partition NOT VALID, and VALIDATE it there, before the parent gets it.")
		}
	}
	return &StagedConstraint{Table: r, Kind: c.Constraint, Name: c.Name, Inline: c.Inline}, nil
}
