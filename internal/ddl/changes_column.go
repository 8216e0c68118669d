package ddl

// AddColumn is ALTER TABLE ADD COLUMN, or ADD ATTRIBUTE of a composite type
// (Kind). Constraints written inline follow as AddConstraint.
type AddColumn struct {
	Relation    Name   `json:"relation"`
	Column      string `json:"column"`
	Kind        Kind   `json:"kind,omitempty"`
	IfNotExists bool   `json:"if_not_exists,omitempty"`
	// Type is the type in SQL, array bounds and modifiers included.
	Type      string `json:"column_type,omitempty"`
	Collation string `json:"collation,omitempty"`
	// NotNull is NOT NULL or PRIMARY KEY, NotNullName the name of that NOT NULL;
	// before PostgreSQL 18 it means nothing.
	NotNull     bool   `json:"not_null,omitempty"`
	NotNullName string `json:"not_null_name,omitempty"`
	// Default is the expression in SQL; empty if there is none.
	Default string `json:"default,omitempty"`
	// Generated is the expression of a stored generated column.
	Generated string `json:"generated,omitempty"`
	// Identity is IdentityAlways or IdentityByDefault for identity columns.
	Identity Identity `json:"identity,omitempty"`
	// Serial is set for the serial pseudo-types, which make a sequence, a
	// default and NOT NULL.
	Serial bool `json:"serial,omitempty"`
}

// ChangeType implements Change.
func (AddColumn) ChangeType() string { return "add_column" }

// Relations implements Change.
func (c AddColumn) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c AddColumn) Locks() []Lock { return columnLocks(c.Relation, c.Kind) }

// Fills tells whether the server has a value for a row that comes without one,
// the type's own default left aside.
func (c AddColumn) Fills() bool {
	return !IsNull(c.Default) || c.Generated != "" || c.Identity != "" || c.Serial
}

// MarshalJSON implements json.Marshaler.
func (c AddColumn) MarshalJSON() ([]byte, error) {
	type fields AddColumn
	return object(c, fields(c))
}

// DropColumn is ALTER TABLE DROP COLUMN, or DROP ATTRIBUTE of a composite type
// (Kind).
type DropColumn struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	Kind     Kind   `json:"kind,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropColumn) ChangeType() string { return "drop_column" }

// Relations implements Change.
func (c DropColumn) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropColumn) Locks() []Lock { return dropColumnLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DropColumn) MarshalJSON() ([]byte, error) {
	type fields DropColumn
	return object(c, fields(c))
}

// RenameColumn is RENAME COLUMN, or RENAME ATTRIBUTE of a composite type
// (Kind).
type RenameColumn struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	To       string `json:"to"`
	Kind     Kind   `json:"kind,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (RenameColumn) ChangeType() string { return "rename_column" }

// Relations implements Change.
func (c RenameColumn) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RenameColumn) Locks() []Lock { return columnLocks(c.Relation, c.Kind) }

// MarshalJSON implements json.Marshaler.
func (c RenameColumn) MarshalJSON() ([]byte, error) {
	type fields RenameColumn
	return object(c, fields(c))
}

// ChangeColumnType is ALTER COLUMN TYPE, or ALTER ATTRIBUTE TYPE of a composite
// type (Kind).
type ChangeColumnType struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	Kind     Kind   `json:"kind,omitempty"`
	// Type is the new type in SQL; Collation the new collation, if given.
	Type      string `json:"column_type,omitempty"`
	Collation string `json:"collation,omitempty"`
	// Using is the conversion expression in SQL; empty if there is none.
	Using string `json:"using,omitempty"`
}

// ChangeType implements Change.
func (ChangeColumnType) ChangeType() string { return "change_column_type" }

// Relations implements Change.
func (c ChangeColumnType) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c ChangeColumnType) Locks() []Lock { return changeTypeLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c ChangeColumnType) MarshalJSON() ([]byte, error) {
	type fields ChangeColumnType
	return object(c, fields(c))
}
