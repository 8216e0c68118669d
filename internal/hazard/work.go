package hazard

import (
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// Work is what a change takes as long for as relations are large, without what the
// catalogs, or a trial, have shown not to be done. What is not known is.
func Work(change ddl.Change, l catalog.Lookup) []ddl.Work {
	if _, makes := change.(ddl.CreateTable); l.Already || makes && l.Relation != nil {
		return nil // it is there
	}
	var work []ddl.Work
	for _, w := range ddl.WorkOf(change) {
		if w.Tried {
			trial := l.Trial
			if w.Via == ddl.DefaultPartition {
				trial = l.DefaultTrial
			}
			keys := w.Via == ddl.ReferencedBy || w.Via == ddl.Referencing
			w.Rewrites = w.Rewrites && trial.MayRewrite()
			w.Scans = w.Scans && (keys && trial.MayCheckKeys() || !keys && trial.MayScan())
		}
		if w.Rewrites || w.Scans {
			work = append(work, w)
		}
	}
	return work
}

// works tells whether the change takes as long as its own table is large.
func (p *Pass) works() bool {
	return slices.ContainsFunc(Work(p.Change, p.Lookup), func(w ddl.Work) bool { return w.Via == ddl.Itself })
}

// TriedOnCopy tells the changes of a table of which only a trial tells how much
// work they are.
func TriedOnCopy(change ddl.Change) bool {
	switch change.(type) {
	case ddl.AddColumn, ddl.ChangeColumnType, ddl.SetExpression, ddl.SetNotNull:
		return slices.ContainsFunc(ddl.WorkOf(change), func(w ddl.Work) bool { return w.Via == ddl.Itself })
	}
	return false
}
