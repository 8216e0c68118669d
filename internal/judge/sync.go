package judge

import (
	"errors"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// staleCopy says that policy does not let code meet the copy as a new column.
func (facts Facts) staleCopy(s shim.Sync, policy *Policy) string {
	added := ddl.AddColumn{Relation: ddl.Name{Schema: s.Table.Schema, Name: s.Table.Name}, Column: s.Copy(), Type: s.CopyType()}
	return facts.Stale(added, policy)
}

// Stale says why code may not meet a change of the relation of which its prepared statements
// fail: they do until their sessions end, or policy does not let them fail once, where a contract
// or a query shows such. Empty: code may, or none is shown.
func (facts Facts) Stale(change ddl.Change, policy *Policy) string {
	for _, f := range hazard.Find(&hazard.Pass{Change: change, Lookup: facts.Lookup, Small: policy.small()}) {
		choice, table := policy.choice(f)
		if f.Hazard != hazard.StalePlan {
			continue
		}
		if (choice.Only != nil || choice.Most == Refuse || choice.Most == Maintenance) && facts.settle(&f) == contract.Yes {
			return choice.obstacle(Allow, f, table).Reason
		}
		if facts.last(&f); f.Lasting && choice.Most != Allow {
			return "a statement that running code has prepared itself would fail until its session ends. " + strings.TrimSuffix(f.Detail, ".")
		}
	}
	return ""
}

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
		why = facts.staleCopy(s, policy)
	}
	if fills := facts.onTable(contract.WidenCopy, *r); why == "" && fills != "" {
		why = "COPY without a list of columns wants a value for it, too. " + fills
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
