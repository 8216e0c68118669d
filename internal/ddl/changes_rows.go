package ddl

// WriteRows is UPDATE, DELETE or MERGE of rows that are there. It changes no schema;
// what it locks until its transaction ends can be as bad.
type WriteRows struct {
	Relation Name   `json:"relation"`
	Command  string `json:"command"`       // as the server's tag has it
	All      bool   `json:"all,omitempty"` // nothing is said of which
}

// ChangeType implements Change.
func (WriteRows) ChangeType() string { return "write_rows" }

// Relations implements Change.
func (c WriteRows) Relations() []Name { return some(c.Relation) }

// Locks implements Change. The locks of queries are left out.
func (c WriteRows) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c WriteRows) MarshalJSON() ([]byte, error) {
	type fields WriteRows
	return object(c, fields(c))
}
