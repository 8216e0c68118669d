package judge

import (
	"errors"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// retype looks whether a copy of the new type can take a column's place, where the
// server would write all rows anew under its lock. What code makes of the type is judged
// before: that it takes both.
func (d *Decision) retype(change ddl.Change, facts Facts, policy *Policy) {
	c, ok := change.(ddl.ChangeColumnType)
	r := facts.Lookup.Relation
	if d.Verdict != "" || len(d.Findings) != 1 || d.Findings[0].Hazard != hazard.BlockingAlter || !ok || r == nil || facts.Done || facts.Lookup.Copying == nil {
		return
	}
	column, _ := r.Column(c.Column)
	s := shim.Sync{Table: *r, Column: column, Type: c.Type, Copying: facts.Lookup.Copying}
	own := ""
	if found := s.Copying.Retyping; found != nil && found.Overlay != "" { // Check says why there is none
		own = s.What() + " would have to stay beside a copy: " + found.Overlay
	}
	why := facts.takesNoPlace(s, c, own)
	if why == "" && !s.Same() {
		why = facts.staleCopy(s, policy)
	}
	if why != "" {
		d.Obstacle = &Obstacle{Wanted: Rewrite, Reason: why}
		return
	}
	d.Verdict, d.Retyped, d.Obstacle = Rewrite, &s, nil
	d.switchOff(policy)
}

// takesNoPlace is why a copy of the new type cannot take a column's place, own among the
// reasons; empty where it can, or where there is nothing to be done.
func (facts Facts) takesNoPlace(s shim.Sync, c ddl.ChangeColumnType, own string) string {
	var p *shim.Precondition
	switch {
	case !hazard.KeepsValues(c) || c.Collation != "":
		return "its USING, or COLLATE, makes other values than the type does"
	case s.Same():
		return ""
	case errors.As(s.Check(), &p):
		return p.Reason
	case own != "":
		return own
	case s.Moves() != "":
		if why := facts.byPosition(contract.Name{Schema: s.Table.Schema, Name: s.Table.Name}); why != "" {
			return "a copy of the new type would be the last column, and " + why
		}
	}
	return ""
}

// byPosition is why the order of a table's columns may matter to code that writes it:
// values in the wrong columns nobody would notice.
func (facts Facts) byPosition(table contract.Name) string {
	unknown := ""
	for _, code := range facts.Code {
		if code.Contract == nil {
			unknown = "no contract of " + code.Name + " is recorded"
			continue
		}
		switch a := code.Contract.ByPosition(table); a.Verdict {
		case contract.Yes:
			return code.Name + " counts on their order: " + Spoken(a)
		case contract.Unknown:
			unknown = Spoken(a)
		}
	}
	if len(facts.Code) == 0 {
		unknown = "nothing is known of the code that runs"
	}
	if facts.Next != nil {
		if a := facts.Next.ByPosition(table); a.Verdict == contract.Yes {
			return "the release counts on their order: " + Spoken(a)
		}
	}
	if facts.Seen != nil {
		if a := facts.Seen.Contract.ByPosition(table); a.Verdict == contract.Yes {
			return "the database has seen a query that counts on their order: " + Spoken(a)
		}
	}
	if unknown == "" {
		return ""
	}
	why := facts.Seen.unseen(table, func(c *contract.Contract) contract.Answer { return c.ByPosition(table) })
	if why == "" {
		return ""
	}
	return "whether code writes rows by the order of columns is not known: " + unknown + "; and " + why
}
