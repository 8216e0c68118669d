package ddl

// RevokeRole is REVOKE of roles from roles that are members of them, one for each two.
// OptionOnly: the membership stays, and only what may be done with it goes.
type RevokeRole struct {
	Role       string `json:"role"`
	From       string `json:"from"`
	OptionOnly bool   `json:"option_only,omitempty"`
}

// ChangeType implements Change.
func (RevokeRole) ChangeType() string { return "revoke_role" }

// Relations implements Change.
func (RevokeRole) Relations() []Name { return nil }

// Locks implements Change.
func (RevokeRole) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RevokeRole) MarshalJSON() ([]byte, error) {
	type fields RevokeRole
	return object(c, fields(c))
}
