package ddl

// Cluster is CLUSTER, which rewrites the table in the order of an index.
// Relation is empty if every table marked for it in the database is meant.
type Cluster struct {
	Relation Name   `json:"relation,omitzero"`
	Index    string `json:"index"`
}

// ChangeType implements Change.
func (Cluster) ChangeType() string { return "cluster" }

// Relations implements Change.
func (c Cluster) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c Cluster) Locks() []Lock { return clusterLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c Cluster) MarshalJSON() ([]byte, error) {
	type fields Cluster
	return object(c, fields(c))
}

// Vacuum is VACUUM of one table, or of the database if Relation is empty.
type Vacuum struct {
	Relation Name `json:"relation,omitzero"`
	Full     bool `json:"full,omitempty"`
	Analyze  bool `json:"analyze,omitempty"`
}

// ChangeType implements Change.
func (Vacuum) ChangeType() string { return "vacuum" }

// Relations implements Change.
func (c Vacuum) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c Vacuum) Locks() []Lock { return vacuumLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c Vacuum) MarshalJSON() ([]byte, error) {
	type fields Vacuum
	return object(c, fields(c))
}

// Analyze is ANALYZE of one table, or of the database if Relation is empty.
type Analyze struct {
	Relation Name     `json:"relation,omitzero"`
	Columns  []string `json:"columns,omitempty"`
}

// ChangeType implements Change.
func (Analyze) ChangeType() string { return "analyze" }

// Relations implements Change.
func (c Analyze) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c Analyze) Locks() []Lock { return analyzeLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c Analyze) MarshalJSON() ([]byte, error) {
	type fields Analyze
	return object(c, fields(c))
}

// OtherTable is an action of ALTER TABLE with no change type of its own, such
// as the options of a foreign table. Action is the grammar's name for it.
type OtherTable struct {
	Relation Name   `json:"relation"`
	Action   string `json:"action,omitempty"`
}

// ChangeType implements Change.
func (OtherTable) ChangeType() string { return "other_table" }

// Relations implements Change.
func (c OtherTable) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c OtherTable) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c OtherTable) MarshalJSON() ([]byte, error) {
	type fields OtherTable
	return object(c, fields(c))
}

// LockTable is LOCK TABLE, one for each table named. It changes nothing; what
// it blocks can be as bad.
type LockTable struct {
	Relation Name     `json:"relation"`
	Mode     LockMode `json:"mode,omitempty"`
	Only     bool     `json:"only,omitempty"`
	Nowait   bool     `json:"nowait,omitempty"`
}

// ChangeType implements Change.
func (LockTable) ChangeType() string { return "lock_table" }

// Relations implements Change.
func (c LockTable) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c LockTable) Locks() []Lock { return lockTableLocks(c) }

// MarshalJSON implements json.Marshaler.
func (c LockTable) MarshalJSON() ([]byte, error) {
	type fields LockTable
	return object(c, fields(c))
}
