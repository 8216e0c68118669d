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
	// Exclusion is the definition of an exclusion constraint.
	Exclusion string `json:"exclusion"`
}

// Serves tells whether an ON CONFLICT clause that means the other arbiter by its
// columns finds this one. An index without a predicate serves every predicate.
func (a Arbiter) Serves(other Arbiter) bool {
	return slices.Equal(a.Keys, other.Keys) && a.Expressions == other.Expressions &&
		a.Exclusion == other.Exclusion && (a.Where == "" || a.Where == other.Where)
}

// TellsRowsApart tells a unique index that holds every row, by columns alone.
func (a Arbiter) TellsRowsApart() bool {
	return a.Exclusion == "" && a.Where == "" && a.Expressions == ""
}
