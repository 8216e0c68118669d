package ddl

// AlterRole is ALTER ROLE with options, of which those are here that tell who may log
// in. What is not in the statement is nil.
type AlterRole struct {
	Role  string `json:"role"`
	Login *bool  `json:"login,omitempty"`
	// Limit is CONNECTION LIMIT; -1 is none.
	Limit *int64 `json:"connection_limit,omitempty"`
	// Password: it gets another one, or none.
	Password bool `json:"password,omitempty"`
	// ValidUntil is when its password ends, as the statement has it.
	ValidUntil *string `json:"valid_until,omitempty"`
}

// ChangeType implements Change.
func (AlterRole) ChangeType() string { return "alter_role" }

// Relations implements Change.
func (AlterRole) Relations() []Name { return nil }

// Locks implements Change.
func (AlterRole) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c AlterRole) MarshalJSON() ([]byte, error) {
	type fields AlterRole
	return object(c, fields(c))
}

// AlterDatabase is ALTER DATABASE with options. Limit is CONNECTION LIMIT, nil if it is
// not in the statement; -1 is none.
type AlterDatabase struct {
	Database string `json:"database"`
	Limit    *int64 `json:"connection_limit,omitempty"`
}

// ChangeType implements Change.
func (AlterDatabase) ChangeType() string { return "alter_database" }

// Relations implements Change.
func (AlterDatabase) Relations() []Name { return nil }

// Locks implements Change.
func (AlterDatabase) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c AlterDatabase) MarshalJSON() ([]byte, error) {
	type fields AlterDatabase
	return object(c, fields(c))
}

// SetSessionDefault is ALTER ROLE ... SET, ALTER DATABASE ... SET and RESET: what new
// sessions begin with.
type SetSessionDefault struct {
	// Role and Database are those that it is for; empty: all.
	Role     string `json:"role,omitempty"`
	Database string `json:"database,omitempty"`
	// Setting is in lower case; empty: RESET ALL.
	Setting string `json:"setting,omitempty"`
	// Values are those of SET, several for a list. Without any the setting is what it
	// would be without this one, or with FromCurrent what the session has.
	Values      []string `json:"values,omitempty"`
	FromCurrent bool     `json:"from_current,omitempty"`
}

// ChangeType implements Change.
func (SetSessionDefault) ChangeType() string { return "set_session_default" }

// Relations implements Change.
func (SetSessionDefault) Relations() []Name { return nil }

// Locks implements Change.
func (SetSessionDefault) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c SetSessionDefault) MarshalJSON() ([]byte, error) {
	type fields SetSessionDefault
	return object(c, fields(c))
}
