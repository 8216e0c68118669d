package catalog

import (
	"encoding/json"
	"fmt"
)

// A Retyping is what a copy has to take over from a column whose place it takes because
// it has another type, beside what a Copying says.
type Retyping struct {
	// Why is why none can take its place, in a clause; empty: it can.
	Why string `json:"why"`
	// Overlay is why only a copy beside which the column stays can take its place, in a clause;
	// empty: one can otherwise.
	Overlay string `json:"overlay"`
	// Last: no other column of the table comes behind it.
	Last bool `json:"last"`
	// Zone is the session's TimeZone.
	Zone string `json:"zone"`
	// Comment is the column's, and Statistics its target; empty: it has none.
	Comment    string `json:"comment"`
	Statistics string `json:"statistics"`
	// Sequences are those that the column owns, in SQL.
	Sequences []string `json:"sequences"`
	// Identity is the column's; nil: it has none.
	Identity *Identity `json:"identity"`
	// NotNullName is the name of its NOT NULL, where such have one (from 18 on).
	NotNullName string `json:"not_null_name"`
	// Required: the copy that is there is NOT NULL, or has a valid constraint that says so.
	Required bool `json:"required"`
	// Constraints are those that read the column, but for its NOT NULL.
	Constraints []RetypedConstraint `json:"constraints"`
	// Referencing are foreign keys that refer to the column, but for Constraints.
	Referencing []Referencing `json:"referencing"`
	// Indexes are those of Copying.Indexes.
	Indexes []RetypedIndex `json:"indexes"`
}

// A RetypedConstraint is one that is made anew for a column of another type.
type RetypedConstraint struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // pg_constraint.contype
	// Definition is what ADD CONSTRAINT makes it by, NOT VALID included.
	Definition string `json:"definition"`
	Valid      bool   `json:"valid"`
	Comment    string `json:"comment"`
	Index      uint32 `json:"index"` // that it is kept by; 0: none
}

// An Identity is the sequence of an identity column.
type Identity struct {
	Always  bool   `json:"always"` // GENERATED ALWAYS
	Schema  string `json:"schema"`
	Name    string `json:"name"`
	Options string `json:"options"` // in SQL; the bounds of its type are none
}

// A Referencing is a foreign key that is made anew, of whatever table.
type Referencing struct {
	RetypedConstraint
	OID    uint32 `json:"oid"` // the table's
	Schema string `json:"schema"`
	Table  string `json:"table"`
}

// A RetypedIndex is one whose double takes its place.
type RetypedIndex struct {
	OID     uint32 `json:"oid"`
	Name    string `json:"name"`
	Comment string `json:"comment"`
}

// DecodeRetyping reads the JSON document of a retyping.
func DecodeRetyping(doc []byte) (*Retyping, error) {
	var r Retyping
	if err := json.Unmarshal(doc, &r); err != nil {
		return nil, fmt.Errorf("decode what takes a column's place: %w", err)
	}
	return &r, nil
}
