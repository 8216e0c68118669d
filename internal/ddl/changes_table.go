package ddl

// CreateTable is CREATE TABLE, CREATE FOREIGN TABLE, CREATE TABLE AS and SELECT
// INTO. Constraints follow as AddConstraint.
type CreateTable struct {
	Relation    Name `json:"relation"`
	Kind        Kind `json:"kind,omitempty"`
	IfNotExists bool `json:"if_not_exists,omitempty"`
	Temporary   bool `json:"temporary,omitempty"`
	Unlogged    bool `json:"unlogged,omitempty"`
	// As: the table is made from a query.
	As bool `json:"as,omitempty"`
	// Columns are the columns written out, in order; LIKE, INHERITS, OF and AS
	// add others.
	Columns []string `json:"columns,omitempty"`
	// PartitionOf is the partitioned table this is a new partition of, Default
	// whether it is its default partition.
	PartitionOf Name `json:"partition_of,omitzero"`
	Default     bool `json:"default,omitempty"`
	// Partitioned: the table has partitions itself.
	Partitioned bool   `json:"partitioned,omitempty"`
	Inherits    []Name `json:"inherits,omitempty"`
	Like        []Name `json:"like,omitempty"`
}

// ChangeType implements Change.
func (CreateTable) ChangeType() string { return "create_table" }

// Relations implements Change.
func (c CreateTable) Relations() []Name {
	return append(some(c.Relation, c.PartitionOf), append(some(c.Inherits...), c.Like...)...)
}

// Locks implements Change.
func (c CreateTable) Locks() []Lock { return createTableLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c CreateTable) MarshalJSON() ([]byte, error) {
	type fields CreateTable
	return object(c, fields(c))
}

// DropTable is DROP TABLE or DROP FOREIGN TABLE (Kind), one for each table
// named.
type DropTable struct {
	Relation Name `json:"relation"`
	Kind     Kind `json:"kind,omitempty"`
	IfExists bool `json:"if_exists,omitempty"`
	Cascade  bool `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropTable) ChangeType() string { return "drop_table" }

// Relations implements Change.
func (c DropTable) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropTable) Locks() []Lock { return dropTableLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DropTable) MarshalJSON() ([]byte, error) {
	type fields DropTable
	return object(c, fields(c))
}

// RenameTable renames a relation. Kind is the word in the statement: ALTER
// TABLE x RENAME is accepted for views, indexes and sequences too (and then
// locks harder than ALTER INDEX does).
type RenameTable struct {
	Relation Name   `json:"relation"`
	To       string `json:"to"`
	Kind     Kind   `json:"kind,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (RenameTable) ChangeType() string { return "rename_table" }

// Relations implements Change.
func (c RenameTable) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RenameTable) Locks() []Lock { return []Lock{lock(c.Relation, c.Kind, renameMode(c.Kind))} }

// MarshalJSON implements json.Marshaler.
func (c RenameTable) MarshalJSON() ([]byte, error) {
	type fields RenameTable
	return object(c, fields(c))
}

// SetSchema moves a relation, with its indexes and owned sequences, to another
// schema.
type SetSchema struct {
	Relation Name   `json:"relation"`
	Schema   string `json:"schema,omitempty"`
	Kind     Kind   `json:"kind,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (SetSchema) ChangeType() string { return "set_schema" }

// Relations implements Change.
func (c SetSchema) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetSchema) Locks() []Lock { return setSchemaLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c SetSchema) MarshalJSON() ([]byte, error) {
	type fields SetSchema
	return object(c, fields(c))
}

// Truncate is TRUNCATE, one for each table named.
type Truncate struct {
	Relation        Name `json:"relation"`
	Only            bool `json:"only,omitempty"`
	Cascade         bool `json:"cascade,omitempty"`
	RestartIdentity bool `json:"restart_identity,omitempty"`
}

// ChangeType implements Change.
func (Truncate) ChangeType() string { return "truncate" }

// Relations implements Change.
func (c Truncate) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c Truncate) Locks() []Lock { return truncateLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c Truncate) MarshalJSON() ([]byte, error) {
	type fields Truncate
	return object(c, fields(c))
}
