package catalog

import (
	"encoding/json"
	"fmt"
)

// A Member is another table of a relation's hierarchy.
type Member struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
}

// InHierarchy tells a table that has partitions or children, or is a partition: code may
// reach its columns by other names.
func (r Relation) InHierarchy() bool {
	return r.HasChildren || r.PartitionOf != 0 || r.Kind == PartitionedTable
}

// DecodeFamily reads the JSON document of a relation's family: those it inherits from, and
// those that inherit from it, partitions included.
func DecodeFamily(doc []byte) ([]Member, error) {
	family := []Member{}
	if err := json.Unmarshal(doc, &family); err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	return family, nil
}
