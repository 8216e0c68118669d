package ddl

// DropObject drops an object that has no change type of its own, e.g. an
// operator or a collation.
type DropObject struct {
	Object   Name `json:"object,omitzero"`
	Kind     Kind `json:"kind,omitempty"`
	IfExists bool `json:"if_exists,omitempty"`
	Cascade  bool `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropObject) ChangeType() string { return "drop_object" }

// Relations implements Change.
func (DropObject) Relations() []Name { return nil }

// Locks implements Change.
func (c DropObject) Locks() []Lock { return dropObjectLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DropObject) MarshalJSON() ([]byte, error) {
	type fields DropObject
	return object(c, fields(c))
}

// RenameObject renames an object that has no change type of its own.
type RenameObject struct {
	Object Name   `json:"object,omitzero"`
	Kind   Kind   `json:"kind,omitempty"`
	To     string `json:"to"`
}

// ChangeType implements Change.
func (RenameObject) ChangeType() string { return "rename_object" }

// Relations implements Change.
func (RenameObject) Relations() []Name { return nil }

// Locks implements Change.
func (RenameObject) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RenameObject) MarshalJSON() ([]byte, error) {
	type fields RenameObject
	return object(c, fields(c))
}

// MoveObject is SET SCHEMA of an object that is no relation.
type MoveObject struct {
	Object Name   `json:"object,omitzero"`
	Kind   Kind   `json:"kind,omitempty"`
	Schema string `json:"schema,omitempty"`
}

// ChangeType implements Change.
func (MoveObject) ChangeType() string { return "move_object" }

// Relations implements Change.
func (MoveObject) Relations() []Name { return nil }

// Locks implements Change.
func (MoveObject) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c MoveObject) MarshalJSON() ([]byte, error) {
	type fields MoveObject
	return object(c, fields(c))
}

// Comment is COMMENT ON. Of is set for parts of a relation: columns,
// constraints, triggers, rules and policies.
type Comment struct {
	Object Name   `json:"object,omitzero"`
	Kind   Kind   `json:"kind,omitempty"`
	Of     Name   `json:"of,omitzero"`
	Text   string `json:"text,omitempty"`
}

// ChangeType implements Change.
func (Comment) ChangeType() string { return "comment" }

// Relations implements Change.
func (c Comment) Relations() []Name { return some(commentRelation(c)) }

// Locks implements Change.
func (c Comment) Locks() []Lock { return commentLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c Comment) MarshalJSON() ([]byte, error) {
	type fields Comment
	return object(c, fields(c))
}

// CreateStatistics is CREATE STATISTICS. Statistics has no name if the server
// is to choose it.
type CreateStatistics struct {
	Statistics  Name `json:"statistics,omitzero"`
	Relation    Name `json:"relation"`
	IfNotExists bool `json:"if_not_exists,omitempty"`
}

// ChangeType implements Change.
func (CreateStatistics) ChangeType() string { return "create_statistics" }

// Relations implements Change.
func (c CreateStatistics) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c CreateStatistics) Locks() []Lock { return []Lock{table(c.Relation, ShareUpdateExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c CreateStatistics) MarshalJSON() ([]byte, error) {
	type fields CreateStatistics
	return object(c, fields(c))
}

// DropStatistics is DROP STATISTICS.
type DropStatistics struct {
	Statistics Name `json:"statistics,omitzero"`
	IfExists   bool `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (DropStatistics) ChangeType() string { return "drop_statistics" }

// Relations implements Change.
func (DropStatistics) Relations() []Name { return nil }

// Locks implements Change.
func (c DropStatistics) Locks() []Lock {
	return []Lock{lock(c.Statistics, KindStatistics, ShareUpdateExclusive).via(TableOf)}
}

// MarshalJSON implements json.Marshaler.
func (c DropStatistics) MarshalJSON() ([]byte, error) {
	type fields DropStatistics
	return object(c, fields(c))
}

// CreatePublication is CREATE PUBLICATION.
type CreatePublication struct {
	Publication string `json:"publication,omitempty"`
	Tables      []Name `json:"tables,omitempty"`
	AllTables   bool   `json:"all_tables,omitempty"`
}

// ChangeType implements Change.
func (CreatePublication) ChangeType() string { return "create_publication" }

// Relations implements Change.
func (c CreatePublication) Relations() []Name { return some(c.Tables...) }

// Locks implements Change.
func (c CreatePublication) Locks() []Lock { return publicationLocks(c.Tables) }

// MarshalJSON implements json.Marshaler.
func (c CreatePublication) MarshalJSON() ([]byte, error) {
	type fields CreatePublication
	return object(c, fields(c))
}

// AlterPublication is ALTER PUBLICATION ADD, SET or DROP.
type AlterPublication struct {
	Publication string `json:"publication,omitempty"`
	Tables      []Name `json:"tables,omitempty"`
}

// ChangeType implements Change.
func (AlterPublication) ChangeType() string { return "alter_publication" }

// Relations implements Change.
func (c AlterPublication) Relations() []Name { return some(c.Tables...) }

// Locks implements Change.
func (c AlterPublication) Locks() []Lock { return publicationLocks(c.Tables) }

// MarshalJSON implements json.Marshaler.
func (c AlterPublication) MarshalJSON() ([]byte, error) {
	type fields AlterPublication
	return object(c, fields(c))
}

// OtherSchema is anything that changes the schema, the cluster or its settings
// and has no change type of its own. Tag is the command tag.
type OtherSchema struct {
	Tag string `json:"tag,omitempty"`
}

// ChangeType implements Change.
func (OtherSchema) ChangeType() string { return "other_schema" }

// Relations implements Change.
func (OtherSchema) Relations() []Name { return nil }

// Locks implements Change.
func (OtherSchema) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c OtherSchema) MarshalJSON() ([]byte, error) {
	type fields OtherSchema
	return object(c, fields(c))
}
