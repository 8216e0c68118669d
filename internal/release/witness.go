package release

import (
	"slices"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/report"
)

// A witness is what is known of one transaction of the runner's: which locks its
// statements have taken, and which of these are accounted for. It belongs to the
// transaction's session, but for the locks' times, which are the report's.
type witness struct {
	gate *gate
	// relations are those that were there before the transaction, as it has
	// locked them, by oid.
	relations map[uint32]*traced
	// explained are locks of statements whose effects are judged.
	explained map[object]bool
	// states is what became of relations, each time that it was judged, as far as
	// code that no text shows can have changed them; nil: gone.
	states map[uint32][]*catalog.Relation
	// views are those that its statements drop by their text, as they were, by oid.
	views map[uint32]catalog.ViewSource
	// excused is what its statements are allowed to break.
	excused []hazard.Finding
	// last is the place of the last statement on record; -1: there is none.
	last int
}

// An object is what a lock is on: catalog is 0 for a relation.
type object struct{ catalog, oid uint32 }

// A traced is a relation with the strongest lock a transaction has on it.
type traced struct {
	name    ddl.Name // before the transaction
	names   []string // it has had since
	kind    catalog.Kind
	table   uint32 // of an index
	child   bool   // of another relation
	created bool   // since the last release: no running code knows it
	file    int64  // its relfilenode, as last seen
	mode    ddl.LockMode
	taken   []taken
}

// A taken lock is one on record, and from when on it was held.
type taken struct {
	*report.Lock
	since time.Time
}

// Ended implements guard.Witness.
func (w *witness) Ended() {
	var held []report.Lock
	w.gate.mu.Lock()
	for _, r := range w.relations {
		r.release()
		if lock := r.last(); lock != nil && !r.created && r.mode.Compare(ddl.Share) >= 0 {
			held = append(held, *lock)
		}
	}
	w.gate.mu.Unlock()
	slices.SortFunc(held, report.StrongestFirst)
	w.gate.out.Held(held)
}

// take puts the relation's lock on record.
func (r *traced) take(since time.Time) *report.Lock {
	lock := &report.Lock{Mode: string(r.mode), Relation: hazard.Display(catalog.Relation{Schema: r.name.Schema, Name: r.name.Name})}
	r.taken = append(r.taken, taken{lock, since})
	return lock
}

// last is the last, and so the strongest, of its locks on record; nil: there is none.
func (r *traced) last() *report.Lock {
	if len(r.taken) == 0 {
		return nil
	}
	return r.taken[len(r.taken)-1].Lock
}

// release notes how long its locks were held.
func (r *traced) release() {
	for _, t := range r.taken {
		t.Held = time.Since(t.since)
	}
}

// isCalled tells whether a name with its schema is one that the relation has, or had.
func (r *traced) isCalled(name string) bool {
	return r.name.String() == name || slices.ContainsFunc(r.names, func(n string) bool { return ddl.Name{Schema: r.name.Schema, Name: n}.String() == name })
}

// isNamed tells whether a statement's name can be the relation's.
func (r *traced) isNamed(n ddl.Name) bool {
	return (n.Schema == "" || n.Schema == r.name.Schema || len(r.names) > 0) && (n.Name == r.name.Name || slices.Contains(r.names, n.Name))
}
