package ddl

// CreateSequence is CREATE SEQUENCE.
type CreateSequence struct {
	Relation    Name `json:"relation"`
	IfNotExists bool `json:"if_not_exists,omitempty"`
	Temporary   bool `json:"temporary,omitempty"`
	// OwnedBy is the table of OWNED BY.
	OwnedBy Name `json:"owned_by,omitzero"`
}

// ChangeType implements Change.
func (CreateSequence) ChangeType() string { return "create_sequence" }

// Relations implements Change.
func (c CreateSequence) Relations() []Name { return some(c.Relation, c.OwnedBy) }

// Locks implements Change.
func (CreateSequence) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateSequence) MarshalJSON() ([]byte, error) {
	type fields CreateSequence
	return object(c, fields(c))
}

// AlterSequence is ALTER SEQUENCE with options.
type AlterSequence struct {
	Relation Name `json:"relation"`
	IfExists bool `json:"if_exists,omitempty"`
	// Restart: the next value is set anew.
	Restart bool `json:"restart,omitempty"`
	// RestartWith is where, if the statement says it.
	RestartWith *int64 `json:"restart_with,omitempty"`
	// Increment is the new one, if given.
	Increment *int64 `json:"increment,omitempty"`
	// As is the new type, if given.
	As      string `json:"as,omitempty"`
	OwnedBy Name   `json:"owned_by,omitzero"`
	// Options are the names of all options, in order.
	Options []string `json:"options,omitempty"`
}

// ChangeType implements Change.
func (AlterSequence) ChangeType() string { return "alter_sequence" }

// Relations implements Change.
func (c AlterSequence) Relations() []Name { return some(c.Relation, c.OwnedBy) }

// Locks implements Change.
func (c AlterSequence) Locks() []Lock {
	return []Lock{lock(c.Relation, KindSequence, ShareRowExclusive)}
}

// MarshalJSON implements json.Marshaler.
func (c AlterSequence) MarshalJSON() ([]byte, error) {
	type fields AlterSequence
	return object(c, fields(c))
}

// DropSequence is DROP SEQUENCE, one for each named.
type DropSequence struct {
	Relation Name `json:"relation"`
	IfExists bool `json:"if_exists,omitempty"`
	Cascade  bool `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropSequence) ChangeType() string { return "drop_sequence" }

// Relations implements Change.
func (c DropSequence) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c DropSequence) Locks() []Lock {
	return append([]Lock{lock(c.Relation, KindSequence, AccessExclusive)},
		cascadeLocks(c.Relation, KindSequence, c.Cascade)...)
}

// MarshalJSON implements json.Marshaler.
func (c DropSequence) MarshalJSON() ([]byte, error) {
	type fields DropSequence
	return object(c, fields(c))
}
