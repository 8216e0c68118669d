package ddl

// CreateView is CREATE VIEW.
type CreateView struct {
	Relation  Name `json:"relation"`
	Replace   bool `json:"replace,omitempty"`
	Temporary bool `json:"temporary,omitempty"`
	// Columns are the column names given after the view's name.
	Columns []string `json:"columns,omitempty"`
	// Options are the names of WITH (...) options, e.g. "security_invoker".
	Options []string `json:"options,omitempty"`
}

// ChangeType implements Change.
func (CreateView) ChangeType() string { return "create_view" }

// Relations implements Change.
func (c CreateView) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c CreateView) Locks() []Lock { return createViewLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c CreateView) MarshalJSON() ([]byte, error) {
	type fields CreateView
	return object(c, fields(c))
}

// CreateMaterializedView is CREATE MATERIALIZED VIEW.
type CreateMaterializedView struct {
	Relation    Name     `json:"relation"`
	IfNotExists bool     `json:"if_not_exists,omitempty"`
	WithNoData  bool     `json:"with_no_data,omitempty"`
	Columns     []string `json:"columns,omitempty"`
}

// ChangeType implements Change.
func (CreateMaterializedView) ChangeType() string { return "create_materialized_view" }

// Relations implements Change.
func (c CreateMaterializedView) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (CreateMaterializedView) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateMaterializedView) MarshalJSON() ([]byte, error) {
	type fields CreateMaterializedView
	return object(c, fields(c))
}

// DropView is DROP VIEW or, by Kind, DROP MATERIALIZED VIEW, one for each
// named.
type DropView struct {
	Relation Name `json:"relation"`
	Kind     Kind `json:"kind,omitempty"`
	IfExists bool `json:"if_exists,omitempty"`
	Cascade  bool `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropView) ChangeType() string { return "drop_view" }

// Relations implements Change.
func (c DropView) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropView) Locks() []Lock { return dropViewLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c DropView) MarshalJSON() ([]byte, error) {
	type fields DropView
	return object(c, fields(c))
}

// RefreshMaterializedView is REFRESH MATERIALIZED VIEW.
type RefreshMaterializedView struct {
	Relation     Name `json:"relation"`
	Concurrently bool `json:"concurrently,omitempty"`
	WithNoData   bool `json:"with_no_data,omitempty"`
}

// ChangeType implements Change.
func (RefreshMaterializedView) ChangeType() string { return "refresh_materialized_view" }

// Relations implements Change.
func (c RefreshMaterializedView) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RefreshMaterializedView) Locks() []Lock { return refreshLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c RefreshMaterializedView) MarshalJSON() ([]byte, error) {
	type fields RefreshMaterializedView
	return object(c, fields(c))
}

// CreateRule is CREATE RULE. Event is select, insert, update or delete.
type CreateRule struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	Event    string `json:"event,omitempty"`
	Instead  bool   `json:"instead,omitempty"`
	Replace  bool   `json:"replace,omitempty"`
}

// ChangeType implements Change.
func (CreateRule) ChangeType() string { return "create_rule" }

// Relations implements Change.
func (c CreateRule) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c CreateRule) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c CreateRule) MarshalJSON() ([]byte, error) {
	type fields CreateRule
	return object(c, fields(c))
}

// SetRule is ENABLE or DISABLE RULE.
type SetRule struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	Firing   Firing `json:"firing"`
}

// ChangeType implements Change.
func (SetRule) ChangeType() string { return "set_rule" }

// Relations implements Change.
func (c SetRule) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetRule) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetRule) MarshalJSON() ([]byte, error) {
	type fields SetRule
	return object(c, fields(c))
}

// DropRule is DROP RULE.
type DropRule struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropRule) ChangeType() string { return "drop_rule" }

// Relations implements Change.
func (c DropRule) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropRule) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c DropRule) MarshalJSON() ([]byte, error) {
	type fields DropRule
	return object(c, fields(c))
}

// RenameRule is ALTER RULE RENAME.
type RenameRule struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	To       string `json:"to"`
}

// ChangeType implements Change.
func (RenameRule) ChangeType() string { return "rename_rule" }

// Relations implements Change.
func (c RenameRule) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RenameRule) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c RenameRule) MarshalJSON() ([]byte, error) {
	type fields RenameRule
	return object(c, fields(c))
}
