package catalog

import "slices"

// An Arbiter is an index that tells INSERT ... ON CONFLICT what a conflict is:
// unique or of an exclusion constraint, valid, and not deferrable.
type Arbiter struct {
	Index      string  `json:"index"`
	Constraint string  `json:"constraint"` // empty: there is none
	Primary    bool    `json:"primary"`
	Keys       []int16 `json:"keys"` // attnums in their order, 0 for an expression
	// Expressions and Where, the predicate, are SQL.
	Expressions string `json:"expressions"`
	Where       string `json:"where"`
	// Compared is how keys are compared that are not compared as their columns are:
	// by another equality, or a collation under which other texts are equal. Named is
	// what ON CONFLICT may name of them: each key's COLLATE and operator class.
	// Both are empty for columns as they are.
	Compared string `json:"compared"`
	Named    string `json:"named"`
	// Exclusion is the definition of an exclusion constraint.
	Exclusion string `json:"exclusion"`
}

// Serves tells whether an ON CONFLICT clause that means the other arbiter by its
// columns finds this one, and the same rows in conflict. An index without a predicate
// serves every predicate; one without a COLLATE serves nobody who names one.
func (a Arbiter) Serves(other Arbiter) bool {
	return slices.Equal(a.Keys, other.Keys) && a.Expressions == other.Expressions && a.Compared == other.Compared &&
		(other.Named == "" || a.Named == other.Named) && a.Exclusion == other.Exclusion && (a.Where == "" || a.Where == other.Where)
}

// TellsRowsApart tells a unique index that holds every row, by columns alone.
func (a Arbiter) TellsRowsApart() bool {
	return a.Exclusion == "" && a.Where == "" && a.Expressions == ""
}
