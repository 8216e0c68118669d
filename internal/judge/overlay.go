package judge

import (
	"cmp"
	"errors"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// overlay looks whether each build that runs can see a renamed column under its
// old name, or a moved table where it was. Like what is deferred it comes after the
// evidence.
func (d *Decision) overlay(change ddl.Change, facts Facts, policy *Policy) {
	r := facts.Lookup.Relation
	if d.Verdict != "" || len(d.Findings) != 1 || r == nil || len(facts.Code) == 0 || facts.Lookup.Copying != nil && facts.Lookup.Copying.Copy != "" {
		return
	}
	of := facts.overlayFor(change, d.Findings[0].Hazard)
	if of == nil {
		return
	}
	overlays, why := facts.overlays(of, nil)
	switch {
	case facts.Done:
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: "the statement hides what it renames",
			Hint: "Write the ALTER TABLE ... RENAME COLUMN as a statement of the migration's own: then code that runs may keep the old name."}
	case facts.Doubt != "":
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: facts.Doubt}
	case why != nil:
		d.Obstacle = why
	default:
		d.Verdict, d.Overlays, d.Obstacle = Shim, overlays, nil
		d.switchOff(policy)
	}
}

// overlayFor makes the overlay of a schema that hides what a change does to the
// relation; nil where none does.
func (facts Facts) overlayFor(change ddl.Change, danger *hazard.Hazard) func(schema string) shim.Overlay {
	r := *facts.Lookup.Relation
	switch c := change.(type) {
	case ddl.RenameColumn:
		if danger == hazard.RenamedColumn {
			return func(schema string) shim.Overlay {
				return shim.OverlayOf(r, schema, c.Column, c.To, facts.Major, facts.Release)
			}
		}
	case ddl.SetSchema:
		if danger == hazard.RenamedTable {
			return func(schema string) shim.Overlay {
				return shim.OverlayMoved(r, schema, c.Schema, facts.Major, facts.Release)
			}
		}
	}
	return nil
}

// moved lets a view take the place of a table that moves to another schema. It is the
// second choice: all see it, code from after the migration, too, which might find it
// before the table.
func (d *Decision) moved(change ddl.Change, facts Facts, policy *Policy) {
	r := facts.Lookup.Relation
	c, ok := change.(ddl.SetSchema)
	if !ok || d.Verdict != "" || len(d.Findings) != 1 || d.Findings[0].Hazard != hazard.RenamedTable || r == nil {
		return
	}
	if facts.Shadows != "" {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: facts.Shadows}
		return
	}
	d.standIn(shim.TableView{
		Old: *r, New: ddl.Name{Schema: c.Schema, Name: r.Name}, Major: facts.Major, Release: facts.Release,
	}, facts)
	d.switchOff(policy)
}

// overlays are those of the relation for each build that runs, or why there are none.
// unlike, unless it is nil, says why a build's code would not work on a view.
func (facts Facts) overlays(of func(schema string) shim.Overlay, unlike func(Code) string) ([]shim.Overlay, *Obstacle) {
	r := facts.Lookup.Relation
	if r.Kind != catalog.Table || r.HasChildren || r.PartitionOf != 0 {
		return nil, &Obstacle{Wanted: Shim, Reason: "code may reach its rows through partitions or children, too"}
	}
	if why := facts.needsTable(*r); why != "" {
		return nil, &Obstacle{Wanted: Shim, Reason: why}
	}
	if why, hint := introspected(*r, facts.Code); why != "" {
		return nil, &Obstacle{Wanted: Shim, Reason: why, Hint: hint}
	}
	if may, why := facts.groups(*r); why != "" || may && unlike != nil {
		return nil, &Obstacle{Wanted: Shim, Reason: cmp.Or(why, "code may group its rows by the primary key, which a view has none of")}
	}
	var overlays []shim.Overlay
	for _, code := range facts.Code {
		if why := code.passesOverlay(*r, facts.Seen); why != "" {
			return nil, &Obstacle{Wanted: Shim, Reason: code.Name + " would not look into an overlay: " + why}
		}
		if unlike != nil {
			if why := unlike(code); why != "" {
				return nil, &Obstacle{Wanted: Shim, Reason: "a view is not what " + code.Name + " needs: " + why}
			}
		}
		o := of(code.Overlay)
		var p *shim.Precondition
		if errors.As(o.Check(), &p) {
			return nil, &Obstacle{Wanted: Shim, Reason: p.Reason, Hint: p.Hint}
		}
		overlays = append(overlays, o)
	}
	return overlays, nil
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
	if is.Verdict == contract.Unknown {
		why := seen.unseen(name, func(c *contract.Contract) contract.Answer { return c.Qualified(name) })
		if why != "" {
			return "whether it names the table with its schema is not known: " + Spoken(is) + "; and " + why
		}
	}
	if seen == nil {
		return ""
	}
	if is := seen.Contract.Qualified(name); is.Verdict == contract.Yes {
		return "the database has seen a query that names the table with its schema: " + Spoken(is)
	}
	return ""
}
