package judge

import (
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// last tells a danger that code which runs is shown to meet until its sessions end, and not
// once in each.
func (facts Facts) last(f *hazard.Finding) {
	if f.Needs == nil || f.Lasts[0] == "" {
		return
	}
	asked, needs := *f, *f.Needs
	needs.Lasting = true
	asked.Needs = &needs
	if facts.settle(&asked) == contract.Yes {
		f.Lasting, f.Message, f.Hint, f.Detail = true, f.Lasts[0], f.Lasts[1], asked.Detail
	}
}

// Bound is the evidence of code that meets a new column of a relation each time, as a
// statement's detail; empty: none is shown to.
func Bound(code []Code, name contract.Name) string {
	if verdict, text := ask(code, contract.Change{Kind: contract.WidenRow, Relation: name, Lasting: true}); verdict == contract.Yes {
		return text
	}
	return ""
}

// pass judges a danger that passes by itself. Code is kept from it where that is
// possible and costs nothing; else it is said, or refused where code never gets over it. What is refused anyway needs no word about it, and
// under maintenance mode no old code is there.
func (d *Decision) pass(f hazard.Finding, change ddl.Change, facts Facts, policy *Policy) {
	if d.Verdict == Maintenance || d.Verdict == Refuse {
		return
	}
	if d.Retyped != nil && d.Overlays != nil { // they show code what it has prepared
		d.Findings = append(d.Findings, f)
		return
	}
	choice, table := policy.choice(f)
	if f.Lasting && d.Verdict == Allow && choice.permits(Shim) { // a copy leaves what was prepared as it was
		d.Verdict = ""
		if d.keepType(change, facts, policy); d.Verdict == Shim {
			d.Findings = append(d.Findings, f)
			return
		}
		d.Verdict = Allow
	}
	var overlays []shim.Overlay
	var why *Obstacle
	switch {
	case f.Hazard.Shimmed && !choice.permits(Shim):
		why = choice.obstacle(Shim, f, table)
	case f.Hazard.Shimmed:
		overlays, why = facts.beside(change)
	}
	switch {
	case f.Hazard.Shimmed && why == nil:
		d.Verdict, d.Beside = d.Verdict.Over(Shim), overlays
	case choice.permits(Maintenance):
		d.Verdict, d.Index, d.Staged, d.Filled, d.Refresh, d.Withheld = Maintenance, nil, nil, nil, "", nil
	case choice.Only != nil || choice.Most == Refuse || f.Lasting:
		d.Verdict, d.Obstacle = Refuse, why
	default:
		if why != nil {
			f.Detail += " No overlay hides it: " + why.Reason + "."
		}
		d.Said = append(d.Said, f)
		return
	}
	d.Findings = append(d.Findings, f)
}

// beside are overlays that show a table without a column that it gets. Code would do
// without them, so they must not keep it from anything.
func (facts Facts) beside(change ddl.Change) ([]shim.Overlay, *Obstacle) {
	r := facts.Lookup.Relation
	if _, ok := change.(ddl.AddColumn); !ok {
		return nil, &Obstacle{Wanted: Shim, Reason: "a view of the table would return what the table does"}
	}
	if facts.Unlike != "" {
		return nil, &Obstacle{Wanted: Shim, Reason: facts.Unlike}
	}
	return facts.overlays(func(schema string) shim.Overlay {
		return shim.OverlayBefore(*r, schema, facts.Major, facts.Release)
	}, facts.worksOnView)
}

// worksOnView is why a view would not do for what a build does with the relation; empty: it does.
func (facts Facts) worksOnView(code Code) string {
	r := facts.Lookup.Relation
	name := contract.Name{Schema: r.Schema, Name: r.Name}
	is := code.Contract.OnTable(name)
	if is.Verdict == contract.Unknown {
		if why := facts.Seen.unseen(name, func(c *contract.Contract) contract.Answer { return c.OnTable(name) }); why != "" {
			return "what it does with the table is not known: " + Spoken(is) + "; and " + why
		}
	}
	if is.Verdict != contract.Yes && facts.Seen != nil {
		is = facts.Seen.Contract.OnTable(name)
	}
	if is.Verdict == contract.Yes {
		return Spoken(is)
	}
	return ""
}
