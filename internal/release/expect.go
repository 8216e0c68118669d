package release

import (
	"slices"

	"github.com/migguard/migguard/internal/ddl"
)

// An expectation is what a statement, and what runs in its place, is said to lock
// and to write anew. It knows relations by their names only, and takes every
// relation for the one that a lock reaches by way of another: which those are
// TestLocks holds to what servers do.
type expectation struct {
	anything bool
	locks    []ddl.Lock
	changes  []ddl.Change
}

// expectation is the statement's.
func (a *act) expectation() expectation {
	e := expectation{anything: a.runsCode(), locks: slices.Clone(a.plan.Locks), changes: slices.Clone(a.plan.Changes)}
	for _, sql := range a.executed {
		for _, st := range ddl.Parse(sql) {
			e.locks = append(e.locks, st.Locks...)
			e.changes = append(e.changes, st.Changes...)
		}
	}
	return e
}

// runsCode tells a statement of which not even its locks can be foretold: it runs
// what its text does not hold, or is not understood.
func (a *act) runsCode() bool {
	return a.plan.Class != ddl.Schema || has[ddl.OtherSchema](a.plan.Changes) || has[ddl.CreateExtension](a.plan.Changes) || has[ddl.AlterExtension](a.plan.Changes) || a.callsUnknown(a.plan.Statement)
}

// lock tells whether the lock on a relation is among those foretold. Weak ones,
// which stop nobody's reads and writes, are not compared.
func (e expectation) lock(r *traced) bool {
	if e.anything || r.created || r.mode.Compare(ddl.Share) < 0 {
		return true
	}
	return slices.ContainsFunc(e.locks, func(l ddl.Lock) bool {
		return l.Mode.Compare(r.mode) >= 0 && (l.Via != ddl.Itself || l.Recurse && r.child || r.isNamed(l.Relation))
	})
}

// rewrite tells whether something may be written anew, or emptied.
func (e expectation) rewrite() bool {
	return e.anything || slices.ContainsFunc(e.changes, func(change ddl.Change) bool {
		if _, ok := change.(ddl.Truncate); ok {
			return true
		}
		return slices.ContainsFunc(ddl.WorkOf(change), func(w ddl.Work) bool { return w.Rewrites })
	})
}
