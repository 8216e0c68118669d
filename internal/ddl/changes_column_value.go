package ddl

// SetNotNull is ALTER COLUMN SET NOT NULL.
type SetNotNull struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	// Constraint: it is written as ADD NOT NULL, which PostgreSQL 18 knows, and may
	// have a name and be NOT VALID then.
	Constraint bool   `json:"constraint,omitempty"`
	Name       string `json:"name,omitempty"`
	NotValid   bool   `json:"not_valid,omitempty"`
	NoInherit  bool   `json:"no_inherit,omitempty"`
}

// ChangeType implements Change.
func (SetNotNull) ChangeType() string { return "set_not_null" }

// Relations implements Change.
func (c SetNotNull) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetNotNull) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c SetNotNull) MarshalJSON() ([]byte, error) {
	type fields SetNotNull
	return object(c, fields(c))
}

// DropNotNull is ALTER COLUMN DROP NOT NULL.
type DropNotNull struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
}

// ChangeType implements Change.
func (DropNotNull) ChangeType() string { return "drop_not_null" }

// Relations implements Change.
func (c DropNotNull) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropNotNull) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c DropNotNull) MarshalJSON() ([]byte, error) {
	type fields DropNotNull
	return object(c, fields(c))
}

// SetDefault is ALTER COLUMN SET DEFAULT. Default is the expression in SQL.
type SetDefault struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	Default  string `json:"default,omitempty"`
}

// ChangeType implements Change.
func (SetDefault) ChangeType() string { return "set_default" }

// Relations implements Change.
func (c SetDefault) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetDefault) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c SetDefault) MarshalJSON() ([]byte, error) {
	type fields SetDefault
	return object(c, fields(c))
}

// DropDefault is ALTER COLUMN DROP DEFAULT.
type DropDefault struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
}

// ChangeType implements Change.
func (DropDefault) ChangeType() string { return "drop_default" }

// Relations implements Change.
func (c DropDefault) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropDefault) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c DropDefault) MarshalJSON() ([]byte, error) {
	type fields DropDefault
	return object(c, fields(c))
}

// AddIdentity is ALTER COLUMN ADD GENERATED AS IDENTITY.
type AddIdentity struct {
	Relation Name     `json:"relation"`
	Column   string   `json:"column"`
	Identity Identity `json:"identity,omitempty"`
	// Restart is set if the sequence is told where to start.
	Restart bool `json:"restart,omitempty"`
}

// ChangeType implements Change.
func (AddIdentity) ChangeType() string { return "add_identity" }

// Relations implements Change.
func (c AddIdentity) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c AddIdentity) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c AddIdentity) MarshalJSON() ([]byte, error) {
	type fields AddIdentity
	return object(c, fields(c))
}

// SetIdentity is ALTER COLUMN SET GENERATED, RESTART or SET with sequence
// options.
type SetIdentity struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	// Identity is empty if it is not changed.
	Identity Identity `json:"identity,omitempty"`
	Restart  bool     `json:"restart,omitempty"`
	// RestartWith is where, if the statement says it.
	RestartWith *int64 `json:"restart_with,omitempty"`
	// Options are the names of the other sequence options set.
	Options []string `json:"options,omitempty"`
}

// ChangeType implements Change.
func (SetIdentity) ChangeType() string { return "set_identity" }

// Relations implements Change.
func (c SetIdentity) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetIdentity) Locks() []Lock {
	return []Lock{table(c.Relation, AccessExclusive), table(c.Relation, ShareRowExclusive).via(SequencesOf)}
}

// MarshalJSON implements json.Marshaler.
func (c SetIdentity) MarshalJSON() ([]byte, error) {
	type fields SetIdentity
	return object(c, fields(c))
}

// DropIdentity is ALTER COLUMN DROP IDENTITY.
type DropIdentity struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (DropIdentity) ChangeType() string { return "drop_identity" }

// Relations implements Change.
func (c DropIdentity) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropIdentity) Locks() []Lock {
	return []Lock{table(c.Relation, AccessExclusive).recursing(), table(c.Relation, AccessExclusive).via(SequencesOf)}
}

// MarshalJSON implements json.Marshaler.
func (c DropIdentity) MarshalJSON() ([]byte, error) {
	type fields DropIdentity
	return object(c, fields(c))
}

// SetExpression is ALTER COLUMN SET EXPRESSION (PostgreSQL 17).
type SetExpression struct {
	Relation   Name   `json:"relation"`
	Column     string `json:"column"`
	Expression string `json:"expression,omitempty"`
}

// ChangeType implements Change.
func (SetExpression) ChangeType() string { return "set_expression" }

// Relations implements Change.
func (c SetExpression) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetExpression) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c SetExpression) MarshalJSON() ([]byte, error) {
	type fields SetExpression
	return object(c, fields(c))
}

// DropExpression is ALTER COLUMN DROP EXPRESSION.
type DropExpression struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (DropExpression) ChangeType() string { return "drop_expression" }

// Relations implements Change.
func (c DropExpression) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropExpression) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c DropExpression) MarshalJSON() ([]byte, error) {
	type fields DropExpression
	return object(c, fields(c))
}
