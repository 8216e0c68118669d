package ddl

// CreateTrigger is CREATE TRIGGER.
type CreateTrigger struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	Replace  bool   `json:"replace,omitempty"`
	// Constraint is CREATE CONSTRAINT TRIGGER; From its FROM table.
	Constraint bool `json:"constraint,omitempty"`
	From       Name `json:"from,omitzero"`
	// Timing is "before", "after" or "instead of"; Events are insert, update,
	// delete and truncate.
	Timing   string   `json:"timing,omitempty"`
	Events   []string `json:"events,omitempty"`
	Row      bool     `json:"row,omitempty"`
	Function Name     `json:"function,omitzero"`
	// Conditional: it has WHEN, or UPDATE OF columns.
	Conditional bool `json:"conditional,omitempty"`
}

// ChangeType implements Change.
func (CreateTrigger) ChangeType() string { return "create_trigger" }

// Relations implements Change.
func (c CreateTrigger) Relations() []Name { return some(c.Relation, c.From) }

// Locks implements Change.
func (c CreateTrigger) Locks() []Lock {
	return []Lock{table(c.Relation, ShareRowExclusive).recursing()}
}

// MarshalJSON implements json.Marshaler.
func (c CreateTrigger) MarshalJSON() ([]byte, error) {
	type fields CreateTrigger
	return object(c, fields(c))
}

// SetTrigger is ENABLE or DISABLE TRIGGER. Name is empty if All or User is
// meant.
type SetTrigger struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	All      bool   `json:"all,omitempty"`
	User     bool   `json:"user,omitempty"`
	Firing   Firing `json:"firing"`
}

// ChangeType implements Change.
func (SetTrigger) ChangeType() string { return "set_trigger" }

// Relations implements Change.
func (c SetTrigger) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetTrigger) Locks() []Lock { return []Lock{table(c.Relation, ShareRowExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c SetTrigger) MarshalJSON() ([]byte, error) {
	type fields SetTrigger
	return object(c, fields(c))
}

// DropTrigger is DROP TRIGGER.
type DropTrigger struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropTrigger) ChangeType() string { return "drop_trigger" }

// Relations implements Change.
func (c DropTrigger) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropTrigger) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c DropTrigger) MarshalJSON() ([]byte, error) {
	type fields DropTrigger
	return object(c, fields(c))
}

// RenameTrigger is ALTER TRIGGER RENAME.
type RenameTrigger struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	To       string `json:"to"`
}

// ChangeType implements Change.
func (RenameTrigger) ChangeType() string { return "rename_trigger" }

// Relations implements Change.
func (c RenameTrigger) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RenameTrigger) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive).recursing()} }

// MarshalJSON implements json.Marshaler.
func (c RenameTrigger) MarshalJSON() ([]byte, error) {
	type fields RenameTrigger
	return object(c, fields(c))
}
