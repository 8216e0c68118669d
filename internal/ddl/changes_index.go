package ddl

// CreateIndex is CREATE INDEX. Name is empty if the server is to choose it; an
// index always goes to its table's schema.
type CreateIndex struct {
	Relation     Name   `json:"relation"`
	Name         string `json:"name,omitempty"`
	Unique       bool   `json:"unique,omitempty"`
	Concurrently bool   `json:"concurrently,omitempty"`
	IfNotExists  bool   `json:"if_not_exists,omitempty"`
	// Only is ON ONLY: the partitions get no index.
	Only   bool   `json:"only,omitempty"`
	Method string `json:"method,omitempty"`
	// Columns are the key columns; an expression stands as its SQL.
	Columns []string `json:"columns,omitempty"`
	Include []string `json:"include,omitempty"`
	// Where is the predicate of a partial index in SQL.
	Where            string `json:"where,omitempty"`
	NullsNotDistinct bool   `json:"nulls_not_distinct,omitempty"`
	// Collated: a key has a collation or an operator class of its own, by which values
	// may be the same that are not for the column.
	Collated bool `json:"collated,omitempty"`
}

// ChangeType implements Change.
func (CreateIndex) ChangeType() string { return "create_index" }

// Relations implements Change.
func (c CreateIndex) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c CreateIndex) Locks() []Lock { return createIndexLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c CreateIndex) MarshalJSON() ([]byte, error) {
	type fields CreateIndex
	return object(c, fields(c))
}

// DropIndex is DROP INDEX, one for each index named.
type DropIndex struct {
	Index        Name `json:"index"`
	IfExists     bool `json:"if_exists,omitempty"`
	Cascade      bool `json:"cascade,omitempty"`
	Concurrently bool `json:"concurrently,omitempty"`
}

// ChangeType implements Change.
func (DropIndex) ChangeType() string { return "drop_index" }

// Relations implements Change.
func (c DropIndex) Relations() []Name { return some(c.Index) }

// Locks implements Change.
func (c DropIndex) Locks() []Lock { return dropIndexLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DropIndex) MarshalJSON() ([]byte, error) {
	type fields DropIndex
	return object(c, fields(c))
}

// Reindex is REINDEX of what Kind says: index, table, schema, database or
// "system" (the catalogs of a database).
type Reindex struct {
	Relation     Name `json:"relation"`
	Kind         Kind `json:"kind,omitempty"`
	Concurrently bool `json:"concurrently,omitempty"`
}

// ChangeType implements Change.
func (Reindex) ChangeType() string { return "reindex" }

// Relations implements Change.
func (c Reindex) Relations() []Name { return relationsOfKind(c.Kind, c.Relation) }

// Locks implements Change.
func (c Reindex) Locks() []Lock { return reindexLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c Reindex) MarshalJSON() ([]byte, error) {
	type fields Reindex
	return object(c, fields(c))
}

// AttachIndex is ALTER INDEX ATTACH PARTITION.
type AttachIndex struct {
	Index     Name `json:"index"`
	Partition Name `json:"partition,omitzero"`
}

// ChangeType implements Change.
func (AttachIndex) ChangeType() string { return "attach_index" }

// Relations implements Change.
func (c AttachIndex) Relations() []Name { return some(c.Index, c.Partition) }

// Locks implements Change.
func (c AttachIndex) Locks() []Lock {
	return []Lock{lock(c.Index, KindIndex, ShareUpdateExclusive), lock(c.Partition, KindIndex, AccessExclusive)}
}

// MarshalJSON implements json.Marshaler.
func (c AttachIndex) MarshalJSON() ([]byte, error) {
	type fields AttachIndex
	return object(c, fields(c))
}
