package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// A Snapshot is every relation with rows outside the system schemas, by oid.
// Owners and grants are those of views only; what else a Lookup adds is left
// out.
type Snapshot map[uint32]Relation

// DecodeSnapshot reads the JSON array of a snapshot.
func DecodeSnapshot(doc []byte) (Snapshot, error) {
	var relations []Relation
	if err := json.Unmarshal(doc, &relations); err != nil {
		return nil, fmt.Errorf("decode catalog snapshot: %w", err)
	}
	s := make(Snapshot, len(relations))
	for _, r := range relations {
		s[r.OID] = r
	}
	return s, nil
}

// An Effect is one difference between two snapshots that code written for the
// first can notice. Before is the relation as it was.
type Effect struct {
	Before Relation
	// After is the relation as it is; nil when it is gone.
	After *Relation
	// Column is set for a column that is gone or has another name, which
	// is NewColumn then.
	Column    *Column
	NewColumn string
}

// Moved tells whether the relation has another name or schema.
func (e Effect) Moved() bool {
	return e.After != nil && e.Column == nil
}

// Diff lists what happened to the relations and columns of before, by oid and
// attnum: a rename is a rename, whatever took the old name since. What is new
// in after is no effect: no code knows it.
func Diff(before, after Snapshot) []Effect {
	var effects []Effect
	for oid, was := range before {
		is, ok := after[oid]
		if !ok {
			effects = append(effects, Effect{Before: was})
			continue
		}
		if is.Name != was.Name || is.Schema != was.Schema {
			effects = append(effects, Effect{Before: was, After: &is})
		}
		effects = append(effects, columnEffects(was, is)...)
	}
	slices.SortFunc(effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Before.OID, b.Before.OID), cmp.Compare(a.number(), b.number()))
	})
	return effects
}

// Covers tells whether e, on a partitioned table, is also why o happened to a
// partition of it: dropping the one drops the other, and a column's name is
// that of both.
func (e Effect) Covers(o Effect) bool {
	if o.Before.PartitionOf != e.Before.OID || e.Moved() || o.Moved() {
		return false
	}
	if e.Column == nil || o.Column == nil {
		return e.Column == nil && o.Column == nil
	}
	return e.Column.Name == o.Column.Name && e.NewColumn == o.NewColumn
}

// An Object is a relation, or one column of it.
type Object struct {
	Relation uint32
	Column   int16 // attnum; 0: the whole relation
}

// Added lists the relations, and the columns of older relations, that are in
// after only.
func Added(before, after Snapshot) []Object {
	var added []Object
	for oid, is := range after {
		was, ok := before[oid]
		if !ok {
			added = append(added, Object{Relation: oid})
			continue
		}
		old := make(map[int16]bool, len(was.Columns))
		for _, c := range was.Columns {
			old[c.Number] = true
		}
		for _, c := range is.Columns {
			if !old[c.Number] {
				added = append(added, Object{oid, c.Number})
			}
		}
	}
	slices.SortFunc(added, func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Relation, b.Relation), cmp.Compare(a.Column, b.Column))
	})
	return added
}

func (e Effect) number() int16 {
	if e.Column == nil {
		return 0
	}
	return e.Column.Number
}

func columnEffects(was, is Relation) []Effect {
	names := make(map[int16]string, len(is.Columns))
	for _, c := range is.Columns {
		names[c.Number] = c.Name
	}
	var effects []Effect
	for _, c := range was.Columns {
		if name := names[c.Number]; name != c.Name {
			effects = append(effects, Effect{Before: was, After: &is, Column: &c, NewColumn: name})
		}
	}
	return effects
}
