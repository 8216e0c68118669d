package ddl

// SetLogged is SET LOGGED or SET UNLOGGED. Since PostgreSQL 15 it is accepted
// for sequences too.
type SetLogged struct {
	Relation Name `json:"relation"`
	Logged   bool `json:"logged"`
}

// ChangeType implements Change.
func (SetLogged) ChangeType() string { return "set_logged" }

// Relations implements Change.
func (c SetLogged) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetLogged) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetLogged) MarshalJSON() ([]byte, error) {
	type fields SetLogged
	return object(c, fields(c))
}

// SetTablespace is SET TABLESPACE.
type SetTablespace struct {
	Relation   Name   `json:"relation"`
	Tablespace string `json:"tablespace,omitempty"`
}

// ChangeType implements Change.
func (SetTablespace) ChangeType() string { return "set_tablespace" }

// Relations implements Change.
func (c SetTablespace) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetTablespace) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetTablespace) MarshalJSON() ([]byte, error) {
	type fields SetTablespace
	return object(c, fields(c))
}

// MoveAll is ALTER TABLE, INDEX or MATERIALIZED VIEW (Kind) ALL IN TABLESPACE From SET
// TABLESPACE To. Owners is whose alone; nil for all.
type MoveAll struct {
	Kind   Kind     `json:"kind"`
	From   string   `json:"from"`
	To     string   `json:"to"`
	Owners []string `json:"owners,omitempty"`
	Nowait bool     `json:"nowait,omitempty"`
}

// ChangeType implements Change.
func (MoveAll) ChangeType() string { return "move_all" }

// Relations implements Change.
func (MoveAll) Relations() []Name { return nil }

// Locks implements Change.
func (MoveAll) Locks() []Lock { return []Lock{everything(AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c MoveAll) MarshalJSON() ([]byte, error) {
	type fields MoveAll
	return object(c, fields(c))
}

// SetAccessMethod is SET ACCESS METHOD; Method is empty for DEFAULT.
type SetAccessMethod struct {
	Relation Name   `json:"relation"`
	Method   string `json:"method,omitempty"`
}

// ChangeType implements Change.
func (SetAccessMethod) ChangeType() string { return "set_access_method" }

// Relations implements Change.
func (c SetAccessMethod) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetAccessMethod) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetAccessMethod) MarshalJSON() ([]byte, error) {
	type fields SetAccessMethod
	return object(c, fields(c))
}

// SetOptions is SET (...) or RESET (...) of a relation's storage parameters.
type SetOptions struct {
	Relation Name     `json:"relation"`
	Reset    bool     `json:"reset,omitempty"`
	Options  []string `json:"options,omitempty"`
}

// ChangeType implements Change.
func (SetOptions) ChangeType() string { return "set_options" }

// Relations implements Change.
func (c SetOptions) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetOptions) Locks() []Lock { return []Lock{table(c.Relation, optionsMode(c.Options))} }

// MarshalJSON implements json.Marshaler.
func (c SetOptions) MarshalJSON() ([]byte, error) {
	type fields SetOptions
	return object(c, fields(c))
}

// SetReplicaIdentity is REPLICA IDENTITY. Identity is "default", "full",
// "nothing" or "index", and Index the index then.
type SetReplicaIdentity struct {
	Relation Name   `json:"relation"`
	Identity string `json:"identity,omitempty"`
	Index    string `json:"index"`
}

// ChangeType implements Change.
func (SetReplicaIdentity) ChangeType() string { return "set_replica_identity" }

// Relations implements Change.
func (c SetReplicaIdentity) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetReplicaIdentity) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetReplicaIdentity) MarshalJSON() ([]byte, error) {
	type fields SetReplicaIdentity
	return object(c, fields(c))
}

// SetInherit is INHERIT, or with Remove NO INHERIT.
type SetInherit struct {
	Relation Name `json:"relation"`
	Parent   Name `json:"parent,omitzero"`
	Remove   bool `json:"remove,omitempty"`
}

// ChangeType implements Change.
func (SetInherit) ChangeType() string { return "set_inherit" }

// Relations implements Change.
func (c SetInherit) Relations() []Name { return some(c.Relation, c.Parent) }

// Locks implements Change.
func (c SetInherit) Locks() []Lock { return inheritLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c SetInherit) MarshalJSON() ([]byte, error) {
	type fields SetInherit
	return object(c, fields(c))
}

// SetOfType is ALTER TABLE OF, or NOT OF if Of is empty.
type SetOfType struct {
	Relation Name   `json:"relation"`
	Of       string `json:"of,omitempty"`
}

// ChangeType implements Change.
func (SetOfType) ChangeType() string { return "set_of_type" }

// Relations implements Change.
func (c SetOfType) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetOfType) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetOfType) MarshalJSON() ([]byte, error) {
	type fields SetOfType
	return object(c, fields(c))
}

// SetClusterIndex is CLUSTER ON, or SET WITHOUT CLUSTER if Index is empty.
type SetClusterIndex struct {
	Relation Name   `json:"relation"`
	Index    string `json:"index"`
}

// ChangeType implements Change.
func (SetClusterIndex) ChangeType() string { return "set_cluster_index" }

// Relations implements Change.
func (c SetClusterIndex) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetClusterIndex) Locks() []Lock { return []Lock{table(c.Relation, ShareUpdateExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetClusterIndex) MarshalJSON() ([]byte, error) {
	type fields SetClusterIndex
	return object(c, fields(c))
}
