package catalog

import (
	"encoding/json"
	"fmt"
)

// A Holding is what stands between a column, or a table, and code that no longer
// knows it: what such code would break by not writing it, and what keeps that
// code from deleting other rows.
type Holding struct {
	// NotNull: the column is, and nothing fills it.
	NotNull bool `json:"not_null"`
	// Domain: that is so by the column's type.
	Domain bool `json:"domain"`
	// Default is what fills the column in SQL; empty: NULL does, unless it is an
	// identity, or generated from other columns.
	Default   string `json:"default"`
	Identity  bool   `json:"identity"`
	Generated bool   `json:"generated"`
	Type      string `json:"type"` // in SQL
	// Child: the table is a partition, or inherits from another.
	Child bool `json:"child"`
	// Keys are the unique and exclusion indexes that the column is part of.
	Keys []Key `json:"keys"`
	// Checks are the CHECK constraints that read the column.
	Checks []Check `json:"checks"`
	// References are the foreign keys that the column, or the table, is part of.
	References []Reference `json:"references"`
}

// A Key tells rows apart, by the column among others.
type Key struct {
	Name    string `json:"name"`
	Primary bool   `json:"primary"`
	// Column: the column itself is one of those that tell rows apart; it is not just
	// in an expression of theirs, in the predicate, or included.
	Column bool `json:"column"`
	// Alone: nothing else tells rows apart.
	Alone bool `json:"alone"`
	// Nulls: two rows without a value are no two rows for it.
	Nulls bool `json:"nulls"`
}

// A Check is a CHECK constraint that reads a column.
type Check struct {
	Name string `json:"name"`
	// Alone: it reads no other column. Expression is in SQL, the column without
	// its table.
	Alone      bool   `json:"alone"`
	Expression string `json:"expression"`
	// Holds: for the value that the server fills in. Not known before somebody
	// has tried.
	Holds bool `json:"-"`
}

// A Reference is a foreign key.
type Reference struct {
	Name  string `json:"name"`
	Table string `json:"table"` // that it refers to, schema and quotes included
	// Definition is what makes it, behind ADD CONSTRAINT and its name.
	Definition string `json:"definition"`
	// Harms: rows of that table cannot be deleted while rows refer to them, or take
	// along what is to stay, or a default may refer to one that is gone.
	Harms bool `json:"harms"`
	// Full: MATCH FULL, of several columns.
	Full bool `json:"full"`
}

// DecodeHolding reads the JSON document of a holding.
func DecodeHolding(doc []byte) (*Holding, error) {
	var h Holding
	if err := json.Unmarshal(doc, &h); err != nil {
		return nil, fmt.Errorf("decode what holds a column: %w", err)
	}
	return &h, nil
}
