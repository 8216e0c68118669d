package judge

import (
	"errors"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// sync looks whether a renamed column can have a copy under its old name, where not
// each build can look into an overlay. It copies all rows, so it comes after that; code
// does not have to be known for it.
func (d *Decision) sync(change ddl.Change, facts Facts, policy *Policy) {
	c, ok := change.(ddl.RenameColumn)
	r := facts.Lookup.Relation
	if d.Verdict != "" || len(d.Findings) != 1 || d.Findings[0].Hazard != hazard.RenamedColumn || !ok || r == nil || facts.Done || facts.Lookup.Copying == nil {
		return
	}
	column, _ := r.Column(c.Column)
	s := shim.Sync{Table: *r, Column: column, To: c.To, Copying: facts.Lookup.Copying}
	var p *shim.Precondition
	why := facts.Named
	if errors.As(s.Check(), &p) {
		why = p.Reason
	}
	if why == "" {
		d.Verdict, d.Sync, d.Obstacle = Shim, &s, nil
		d.switchOff(policy)
		return
	}
	if d.Obstacle == nil {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: why}
		return
	}
	d.Obstacle.Reason += "; and a copy of the column would not do: " + why
}
