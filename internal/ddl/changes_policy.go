package ddl

// SetRowSecurity is ENABLE, DISABLE, FORCE or NO FORCE ROW LEVEL SECURITY, in
// lower case in Action.
type SetRowSecurity struct {
	Relation Name   `json:"relation"`
	Action   string `json:"action,omitempty"`
}

// ChangeType implements Change.
func (SetRowSecurity) ChangeType() string { return "set_row_security" }

// Relations implements Change.
func (c SetRowSecurity) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetRowSecurity) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetRowSecurity) MarshalJSON() ([]byte, error) {
	type fields SetRowSecurity
	return object(c, fields(c))
}

// CreatePolicy is CREATE POLICY. Command is all, select, insert, update or
// delete.
type CreatePolicy struct {
	Relation    Name   `json:"relation"`
	Name        string `json:"name,omitempty"`
	Command     string `json:"command,omitempty"`
	Restrictive bool   `json:"restrictive,omitempty"`
}

// ChangeType implements Change.
func (CreatePolicy) ChangeType() string { return "create_policy" }

// Relations implements Change.
func (c CreatePolicy) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c CreatePolicy) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c CreatePolicy) MarshalJSON() ([]byte, error) {
	type fields CreatePolicy
	return object(c, fields(c))
}

// AlterPolicy is ALTER POLICY.
type AlterPolicy struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
}

// ChangeType implements Change.
func (AlterPolicy) ChangeType() string { return "alter_policy" }

// Relations implements Change.
func (c AlterPolicy) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c AlterPolicy) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c AlterPolicy) MarshalJSON() ([]byte, error) {
	type fields AlterPolicy
	return object(c, fields(c))
}

// DropPolicy is DROP POLICY.
type DropPolicy struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropPolicy) ChangeType() string { return "drop_policy" }

// Relations implements Change.
func (c DropPolicy) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropPolicy) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c DropPolicy) MarshalJSON() ([]byte, error) {
	type fields DropPolicy
	return object(c, fields(c))
}

// RenamePolicy is ALTER POLICY RENAME.
type RenamePolicy struct {
	Relation Name   `json:"relation"`
	Name     string `json:"name,omitempty"`
	To       string `json:"to"`
	IfExists bool   `json:"if_exists,omitempty"`
}

// ChangeType implements Change.
func (RenamePolicy) ChangeType() string { return "rename_policy" }

// Relations implements Change.
func (c RenamePolicy) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c RenamePolicy) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c RenamePolicy) MarshalJSON() ([]byte, error) {
	type fields RenamePolicy
	return object(c, fields(c))
}
