package catalog

import (
	"encoding/json"
	"fmt"
)

// A Synced is a copy of a column that a trigger keeps equal, with what could keep the
// trigger from doing so.
type Synced struct {
	Relation uint32 `json:"relation"`
	Number   int16  `json:"number"` // of the column
	// Table, with its schema, is in SQL; Column and Copy are names, empty when they are gone.
	Table  string `json:"table"`
	Column string `json:"column"`
	Copy   string `json:"copy"`
	// Renamed: both have names that code knows. Otherwise the copy is being prepared.
	Renamed bool `json:"renamed"`
	// Converted: it is of another type, CopyType, and is to take the column's place, or, Renamed, it
	// is what had that.
	Converted bool `json:"converted"`
	// Type is the column's, in SQL; Alike: the copy has it, too, and its collation.
	Type     string `json:"type"`
	CopyType string `json:"copy_type"`
	Alike    bool   `json:"alike"`
	// Default and CopyDefault are in SQL; empty: there is none. Constant is of Default,
	// as in Copying.
	Default     string `json:"default"`
	Constant    bool   `json:"constant"`
	CopyDefault string `json:"copy_default"`
	// Fires: its trigger is there, always fires, and calls the function of its name.
	Fires bool `json:"fires"`
	// Source is that function's.
	Source string `json:"source"`
	// Beside is what is of one of the two only, or of rows that the trigger does not see,
	// in a clause; empty: nothing is.
	Beside string `json:"beside"`
}

// DecodeSynced reads the JSON document of all that are synced.
func DecodeSynced(doc []byte) (all []Synced, err error) {
	if err := json.Unmarshal(doc, &all); err != nil {
		return nil, fmt.Errorf("decode what keeps columns equal: %w", err)
	}
	return all, nil
}
