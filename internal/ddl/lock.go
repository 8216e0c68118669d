package ddl

import (
	"slices"
	"strings"
)

// LockMode is a table-level lock mode in PostgreSQL's own words.
type LockMode string

// The lock modes, weakest first.
const (
	AccessShare          LockMode = "ACCESS SHARE"
	RowShare             LockMode = "ROW SHARE"
	RowExclusive         LockMode = "ROW EXCLUSIVE"
	ShareUpdateExclusive LockMode = "SHARE UPDATE EXCLUSIVE"
	Share                LockMode = "SHARE"
	ShareRowExclusive    LockMode = "SHARE ROW EXCLUSIVE"
	Exclusive            LockMode = "EXCLUSIVE"
	AccessExclusive      LockMode = "ACCESS EXCLUSIVE"
)

// lockModes is in PostgreSQL's order; the index is the server's lock number
// less one.
var lockModes = [...]LockMode{
	AccessShare, RowShare, RowExclusive, ShareUpdateExclusive,
	Share, ShareRowExclusive, Exclusive, AccessExclusive,
}

// ServerMode is the mode that pg_locks.mode calls by another name:
// "AccessExclusiveLock". It is empty for what is none.
func ServerMode(name string) LockMode {
	for _, m := range lockModes {
		if strings.EqualFold(strings.ReplaceAll(string(m), " ", "")+"Lock", name) {
			return m
		}
	}
	return ""
}

// Compare orders modes by strength: negative if m is weaker than other.
func (m LockMode) Compare(other LockMode) int {
	return slices.Index(lockModes[:], m) - slices.Index(lockModes[:], other)
}

// Via says how a lock reaches relations that the statement does not name. Only
// a catalog can tell which those are.
type Via string

// The ways from the named object to the locked relations.
const (
	// Itself: the named relation is the locked one.
	Itself Via = ""
	// TableOf: the table to which the named index, statistics object or
	// sequence belongs.
	TableOf Via = "table of"
	// IndexesOf: every index of the named table.
	IndexesOf Via = "indexes of"
	// SequencesOf: every sequence owned by a column of the named table; for a
	// column, only its own.
	SequencesOf Via = "sequences of"
	// ReferencedBy: tables to which foreign keys of the named table point; for
	// a constraint or column, only those of that constraint or column; for a
	// schema, those of the tables in it.
	ReferencedBy Via = "referenced by"
	// Referencing: tables whose foreign keys point to the named table, or to
	// that constraint or column, or to the tables in the schema.
	Referencing Via = "referencing"
	// DefaultPartition: the default partition of the named table, if any.
	DefaultPartition Via = "default partition of"
	// ParentOf: the partitioned table whose partition is named, if any, and
	// that table's default partition.
	ParentOf Via = "parent of"
	// DependentsOf: views and other relations that depend on the named object,
	// or on the part of it that is dropped, and go with it, or lose what does: a
	// default, a trigger, a policy, a constraint. For a schema, on what is in it.
	DependentsOf Via = "dependents of"
	// UsersOf: tables with a column of the named type or domain, or of one in
	// the schema.
	UsersOf Via = "users of"
	// TablesOf: tables made by CREATE TABLE OF the named type.
	TablesOf Via = "tables of"
	// ReadBy: what the query of the named view reads, through other views too.
	ReadBy Via = "read by"
	// MarkedIn: tables in the database that CLUSTER without a name is for.
	MarkedIn Via = "marked for CLUSTER in"
	// Inside: every relation in the named schema, in the database if Kind is
	// KindDatabase, or of the named role's if it is KindRole.
	Inside Via = "inside"
)

// Lock is a lock a statement takes on a relation until its transaction ends.
// (Statements with CONCURRENTLY end their own transactions.) TestLocks holds them
// to what servers do, which docs/locks.md shows, form by form; what is not measured
// there is from the server's source.
// Indexes that only follow their table's lock are left out.
type Lock struct {
	// Relation is the relation or, with Via, the object it is reached from.
	Relation Name `json:"relation"`
	// Kind is what the statement says Relation is.
	Kind Kind     `json:"kind"`
	Via  Via      `json:"via,omitempty"`
	Mode LockMode `json:"mode"`
	// Recurse: also on every partition and inheritance child.
	Recurse bool `json:"recurse,omitempty"`
}

func lock(n Name, k Kind, m LockMode) Lock { return Lock{Relation: n, Kind: k, Mode: m} }

func (l Lock) via(v Via) Lock       { l.Via = v; return l }
func (l Lock) recursing() Lock      { l.Recurse = true; return l }
func table(n Name, m LockMode) Lock { return lock(n, KindTable, m) }

// mergeLocks keeps one lock per relation and way, the strongest, in order of
// first appearance.
func mergeLocks(locks []Lock) []Lock {
	var merged []Lock
	for _, l := range locks {
		i := slices.IndexFunc(merged, func(m Lock) bool {
			return m.Relation == l.Relation && m.Via == l.Via
		})
		if i < 0 {
			merged = append(merged, l)
			continue
		}
		merged[i].Recurse = merged[i].Recurse || l.Recurse
		if l.Mode.Compare(merged[i].Mode) > 0 {
			l.Recurse = merged[i].Recurse
			merged[i] = l
		}
	}
	return merged
}
