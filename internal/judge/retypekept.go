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

// keepType looks whether each build that runs can go on with a column of the old type, in
// its overlay, when a copy of the new type takes its place. It is the first choice: what
// code makes of the type, and what it has prepared, is as it was.
func (d *Decision) keepType(change ddl.Change, facts Facts, policy *Policy) {
	c, ok := change.(ddl.ChangeColumnType)
	r := facts.Lookup.Relation
	if d.Verdict != "" || !ok || r == nil || facts.Done || facts.Lookup.Copying == nil || !facts.steered() || slices.ContainsFunc(d.Findings, func(f hazard.Finding) bool {
		return f.Hazard != hazard.BlockingAlter && f.Hazard != hazard.RetypedColumn
	}) {
		return
	}
	column, _ := r.Column(c.Column)
	s := shim.Sync{Table: *r, Column: column, Type: c.Type, Copying: facts.Lookup.Copying}
	minds := slices.ContainsFunc(d.Findings, func(f hazard.Finding) bool { return f.Hazard == hazard.RetypedColumn })
	why := facts.keepsNoType(&s, c, minds)
	for _, f := range d.Findings {
		if choice, table := policy.choice(f); why == nil && !choice.permits(Shim) {
			why = choice.obstacle(Shim, f, table)
		}
	}
	if why == nil {
		d.Verdict, d.Retyped, d.Overlays, d.Obstacle = Shim, &s, s.Shown, nil
		return
	}
	if minds {
		d.Obstacle = why
	}
}

// keepsNoType is why code cannot go on with the old type; nil where it can, and s has the
// overlays then. Code that does not mind the type would do without them, so they must not
// keep it from anything.
func (facts Facts) keepsNoType(s *shim.Sync, c ddl.ChangeColumnType, minds bool) *Obstacle {
	var p *shim.Precondition
	own := facts.Unlike
	if errors.As(s.CheckKept(), &p) {
		own = p.Reason
	}
	if own == "" {
		own = facts.overridesKey(*s)
	}
	why := facts.takesNoPlace(*s, c, own)
	if why == "" && s.Same() {
		why = "the column has the type already"
	}
	if why != "" {
		return &Obstacle{Wanted: Shim, Reason: why}
	}
	table := s.Table
	table.Columns = slices.DeleteFunc(slices.Clone(table.Columns), func(c catalog.Column) bool { return c.Name == s.Copy() })
	unlike := facts.worksOnView
	if minds {
		unlike = nil
	}
	overlays, not := facts.overlays(func(schema string) shim.Overlay {
		return shim.OverlayBefore(table, schema, facts.Major, facts.Release)
	}, unlike)
	s.Shown = overlays
	return not
}

// overridesKey is why code would write another key than it does, in an overlay that shows it a column
// which has no sequence any more; empty where nothing shows such code.
func (facts Facts) overridesKey(s shim.Sync) string {
	if r := s.Copying.Retyping; r == nil || r.Identity == nil {
		return ""
	}
	name := contract.Name{Schema: s.Table.Schema, Name: s.Table.Name}
	for _, code := range facts.Code {
		if code.Contract != nil {
			if is := code.Contract.OverridesKey(name); is.Verdict == contract.Yes {
				return "it is an identity column: " + code.Name + ": " + Spoken(is)
			}
		}
	}
	if facts.Seen != nil {
		if is := facts.Seen.Contract.OverridesKey(name); is.Verdict == contract.Yes {
			return "it is an identity column: the database has seen " + Spoken(is)
		}
	}
	return ""
}
