package ddl

// Grant is GRANT of privileges, one for each object; with InSchema on every
// object of Kind in the schema Object.
type Grant struct {
	Object   Name `json:"object,omitzero"`
	Kind     Kind `json:"kind,omitempty"`
	InSchema bool `json:"in_schema,omitempty"`
	// Privileges are in lower case; none stands for ALL.
	Privileges []string `json:"privileges,omitempty"`
	Columns    []string `json:"columns,omitempty"`
	Roles      []string `json:"roles,omitempty"`
}

// ChangeType implements Change.
func (Grant) ChangeType() string { return "grant" }

// Relations implements Change.
func (c Grant) Relations() []Name {
	return relationsOfKind(c.Kind, objectUnlessSchema(c.Object, c.InSchema))
}

// Locks implements Change.
func (Grant) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c Grant) MarshalJSON() ([]byte, error) {
	type fields Grant
	return object(c, fields(c))
}

// Revoke is REVOKE of privileges; its fields are those of Grant.
type Revoke struct {
	Object          Name     `json:"object,omitzero"`
	Kind            Kind     `json:"kind,omitempty"`
	InSchema        bool     `json:"in_schema,omitempty"`
	Privileges      []string `json:"privileges,omitempty"`
	Columns         []string `json:"columns,omitempty"`
	Roles           []string `json:"roles,omitempty"`
	GrantOptionOnly bool     `json:"grant_option_only,omitempty"`
	Cascade         bool     `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (Revoke) ChangeType() string { return "revoke" }

// Relations implements Change.
func (c Revoke) Relations() []Name {
	return relationsOfKind(c.Kind, objectUnlessSchema(c.Object, c.InSchema))
}

// Locks implements Change.
func (Revoke) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c Revoke) MarshalJSON() ([]byte, error) {
	type fields Revoke
	return object(c, fields(c))
}

// SetOwner is OWNER TO. For a table its indexes and owned sequences go along.
type SetOwner struct {
	Object Name   `json:"object,omitzero"`
	Kind   Kind   `json:"kind,omitempty"`
	Owner  string `json:"owner,omitempty"`
}

// ChangeType implements Change.
func (SetOwner) ChangeType() string { return "set_owner" }

// Relations implements Change.
func (c SetOwner) Relations() []Name { return relationsOfKind(c.Kind, c.Object) }

// Locks implements Change.
func (c SetOwner) Locks() []Lock { return ownerLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c SetOwner) MarshalJSON() ([]byte, error) {
	type fields SetOwner
	return object(c, fields(c))
}

// DropOwned is DROP OWNED: all that roles own in the database goes.
type DropOwned struct {
	Roles   []string `json:"roles,omitempty"`
	Cascade bool     `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropOwned) ChangeType() string { return "drop_owned" }

// Relations implements Change.
func (DropOwned) Relations() []Name { return nil }

// Locks implements Change. The tables of policies for the roles are left out.
func (c DropOwned) Locks() []Lock {
	var locks []Lock
	for _, role := range c.Roles {
		locks = append(locks, dropAllLocks(lock(Name{Name: role}, KindRole, AccessExclusive), c.Cascade)...)
	}
	return locks
}

// MarshalJSON implements json.Marshaler.
func (c DropOwned) MarshalJSON() ([]byte, error) {
	type fields DropOwned
	return object(c, fields(c))
}

// ReassignOwned is REASSIGN OWNED: all that roles own in the database gets another
// owner.
type ReassignOwned struct {
	Roles []string `json:"roles,omitempty"`
}

// ChangeType implements Change.
func (ReassignOwned) ChangeType() string { return "reassign_owned" }

// Relations implements Change.
func (ReassignOwned) Relations() []Name { return nil }

// Locks implements Change.
func (c ReassignOwned) Locks() []Lock {
	var locks []Lock
	for _, role := range c.Roles {
		locks = append(locks, lock(Name{Name: role}, KindRole, AccessExclusive).via(Inside))
	}
	return locks
}

// MarshalJSON implements json.Marshaler.
func (c ReassignOwned) MarshalJSON() ([]byte, error) {
	type fields ReassignOwned
	return object(c, fields(c))
}
