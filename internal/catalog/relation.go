// Package catalog holds what PostgreSQL's system catalogs say about the
// objects a change touches, as values: the facts the judge decides by and the
// difference between two snapshots. It is pure and asks no server; adapters
// read the catalogs as JSON and this package decodes it.
package catalog

// A Kind is pg_class.relkind.
type Kind string

// The kinds of relations, manual section "pg_class".
const (
	Table            Kind = "r"
	PartitionedTable Kind = "p"
	View             Kind = "v"
	MaterializedView Kind = "m"
	ForeignTable     Kind = "f"
	Index            Kind = "i"
	PartitionedIndex Kind = "I"
	Sequence         Kind = "S"
	CompositeType    Kind = "c"
)

// HasRows tells the kinds that code names in FROM, INSERT, UPDATE or DELETE.
func (k Kind) HasRows() bool {
	switch k {
	case Table, PartitionedTable, View, MaterializedView, ForeignTable:
		return true
	}
	return false
}

// String is the word for a kind in messages.
func (k Kind) String() string {
	switch k {
	case View:
		return "view"
	case MaterializedView:
		return "materialized view"
	case ForeignTable:
		return "foreign table"
	case Index, PartitionedIndex:
		return "index"
	case Sequence:
		return "sequence"
	case CompositeType:
		return "type"
	}
	return "table"
}

// A Relation is one row of pg_class with what belongs to it.
type Relation struct {
	OID    uint32 `json:"oid"`
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Owner  string `json:"owner"`
	// Temporary relations are seen by their own session only.
	Temporary bool `json:"temporary"`
	// PartitionOf is the oid of the partitioned table it belongs to, or 0.
	PartitionOf uint32 `json:"partition_of"`
	// RowSecurity is relrowsecurity: policies decide which rows a role sees.
	RowSecurity bool `json:"row_security"`
	// RowSecurityForced is relforcerowsecurity: the owner is subject to them.
	RowSecurityForced bool `json:"row_security_forced"`
	// Fires: an UPDATE of a row fires a trigger or a rule; asked for with Size.
	Fires bool `json:"fires"`
	// HasChildren: other tables inherit from it, or did.
	HasChildren bool `json:"has_children"`
	// Family are the other tables of its hierarchy; nil: not asked for, or too many.
	Family []Member `json:"-"`
	// Keyed: it has a primary key.
	Keyed   bool     `json:"keyed"`
	Columns []Column `json:"columns"`
	// Grants is relacl, taken apart. DefaultGrants is set where relacl is
	// null: the owner may do everything and nobody else anything.
	Grants        []Grant `json:"grants"`
	DefaultGrants bool    `json:"default_grants"`
	// NewGrantees are the roles that ALTER DEFAULT PRIVILEGES would let at
	// a relation the session's role creates in this schema.
	NewGrantees []string `json:"new_grantees"`
	// Role is the session's current role.
	Role string `json:"role"`
	// Size is of a table, partitions and children included, or of a
	// materialized view with what its query reads; nil: not asked for, or not
	// known.
	Size *Size `json:"size"`
	// Sequence is of a sequence; nil: not asked for.
	Sequence *Numbering `json:"sequence"`
	// Invalid: the index is not used by queries, because its build was
	// interrupted or is not over.
	Invalid bool `json:"invalid"`
	// Created: no running build knows the relation.
	Created bool `json:"created"`
	// Populated is relispopulated: false for a materialized view that cannot
	// be read before it is refreshed.
	Populated bool `json:"populated"`
	// Writable is what pg_relation_is_updatable says, one bit each for UPDATE,
	// INSERT and DELETE; 0 where it was not asked.
	Writable int `json:"writable"`
	// Arbiters are a table's; nil where they were not asked for.
	Arbiters []Arbiter `json:"arbiters"`
	// RowsIn is what takes rows of the relation as values of its row type, in words:
	// "function title(users)"; asked for before it is shown by a view.
	RowsIn string `json:"-"`
	// Standing is set when the relation is a shim's view.
	Standing *Standing `json:"standing"`
}

// A Size is how much a table holds. Rows is the planner's estimate; nil where
// the table was never analyzed.
type Size struct {
	Rows  *float64 `json:"rows"`
	Bytes int64    `json:"bytes"` // of the rows, TOAST included, without indexes
}

// Within tells whether a table is no larger than most. Without an estimate of
// its rows their bytes decide; a size that is not known is within nothing.
func (s *Size) Within(most Size) bool {
	if s == nil || s.Bytes > most.Bytes {
		return false
	}
	return s.Rows == nil || most.Rows == nil || *s.Rows <= *most.Rows
}

// A Column is one row of pg_attribute that is not dropped.
type Column struct {
	Number  int16   `json:"number"`
	Name    string  `json:"name"`
	Grants  []Grant `json:"grants"`
	Created bool    `json:"created"`  // no running build knows it
	NotNull bool    `json:"not_null"` // by itself
	// Filled: a row that comes without it gets a value, the type's own default
	// left aside.
	Filled bool `json:"filled"`
	// Type is for people; the oid and the modifier (atttypmod) tell two apart.
	Type    string `json:"type"`
	TypeOID uint32 `json:"type_oid"`
	TypeMod int32  `json:"type_mod"`
	// Default is set where it has one of its own.
	Default bool `json:"default"`
	// Definition is of the column that was asked about; nil for the others.
	Definition *Definition `json:"definition"`
}

// A Definition is what the server puts into a column, and what it lets in.
type Definition struct {
	// NotNull: by itself, by its domain, or by a CHECK (column IS NOT NULL).
	NotNull bool `json:"not_null"`
	// Default is the column's own, TypeDefault that of its domain.
	Default     bool   `json:"default"`
	TypeDefault bool   `json:"type_default"`
	Generated   bool   `json:"generated"`
	Identity    string `json:"identity"` // attidentity: a, d or empty
	// Sequence is the identity's; nil: not asked for.
	Sequence *Numbering `json:"sequence"`
}

// A Numbering is how far a sequence has come. Last is nil while it was never used.
type Numbering struct {
	Last      *int64 `json:"last"`
	Increment int64  `json:"increment"`
	// Owned: the sequence goes with a column.
	Owned bool `json:"owned"`
}

// Reaches tells whether the sequence, when it goes on at a number, gives out
// some that it has given out; at its beginning if there is no number. One that
// is not known may.
func (s *Numbering) Reaches(at *int64) bool {
	switch {
	case s == nil:
		return true
	case s.Last == nil:
		return false
	case at == nil:
		return true
	case s.Increment < 0:
		return *at >= *s.Last
	}
	return *at <= *s.Last
}

// A Type is one row of pg_type.
type Type struct {
	Schema  string `json:"schema"`
	Name    string `json:"name"`
	NotNull bool   `json:"not_null"` // of a domain, as Default
	Default bool   `json:"default"`
	// Used: by a column that running code can know, by a function or by
	// another type.
	Used bool `json:"used"`
}

// A Grant is one privilege of one role, from an aclitem.
type Grant struct {
	Grantee   string `json:"grantee"` // empty: PUBLIC
	Privilege string `json:"privilege"`
	Grantable bool   `json:"grantable"`
}

// Standing says which table a shim's view stands for.
type Standing struct {
	Relation uint32 `json:"relation"` // oid of the renamed table
	Name     string `json:"name"`     // its name now
}

// Column finds a column by name.
func (r Relation) Column(name string) (Column, bool) {
	for _, c := range r.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Holders are the roles that were granted a privilege on all columns; the empty
// one is PUBLIC.
func (r Relation) Holders(privilege string) []string {
	if r.DefaultGrants {
		return []string{r.Owner}
	}
	return holders(r.Grants, privilege)
}

// Holders are the roles that were granted a privilege on the column.
func (c Column) Holders(privilege string) []string { return holders(c.Grants, privilege) }

func holders(grants []Grant, privilege string) []string {
	var roles []string
	for _, g := range grants {
		if g.Privilege == privilege {
			roles = append(roles, g.Grantee)
		}
	}
	return roles
}
