package catalog

import (
	"encoding/json"
	"fmt"
)

// A Lookup is what the catalogs say about the names in a change. Names that do
// not exist are nil.
type Lookup struct {
	Relation *Relation `json:"relation"`
	// Target is what has the new name already, for a rename or a creation.
	Target *Relation `json:"target"`
	// Again is what has the name of Relation, which is gone, when the
	// transaction is about to commit.
	Again *Relation `json:"-"`
	// Symbol is what a statement turned out to have taken away, or changed. Found
	// is what has its oid since then; Symbols are all there are when the
	// transaction is about to commit, nil before.
	Symbol  *Symbol  `json:"-"`
	Found   *Symbol  `json:"-"`
	Symbols []Symbol `json:"-"`
	// FromBlock is set when the transaction that asks has renamed the
	// relation and made a shim for it: no other session has seen the name
	// it has now.
	FromBlock bool `json:"from_block"`
	// Parent is the partitioned table of a change of its partitions, of which
	// Relation is one, and DefaultPartition is another.
	Parent           *Relation `json:"parent"`
	DefaultPartition *Relation `json:"default_partition"`
	// Inside are the relations with rows a schema holds that are not
	// Created, for a change of the schema.
	Inside []Relation `json:"inside"`
	// Users are the tables with rows that have a column of the domain that a change
	// is about, or of one over it, and are not Created.
	Users []Relation `json:"users"`
	// Domains are the oids of that domain and of those over it.
	Domains []uint32 `json:"domains"`
	// Already: what the change makes is there.
	Already bool `json:"-"`
	// Locked: the transaction keeps others from reading or writing a relation that
	// was there before the run, or the statement does.
	Locked bool `json:"-"`
	// Touched is how many rows of the relation the statement is to change, by the
	// planner's estimate; nil: not asked for.
	Touched *float64 `json:"-"`
	// Trial is what the change does to an empty copy of the relation; nil:
	// not tried.
	Trial *Trial `json:"-"`
	// DefaultTrial is the same for DefaultPartition.
	DefaultTrial *Trial `json:"-"`
	// Passes: a CHECK takes rows of code that does not know its columns.
	Passes bool `json:"-"`
	// Held is what stands in the way of code that no longer knows what the change
	// drops; nil: not asked for.
	Held *Holding `json:"-"`
	// AsPartition is what Relation would be as the only partition of another table; nil:
	// not asked for.
	AsPartition *AsPartition `json:"-"`
	// Copying is what a copy of the column that the change renames has to be like; nil: not
	// asked for.
	Copying *Copying `json:"-"`
	// Referencing are the tables that refer to Relation by foreign keys, and
	// those that refer to these; partitions go with their parents.
	Referencing []Relation `json:"referencing"`
	// Type is the one that a change names.
	Type *Type `json:"type"`
	// Indexed is the table of an index that a change names.
	Indexed *Relation `json:"indexed"`
	// Sessions is who logs in, and what sessions begin with; nil: not asked for.
	Sessions *Sessions `json:"-"`
	// Losers are roles of running code that have rights to Relation as its owner, and none
	// when it has another.
	Losers []string `json:"-"`
	// Lost are relations to which such a role has rights by another alone, that is taken from it.
	Lost []Relation `json:"-"`
	// TriggerSource is of the function of a new trigger, if that is in PL/pgSQL.
	TriggerSource string `json:"-"`
	// Encoding is the session's client_encoding.
	Encoding string `json:"encoding"`
}

// DecodeLookup reads the JSON document of a lookup.
func DecodeLookup(doc []byte) (Lookup, error) {
	var l Lookup
	if err := json.Unmarshal(doc, &l); err != nil {
		return Lookup{}, fmt.Errorf("decode catalog lookup: %w", err)
	}
	return l, nil
}

// A Trial is what the server does for a change whatever rows there are, as it
// showed on a table without any.
type Trial struct {
	Rewrites bool // the table is written anew
	Scans    bool // its rows are read, or an index is built
	Keys     bool // foreign keys are checked, which reads the tables of both sides
	// Failed is why the trial did not succeed; the change itself may.
	Failed string
}

// Works tells whether the change takes as long as the table is large, for all
// that is known.
func (t *Trial) Works() bool { return t.MayRewrite() || t.MayScan() }

// MayRewrite tells whether the table is written anew, for all that is known.
func (t *Trial) MayRewrite() bool { return t.unknown() || t.Rewrites }

// MayScan tells whether the table is read, for all that is known.
func (t *Trial) MayScan() bool { return t.unknown() || t.Scans }

// MayCheckKeys tells whether foreign keys are checked, for all that is known.
func (t *Trial) MayCheckKeys() bool { return t.unknown() || t.Keys }

func (t *Trial) unknown() bool { return t == nil || t.Failed != "" }

// String is what happens to the table.
func (t *Trial) String() string {
	switch {
	case t.unknown():
		return "written anew, or read through, as far as is known"
	case t.Rewrites:
		return "written anew"
	}
	return "read through"
}
