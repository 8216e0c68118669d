// Package judge decides what happens to a change: it takes what the hazards
// found, the policy, and the shims there are, and gives the least intrusive
// verdict that leaves no hazard. The package is pure.
package judge

import (
	"errors"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// A Verdict is what happens to a statement.
type Verdict string

// The verdicts, in order of intrusion.
const (
	Allow       Verdict = "allow"
	Rewrite     Verdict = "rewrite"
	Shim        Verdict = "shim"
	Maintenance Verdict = "maintenance"
	Refuse      Verdict = "refuse"
)

var order = []Verdict{Allow, Rewrite, Shim, Maintenance, Refuse}

// Over is the more intrusive of two verdicts.
func (v Verdict) Over(other Verdict) Verdict {
	return order[max(slices.Index(order, v), slices.Index(order, other), 0)]
}

// Facts are what a decision needs beside the change.
type Facts struct {
	Lookup  catalog.Lookup
	Major   int    // of the server
	Release string // for people: "release v42"
	Text    string // the statement's
	// Directives are those that belong to the statement.
	Directives []Directive
	// Idle says that no code runs, so that none can break or wait.
	Idle bool
	// Code is what runs; empty: nothing is known of it, and all that was there
	// before the run counts as used.
	Code []Code
	// Next is what the code needs that is about to run; nil: nobody has looked.
	Next *contract.Contract
	// Seen are queries that the database has run; nil: nobody has looked.
	Seen *Queries
	// Renamed says that code which runs reaches the relation by other names than
	// those it has, so that contracts do not show what it does with it.
	Renamed bool
	// Doubt is why the contracts of the code do not tell all, if they do not.
	Doubt string
	// Named is what names a column and would not find it under another name, if
	// something does.
	Named string
	// Unlike is why a view would not do for code what the table does, if it would not.
	Unlike string
	// Shadows is why a view under the name that a moved table had would be found by
	// code that is to find the table, if it would.
	Shadows string
	// Done says that the change has been made, and nothing can be done in its
	// place.
	Done bool
	// Due says that the change is one that has waited for the code that it would
	// have broken, which is gone.
	Due bool
	// Ending says that what can only be told when the transaction is about to
	// commit can be told.
	Ending bool
	// Unmade is why a view that is gone could not be made anew as it was, if that was
	// tried.
	Unmade string
}

// A Decision is the verdict on one change and what led to it.
type Decision struct {
	Verdict  Verdict
	Findings []hazard.Finding
	// Allowed are findings that an exception or the policy removed.
	Allowed []Allowance
	// Unused are findings about what no code that runs needs, by its contract.
	Unused []hazard.Finding
	// Pending are findings that may be none when the transaction is about to
	// commit.
	Pending []hazard.Finding
	// Said are findings that are let pass, and told: each session meets them once.
	Said []hazard.Finding
	// Index, Reindex, Staged, Filled, Retyped or Refresh is set for verdict Rewrite, View, Overlays,
	// Deferred or Withheld for verdict Shim. Refresh is SQL that does what the statement does.
	Index   *ConcurrentIndex
	Reindex *ConcurrentReindex
	Staged  *StagedConstraint
	Filled  *FilledColumn
	Retyped *shim.Sync
	Refresh string
	View    *shim.TableView
	// Parent, for verdict Shim, stands in where a view cannot.
	Parent *shim.TableParent
	// Overlays, for verdict Shim, are those that a rename of a column needs, or, with Retyped, its
	// change of type.
	Overlays []shim.Overlay
	// Sync, for verdict Shim, is the copy that a renamed column needs.
	Sync *shim.Sync
	// Beside, for verdict Shim, are overlays that have no part in the statement.
	Beside []shim.Overlay
	// Deferred is what stays though the change drops it.
	Deferred *shim.Deferred
	// Withheld is what is made later though the change makes it.
	Withheld *Withheld
	// Obstacle is set for verdicts Maintenance and Refuse where there would
	// have been another way.
	Obstacle *Obstacle
}

// Decide judges one change.
func Decide(change ddl.Change, facts Facts, policy *Policy) Decision {
	var d Decision
	passing := d.find(change, facts, policy)
	d.weigh(change, facts, policy)
	for _, f := range passing {
		d.pass(f, change, facts, policy)
	}
	return d
}

// find sorts what the hazards find. It returns those that are judged when all else
// is.
func (d *Decision) find(change ddl.Change, facts Facts, policy *Policy) (passing []hazard.Finding) {
	for _, f := range hazard.Find(&hazard.Pass{Change: change, Lookup: facts.Lookup, Small: policy.small()}) {
		if facts.Idle { // every kind of hazard there is needs code that runs
			continue
		}
		if facts.Due && canWait(f) {
			continue
		}
		by, covered, expired := policy.allows(f, facts)
		if !covered {
			f.Detail += expired
		}
		switch {
		case f.Unsteered && facts.steered():
			d.Unused = append(d.Unused, f)
		case f.Shown && (len(facts.Code) == 0 || !facts.Renamed || f.Direct || f.Hazard.Passing) && !facts.shows(&f):
		case covered:
			d.Allowed = append(d.Allowed, Allowance{f, by})
		case f.Hazard.AtCommit && !facts.Ending:
			d.Pending = append(d.Pending, f)
		case f.Hazard.Passing && f.Needs != nil && !f.Shown && facts.Doubt == "" && facts.settle(&f) == contract.No:
			d.Unused = append(d.Unused, f)
		case f.Hazard.Passing:
			facts.last(&f)
			passing = append(passing, f)
		default:
			d.Findings = append(d.Findings, f)
		}
	}
	return passing
}

// weigh gives the verdict on what was found.
func (d *Decision) weigh(change ddl.Change, facts Facts, policy *Policy) {
	if len(d.Findings) == 0 {
		d.Verdict = Allow
		return
	}
	// What no code would violate is made at once, as if that were no question.
	if d.consult(facts, rejected); len(d.Findings) == 0 {
		d.Verdict = Allow
		return
	}
	d.rewrite(change, facts)
	d.shim(change, facts)
	d.switchOff(policy)
	if d.Verdict == "" || facts.Done { // what can be made safe for all code needs no evidence
		if d.consult(facts, func(f hazard.Finding) bool { return !rejected(f) }); len(d.Findings) == 0 {
			d.Verdict, d.View, d.Parent, d.Obstacle = Allow, nil, nil, nil
			return
		}
	}
	later := facts.copyFirst(change)
	if !later {
		d.overlay(change, facts, policy)
	}
	d.moved(change, facts, policy)
	d.sync(change, facts, policy)
	d.keepType(change, facts, policy)
	d.retype(change, facts, policy)
	if not := d.Obstacle; later && d.Verdict == "" {
		if d.overlay(change, facts, policy); d.Verdict == "" {
			d.Obstacle = not
		}
	}
	d.deferDrop(change, facts, policy)
	d.withhold(change, facts, policy)
	if d.Verdict == "" && policy.maintains(d.Findings) {
		d.Verdict = Maintenance
	}
	if d.Verdict == "" {
		d.Verdict = Refuse
	}
}

// switchOff takes back a rewrite or shim that policy does not permit, and says so
// where the statement is refused for it.
func (d *Decision) switchOff(policy *Policy) {
	if d.Verdict == "" {
		return
	}
	f := d.Findings[0]
	choice, table := policy.choice(f)
	if choice.permits(d.Verdict) {
		return
	}
	why := choice.obstacle(d.Verdict, f, table)
	d.Index, d.Reindex, d.Staged, d.Filled, d.Retyped, d.Refresh, d.View, d.Parent, d.Overlays, d.Sync, d.Deferred, d.Withheld = nil, nil, nil, nil, nil, "", nil, nil, nil, nil, nil, nil
	d.Verdict, d.Obstacle = "", why
}

// shim looks for one that removes all hazards.
func (d *Decision) shim(change ddl.Change, facts Facts) {
	r := facts.Lookup.Relation
	c, ok := change.(ddl.RenameTable)
	if !ok || r == nil || len(d.Findings) != 1 || d.Findings[0].Hazard != hazard.RenamedTable {
		return
	}
	d.standIn(shim.TableView{
		Old: *r, New: ddl.Name{Schema: r.Schema, Name: c.To},
		Major: facts.Major, Release: facts.Release,
	}, facts)
}

// standIn takes a view for what removes all hazards, or says why it does not.
func (d *Decision) standIn(view shim.TableView, facts Facts) {
	if err := view.Check(); err != nil {
		var p *shim.Precondition
		if errors.As(err, &p) {
			d.Obstacle = &Obstacle{Wanted: Shim, Reason: p.Reason, Hint: p.Hint}
		}
		return
	}
	why, hint := facts.needsTable(view.Old), ""
	if why == "" {
		why, hint = introspected(view.Old, facts.Code)
	}
	groups := false
	if why == "" {
		groups, why = facts.groups(view.Old)
	}
	parent, not := facts.tableParent(view)
	switch {
	case why == "" && (parent == nil || !groups):
		d.Verdict, d.View, d.Obstacle = Shim, &view, nil
	case parent == nil:
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: why + "; and " + not, Hint: hint}
	default:
		d.Verdict, d.Parent, d.Obstacle = Shim, parent, nil
	}
}
