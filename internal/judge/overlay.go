package judge

import (
	"errors"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// overlay looks whether each build that runs can see a renamed column under its
// old name. Like what is deferred it comes after the evidence.
func (d *Decision) overlay(change ddl.Change, facts Facts, policy *Policy) {
	c, ok := change.(ddl.RenameColumn)
	r := facts.Lookup.Relation
	if d.Verdict != "" || len(d.Findings) != 1 || d.Findings[0].Hazard != hazard.RenamedColumn || !ok || r == nil || len(facts.Code) == 0 {
		return
	}
	cannot := func(reason, hint string) {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: reason, Hint: hint}
	}
	switch {
	case facts.Done:
		cannot("the statement hides what it renames", "Write the ALTER TABLE ... RENAME COLUMN as a statement of the migration's own: then code that runs may keep the old name.")
		return
	case r.Kind != catalog.Table || r.HasChildren || r.PartitionOf != 0:
		cannot("code may reach its rows through partitions or children, too", "")
		return
	case facts.Doubt != "":
		cannot(facts.Doubt, "")
		return
	}
	if why := facts.needsTable(*r); why != "" {
		cannot(why, "")
		return
	}
	if why, hint := introspected(*r, facts.Code); why != "" {
		cannot(why, hint)
		return
	}
	var overlays []shim.Overlay
	for _, code := range facts.Code {
		if why := code.passesOverlay(*r, facts.Seen); why != "" {
			cannot(code.Name+" would not look into an overlay: "+why, "")
			return
		}
		o := shim.OverlayOf(*r, code.Overlay, c.Column, c.To, facts.Major, facts.Release)
		var p *shim.Precondition
		if errors.As(o.Check(), &p) {
			cannot(p.Reason, p.Hint)
			return
		}
		overlays = append(overlays, o)
	}
	d.Verdict, d.Overlays, d.Obstacle = Shim, overlays, nil
	d.switchOff(policy)
}

// passesOverlay says why a build's code may find the table itself where a view
// lies over it.
func (c Code) passesOverlay(r catalog.Relation, seen *Queries) string {
	name := contract.Name{Schema: r.Schema, Name: r.Name}
	if c.Overlay == "" {
		return c.Unsteered
	}
	if c.Contract == nil {
		return "no contract of it is recorded, so it may name the table with its schema"
	}
	is := c.Contract.Qualified(name)
	if is.Verdict == contract.Yes {
		return "it names the table with its schema: " + Spoken(is)
	}
	if is.Verdict == contract.Unknown && (seen == nil || seen.Blind) {
		return "whether it names the table with its schema is not known: " + Spoken(is)
	}
	if seen == nil {
		return ""
	}
	if is := seen.Contract.Qualified(name); is.Verdict == contract.Yes {
		return "the database has seen a query that names the table with its schema: " + Spoken(is)
	}
	return ""
}
