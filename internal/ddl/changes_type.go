package ddl

// CreateType is CREATE TYPE. Form is "enum", "composite", "range" or "base".
type CreateType struct {
	TypeName Name   `json:"type_name,omitzero"`
	Form     string `json:"form,omitempty"`
	// Labels are the values of an enum.
	Labels []string `json:"labels,omitempty"`
}

// ChangeType implements Change.
func (CreateType) ChangeType() string { return "create_type" }

// Relations implements Change.
func (CreateType) Relations() []Name { return nil }

// Locks implements Change.
func (CreateType) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateType) MarshalJSON() ([]byte, error) {
	type fields CreateType
	return object(c, fields(c))
}

// DropType is DROP TYPE or, by Kind, DROP DOMAIN, one for each named. With
// Cascade columns of that type are dropped.
type DropType struct {
	TypeName Name `json:"type_name,omitzero"`
	Kind     Kind `json:"kind,omitempty"`
	IfExists bool `json:"if_exists,omitempty"`
	Cascade  bool `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropType) ChangeType() string { return "drop_type" }

// Relations implements Change.
func (DropType) Relations() []Name { return nil }

// Locks implements Change.
func (c DropType) Locks() []Lock {
	return append(typeUserLocks(c.TypeName, c.Kind, AccessExclusive, c.Cascade),
		cascadeLocks(c.TypeName, c.Kind, c.Cascade)...)
}

// MarshalJSON implements json.Marshaler.
func (c DropType) MarshalJSON() ([]byte, error) {
	type fields DropType
	return object(c, fields(c))
}

// RenameType is ALTER TYPE RENAME or, by Kind, ALTER DOMAIN RENAME.
type RenameType struct {
	TypeName Name   `json:"type_name,omitzero"`
	Kind     Kind   `json:"kind,omitempty"`
	To       string `json:"to"`
}

// ChangeType implements Change.
func (RenameType) ChangeType() string { return "rename_type" }

// Relations implements Change.
func (RenameType) Relations() []Name { return nil }

// Locks implements Change.
func (RenameType) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RenameType) MarshalJSON() ([]byte, error) {
	type fields RenameType
	return object(c, fields(c))
}

// AddEnumValue is ALTER TYPE ADD VALUE. Before or After is the neighbour given.
type AddEnumValue struct {
	TypeName    Name   `json:"type_name,omitzero"`
	Value       string `json:"value,omitempty"`
	Before      string `json:"before,omitempty"`
	After       string `json:"after,omitempty"`
	IfNotExists bool   `json:"if_not_exists,omitempty"`
}

// ChangeType implements Change.
func (AddEnumValue) ChangeType() string { return "add_enum_value" }

// Relations implements Change.
func (AddEnumValue) Relations() []Name { return nil }

// Locks implements Change.
func (AddEnumValue) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c AddEnumValue) MarshalJSON() ([]byte, error) {
	type fields AddEnumValue
	return object(c, fields(c))
}

// RenameEnumValue is ALTER TYPE RENAME VALUE.
type RenameEnumValue struct {
	TypeName Name   `json:"type_name,omitzero"`
	Value    string `json:"value,omitempty"`
	To       string `json:"to"`
}

// ChangeType implements Change.
func (RenameEnumValue) ChangeType() string { return "rename_enum_value" }

// Relations implements Change.
func (RenameEnumValue) Relations() []Name { return nil }

// Locks implements Change.
func (RenameEnumValue) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RenameEnumValue) MarshalJSON() ([]byte, error) {
	type fields RenameEnumValue
	return object(c, fields(c))
}
