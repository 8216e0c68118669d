package catalog

import (
	"encoding/json"
	"fmt"
)

// A Copying is what a copy of a column has to be like, what would keep it from being
// equal to the column, and how far one has come.
type Copying struct {
	Type      string `json:"type"`      // in SQL, with its modifier
	Collation string `json:"collation"` // in SQL; empty: the type's own, or none
	// Default is the column's own in SQL; empty: it has none. Constant tells one that
	// is the same for every row; an identity column has none.
	Default  string `json:"default"`
	Constant bool   `json:"constant"`
	NotNull  bool   `json:"not_null"`
	// Why is why it cannot have one, in a clause; empty: it can.
	Why string `json:"why"`
	// Key is why only a copy of another type can take its place, and none its name; empty: one can.
	// Bound is why it cannot stay beside that copy then; empty: it can.
	Key   string `json:"key"`
	Bound string `json:"bound"`
	// Grants are the rights on the column alone.
	Grants []Grant `json:"grants"`
	// Role is the session's.
	Role string `json:"role"`
	// Indexes are those that read the column.
	Indexes []CopiedIndex `json:"indexes"`
	// Copy is the copy's name; empty: there is none.
	Copy string `json:"copy"`
	// Synced: both have names that code knows. Otherwise the copy is being prepared,
	// and Ready tells that all rows are equal.
	Synced bool `json:"synced"`
	Ready  bool `json:"ready"`
	// Fires: its trigger is there, and always fires.
	Fires bool `json:"fires"`
	// Conversion is what the copy has in the place of the column's value, in SQL; empty: the
	// value.
	Conversion string `json:"conversion"`
	// Retyping is set where the column is to get another type.
	Retyping *Retyping `json:"-"`
}

// A CopiedIndex is an index that reads a column which has a copy.
type CopiedIndex struct {
	OID uint32 `json:"oid"`
	// Definition makes it, and names no object without its schema.
	Definition string `json:"definition"`
	// Immediate: ON CONFLICT can use it, if it is unique.
	Immediate bool `json:"immediate"`
	// Primary: it is the primary key's. Beside: another one, unique and valid, can stay with the column.
	Primary bool `json:"primary"`
	Beside  bool `json:"beside"`
	// Doubled: there is a valid one of its double's name, Double.
	Doubled bool   `json:"doubled"`
	Double  uint32 `json:"double"`
}

// DecodeCopying reads the JSON document of a copying.
func DecodeCopying(doc []byte) (*Copying, error) {
	var c Copying
	if err := json.Unmarshal(doc, &c); err != nil {
		return nil, fmt.Errorf("decode what a copy of a column needs: %w", err)
	}
	return &c, nil
}
