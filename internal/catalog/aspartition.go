package catalog

import (
	"encoding/json"
	"fmt"
)

// AsPartition is what a table would be as the only partition of another, for all rows.
type AsPartition struct {
	// Not is why it cannot be one, in words; empty if it can.
	Not string `json:"not"`
	// Key are the columns of its primary key, in the order of its index.
	Key []string `json:"key"`
}

// DecodeAsPartition reads the JSON document of one.
func DecodeAsPartition(doc []byte) (*AsPartition, error) {
	var as AsPartition
	if err := json.Unmarshal(doc, &as); err != nil {
		return nil, fmt.Errorf("decode what a table is as a partition: %w", err)
	}
	return &as, nil
}
