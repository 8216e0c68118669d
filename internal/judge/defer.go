package judge

import (
	"errors"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/shim"
)

// deferDrop looks whether what is dropped can stay until no code that runs needs
// it. It comes after the evidence: what nobody needs is dropped at once.
func (d *Decision) deferDrop(change ddl.Change, facts Facts, policy *Policy) {
	if d.Verdict != "" || len(d.Findings) != 1 {
		return
	}
	if view := facts.Lookup.Relation; facts.leavesNoView(change) {
		if facts.Unmade != "" {
			d.Obstacle = &Obstacle{Wanted: Shim, Reason: facts.Unmade}
			return
		}
		d.Verdict, d.Deferred, d.Obstacle = Shim, &shim.Deferred{Table: *view}, nil
		d.switchOff(policy)
		return
	}
	later, ok := DeferredDrop(change, facts.Lookup)
	if !ok {
		return
	}
	if facts.Done {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: "the statement hides what it drops",
			Hint: "Write " + later.Contract() + " as a statement of the migration's own: then it is deferred until no code that runs needs it."}
		return
	}
	var p *shim.Precondition
	if errors.As(later.Check(), &p) {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: p.Reason, Hint: p.Hint}
		return
	}
	d.Verdict, d.Deferred, d.Obstacle = Shim, &later, nil
	d.switchOff(policy)
}

// leavesNoView tells a view that is gone when its transaction ends, and whose name
// nothing else has: it can be made anew, and stay.
func (f *Facts) leavesNoView(change ddl.Change) bool {
	_, drops := change.(ddl.DropView)
	r := f.Lookup.Relation
	return drops && f.Ending && r != nil && r.Kind == catalog.View && !r.Temporary && f.Lookup.Again == nil
}

// DeferredDrop is what a change drops, where that is one column or table that can
// stay, for all that its kind tells.
func DeferredDrop(change ddl.Change, found catalog.Lookup) (later shim.Deferred, ok bool) {
	r := found.Relation
	if r == nil || r.Temporary || r.Kind != catalog.Table && r.Kind != catalog.PartitionedTable {
		return later, false
	}
	switch c := change.(type) {
	case ddl.DropTable:
		return shim.Deferred{Table: *r, Held: found.Held}, true
	case ddl.DropColumn:
		if _, ok := r.Column(c.Column); ok {
			return shim.Deferred{Table: *r, Column: c.Column, Held: found.Held}, true
		}
	}
	return later, false
}
