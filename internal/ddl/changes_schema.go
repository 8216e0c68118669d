package ddl

// CreateSchema is CREATE SCHEMA. Elements written inside follow as changes of
// their own, in that schema. Schema is empty if it is named after a role that
// only the session knows.
type CreateSchema struct {
	Schema      string `json:"schema,omitempty"`
	IfNotExists bool   `json:"if_not_exists,omitempty"`
}

// ChangeType implements Change.
func (CreateSchema) ChangeType() string { return "create_schema" }

// Relations implements Change.
func (CreateSchema) Relations() []Name { return nil }

// Locks implements Change.
func (CreateSchema) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateSchema) MarshalJSON() ([]byte, error) {
	type fields CreateSchema
	return object(c, fields(c))
}

// DropSchema is DROP SCHEMA, one for each named.
type DropSchema struct {
	Schema   string `json:"schema,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropSchema) ChangeType() string { return "drop_schema" }

// Relations implements Change.
func (DropSchema) Relations() []Name { return nil }

// Locks implements Change.
func (c DropSchema) Locks() []Lock { return dropSchemaLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DropSchema) MarshalJSON() ([]byte, error) {
	type fields DropSchema
	return object(c, fields(c))
}

// RenameSchema is ALTER SCHEMA RENAME.
type RenameSchema struct {
	Schema string `json:"schema,omitempty"`
	To     string `json:"to"`
}

// ChangeType implements Change.
func (RenameSchema) ChangeType() string { return "rename_schema" }

// Relations implements Change.
func (RenameSchema) Relations() []Name { return nil }

// Locks implements Change.
func (RenameSchema) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RenameSchema) MarshalJSON() ([]byte, error) {
	type fields RenameSchema
	return object(c, fields(c))
}

// CreateDatabase is CREATE DATABASE.
type CreateDatabase struct {
	Database string `json:"database,omitempty"`
}

// ChangeType implements Change.
func (CreateDatabase) ChangeType() string { return "create_database" }

// Relations implements Change.
func (CreateDatabase) Relations() []Name { return nil }

// Locks implements Change.
func (CreateDatabase) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateDatabase) MarshalJSON() ([]byte, error) {
	type fields CreateDatabase
	return object(c, fields(c))
}

// DropDatabase is DROP DATABASE.
type DropDatabase struct {
	Database string `json:"database,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (DropDatabase) ChangeType() string { return "drop_database" }

// Relations implements Change.
func (DropDatabase) Relations() []Name { return nil }

// Locks implements Change.
func (DropDatabase) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c DropDatabase) MarshalJSON() ([]byte, error) {
	type fields DropDatabase
	return object(c, fields(c))
}

// CreateTablespace is CREATE TABLESPACE.
type CreateTablespace struct {
	Tablespace string `json:"tablespace,omitempty"`
}

// ChangeType implements Change.
func (CreateTablespace) ChangeType() string { return "create_tablespace" }

// Relations implements Change.
func (CreateTablespace) Relations() []Name { return nil }

// Locks implements Change.
func (CreateTablespace) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateTablespace) MarshalJSON() ([]byte, error) {
	type fields CreateTablespace
	return object(c, fields(c))
}

// DropTablespace is DROP TABLESPACE.
type DropTablespace struct {
	Tablespace string `json:"tablespace,omitempty"`
	IfExists   bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (DropTablespace) ChangeType() string { return "drop_tablespace" }

// Relations implements Change.
func (DropTablespace) Relations() []Name { return nil }

// Locks implements Change.
func (DropTablespace) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c DropTablespace) MarshalJSON() ([]byte, error) {
	type fields DropTablespace
	return object(c, fields(c))
}

// CreateExtension is CREATE EXTENSION, which may create anything.
type CreateExtension struct {
	Extension   string `json:"extension,omitempty"`
	IfNotExists bool   `json:"if_not_exists,omitempty"`
	Cascade     bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (CreateExtension) ChangeType() string { return "create_extension" }

// Relations implements Change.
func (CreateExtension) Relations() []Name { return nil }

// Locks implements Change.
func (CreateExtension) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateExtension) MarshalJSON() ([]byte, error) {
	type fields CreateExtension
	return object(c, fields(c))
}

// AlterExtension is ALTER EXTENSION UPDATE, or ADD and DROP of the member Object.
type AlterExtension struct {
	Extension string `json:"extension,omitempty"`
	Update    bool   `json:"update,omitempty"`
	Object    Name   `json:"object,omitzero"`
	Kind      Kind   `json:"kind,omitempty"`
}

// ChangeType implements Change.
func (AlterExtension) ChangeType() string { return "alter_extension" }

// Relations implements Change.
func (c AlterExtension) Relations() []Name { return relationsOfKind(c.Kind, c.Object) }

// Locks implements Change. What the script of an UPDATE locks is not known.
func (c AlterExtension) Locks() []Lock { return memberLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c AlterExtension) MarshalJSON() ([]byte, error) {
	type fields AlterExtension
	return object(c, fields(c))
}
