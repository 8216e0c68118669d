package ddl

// CreateFunction is CREATE FUNCTION or, by Kind, CREATE PROCEDURE.
type CreateFunction struct {
	Function Name `json:"function,omitzero"`
	Kind     Kind `json:"kind,omitempty"`
	Replace  bool `json:"replace,omitempty"`
	// Arguments are the types of the input arguments in SQL.
	Arguments []string `json:"arguments,omitempty"`
	// Defaults is the number of arguments with a default.
	Defaults        int    `json:"defaults,omitempty"`
	Language        string `json:"language,omitempty"`
	SecurityDefiner bool   `json:"security_definer,omitempty"`
}

// ChangeType implements Change.
func (CreateFunction) ChangeType() string { return "create_function" }

// Relations implements Change.
func (CreateFunction) Relations() []Name { return nil }

// Locks implements Change.
func (CreateFunction) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateFunction) MarshalJSON() ([]byte, error) {
	type fields CreateFunction
	return object(c, fields(c))
}

// DropFunction drops a function or, by Kind, a procedure, routine or aggregate.
// Arguments is nil with AnyArguments if none were given.
type DropFunction struct {
	Function     Name     `json:"function,omitzero"`
	Kind         Kind     `json:"kind,omitempty"`
	Arguments    []string `json:"arguments,omitempty"`
	AnyArguments bool     `json:"any_arguments,omitempty"`
	IfExists     bool     `json:"if_exists,omitempty"`
	Cascade      bool     `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropFunction) ChangeType() string { return "drop_function" }

// Relations implements Change.
func (DropFunction) Relations() []Name { return nil }

// Locks implements Change.
func (c DropFunction) Locks() []Lock { return cascadeLocks(c.Function, c.Kind, c.Cascade) }

// MarshalJSON implements json.Marshaler.
func (c DropFunction) MarshalJSON() ([]byte, error) {
	type fields DropFunction
	return object(c, fields(c))
}

// AlterFunction is ALTER FUNCTION or, by Kind, PROCEDURE or ROUTINE, with
// options.
type AlterFunction struct {
	Function  Name     `json:"function,omitzero"`
	Kind      Kind     `json:"kind,omitempty"`
	Arguments []string `json:"arguments,omitempty"`
	// Options are the names of the options set.
	Options []string `json:"options,omitempty"`
}

// ChangeType implements Change.
func (AlterFunction) ChangeType() string { return "alter_function" }

// Relations implements Change.
func (AlterFunction) Relations() []Name { return nil }

// Locks implements Change.
func (AlterFunction) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c AlterFunction) MarshalJSON() ([]byte, error) {
	type fields AlterFunction
	return object(c, fields(c))
}

// RenameFunction is ALTER FUNCTION RENAME or, by Kind, of a procedure, routine
// or aggregate.
type RenameFunction struct {
	Function  Name     `json:"function,omitzero"`
	Kind      Kind     `json:"kind,omitempty"`
	Arguments []string `json:"arguments,omitempty"`
	To        string   `json:"to"`
}

// ChangeType implements Change.
func (RenameFunction) ChangeType() string { return "rename_function" }

// Relations implements Change.
func (RenameFunction) Relations() []Name { return nil }

// Locks implements Change.
func (RenameFunction) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RenameFunction) MarshalJSON() ([]byte, error) {
	type fields RenameFunction
	return object(c, fields(c))
}
