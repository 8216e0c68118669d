package ddl

// AddConstraint is ALTER TABLE ADD CONSTRAINT, or a constraint in CREATE TABLE
// or ADD COLUMN.
type AddConstraint struct {
	Relation Name `json:"relation"`
	// Name is empty if the server is to choose it.
	Name       string         `json:"name,omitempty"`
	Constraint ConstraintKind `json:"constraint,omitempty"`
	// Columns are the constrained columns of a key; for a constraint written
	// inline, its column.
	Columns []string `json:"columns,omitempty"`
	// Expression is the condition of a CHECK in SQL.
	Expression string `json:"expression,omitempty"`
	// References is the referenced table of a foreign key, ReferencesColumns
	// its columns; none if its primary key is meant.
	References        Name     `json:"references,omitzero"`
	ReferencesColumns []string `json:"references_columns,omitempty"`
	// OnDelete and OnUpdate are the actions of a foreign key in SQL; empty for
	// NO ACTION.
	OnDelete string `json:"on_delete,omitempty"`
	OnUpdate string `json:"on_update,omitempty"`
	// MatchFull: a key of which only a part is NULL is violated.
	MatchFull bool `json:"match_full,omitempty"`
	// UsingIndex is the index that ADD ... USING INDEX turns into the
	// constraint.
	UsingIndex        string `json:"using_index,omitempty"`
	NotValid          bool   `json:"not_valid,omitempty"`
	NoInherit         bool   `json:"no_inherit,omitempty"`
	Deferrable        bool   `json:"deferrable,omitempty"`
	InitiallyDeferred bool   `json:"initially_deferred,omitempty"`
	NullsNotDistinct  bool   `json:"nulls_not_distinct,omitempty"`
	// Inline is set if the constraint belongs to a CREATE TABLE, or to an
	// ADD COLUMN just before it.
	Inline bool `json:"inline,omitempty"`
	// Filled is set for a constraint of ADD COLUMN whose column gets a value
	// in the rows there are.
	Filled bool `json:"filled,omitempty"`
	// Distinct is set besides if that is another value in each row: of a sequence,
	// or of a function that makes keys.
	Distinct bool `json:"distinct,omitempty"`
	// InCreate is set if the constraint is part of CREATE TABLE, so that its
	// Relation is new.
	InCreate bool `json:"in_create,omitempty"`
}

// ChangeType implements Change.
func (AddConstraint) ChangeType() string { return "add_constraint" }

// Relations implements Change.
func (c AddConstraint) Relations() []Name { return some(c.Relation, c.References) }

// Locks implements Change.
func (c AddConstraint) Locks() []Lock { return addConstraintLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c AddConstraint) MarshalJSON() ([]byte, error) {
	type fields AddConstraint
	return object(c, fields(c))
}

// DropConstraint is ALTER TABLE DROP CONSTRAINT. What kind of constraint it is
// only the catalog knows.
type DropConstraint struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropConstraint) ChangeType() string { return "drop_constraint" }

// Relations implements Change.
func (c DropConstraint) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropConstraint) Locks() []Lock { return dropLocks(c.Relation, KindTable, c.Cascade) }

// MarshalJSON implements json.Marshaler.
func (c DropConstraint) MarshalJSON() ([]byte, error) {
	type fields DropConstraint
	return object(c, fields(c))
}

// ValidateConstraint is ALTER TABLE VALIDATE CONSTRAINT.
type ValidateConstraint struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
}

// ChangeType implements Change.
func (ValidateConstraint) ChangeType() string { return "validate_constraint" }

// Relations implements Change.
func (c ValidateConstraint) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c ValidateConstraint) Locks() []Lock {
	return []Lock{table(c.Relation, ShareUpdateExclusive).recursing(), table(c.Relation, RowShare).via(ReferencedBy)}
}

// MarshalJSON implements json.Marshaler.
func (c ValidateConstraint) MarshalJSON() ([]byte, error) {
	type fields ValidateConstraint
	return object(c, fields(c))
}

// AlterConstraint is ALTER TABLE ALTER CONSTRAINT, which changes when a foreign
// key is checked.
type AlterConstraint struct {
	Relation          Name   `json:"relation"`
	Name              string `json:"name,omitempty"`
	Deferrable        bool   `json:"deferrable,omitempty"`
	InitiallyDeferred bool   `json:"initially_deferred,omitempty"`
}

// ChangeType implements Change.
func (AlterConstraint) ChangeType() string { return "alter_constraint" }

// Relations implements Change.
func (c AlterConstraint) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c AlterConstraint) Locks() []Lock {
	return []Lock{table(c.Relation, AccessExclusive).recursing()}
}

// MarshalJSON implements json.Marshaler.
func (c AlterConstraint) MarshalJSON() ([]byte, error) {
	type fields AlterConstraint
	return object(c, fields(c))
}

// RenameConstraint is ALTER TABLE RENAME CONSTRAINT.
type RenameConstraint struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	To       string `json:"to"`
}

// ChangeType implements Change.
func (RenameConstraint) ChangeType() string { return "rename_constraint" }

// Relations implements Change.
func (c RenameConstraint) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RenameConstraint) Locks() []Lock {
	return []Lock{table(c.Relation, AccessExclusive).recursing()}
}

// MarshalJSON implements json.Marshaler.
func (c RenameConstraint) MarshalJSON() ([]byte, error) {
	type fields RenameConstraint
	return object(c, fields(c))
}
