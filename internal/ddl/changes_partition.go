package ddl

// AttachPartition is ATTACH PARTITION of a table.
type AttachPartition struct {
	Relation  Name `json:"relation"`
	Partition Name `json:"partition,omitzero"`
	// Default: the partition takes what fits nowhere else.
	Default bool `json:"default,omitempty"`
}

// ChangeType implements Change.
func (AttachPartition) ChangeType() string { return "attach_partition" }

// Relations implements Change.
func (c AttachPartition) Relations() []Name { return some(c.Relation, c.Partition) }

// Locks implements Change.
func (c AttachPartition) Locks() []Lock {
	return []Lock{
		table(c.Relation, ShareUpdateExclusive),
		table(c.Partition, AccessExclusive).recursing(),
		table(c.Relation, AccessExclusive).via(DefaultPartition),
	}
}

// MarshalJSON implements json.Marshaler.
func (c AttachPartition) MarshalJSON() ([]byte, error) {
	type fields AttachPartition
	return object(c, fields(c))
}

// DetachPartition is DETACH PARTITION. Finalize ends an interrupted
// CONCURRENTLY.
type DetachPartition struct {
	Relation     Name `json:"relation"`
	Partition    Name `json:"partition,omitzero"`
	Concurrently bool `json:"concurrently,omitempty"`
	Finalize     bool `json:"finalize,omitempty"`
}

// ChangeType implements Change.
func (DetachPartition) ChangeType() string { return "detach_partition" }

// Relations implements Change.
func (c DetachPartition) Relations() []Name { return some(c.Relation, c.Partition) }

// Locks implements Change.
func (c DetachPartition) Locks() []Lock { return detachLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DetachPartition) MarshalJSON() ([]byte, error) {
	type fields DetachPartition
	return object(c, fields(c))
}
