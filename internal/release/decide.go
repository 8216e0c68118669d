package release

import (
	"context"
	"errors"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
)

// decide asks the catalogs about one of the changes, if it needs that, and the
// judge.
func (a *act) decide(ctx context.Context, i int) (judge.Decision, catalog.Lookup, error) {
	change := a.plan.Changes[i]
	found, asked, err := a.find(ctx, i)
	if err != nil {
		return judge.Decision{}, found, err
	}
	if !asked || found.Already {
		return judge.Decision{Verdict: judge.Allow}, found, nil
	}
	facts := a.facts(found)
	facts.Ending = a.plan.Alone
	d, err := a.judge(ctx, change, facts)
	a.keep(d)
	return d, found, err
}

// find asks the catalogs about one of the changes, and tries it, as far as the judge
// needs that.
func (a *act) find(ctx context.Context, i int) (found catalog.Lookup, asked bool, err error) {
	change := a.plan.Changes[i]
	names, needed := a.asks(change)
	if !needed {
		return found, false, nil
	}
	if found, err = a.lookup(ctx, names); err != nil {
		return found, true, err
	}
	if err := errors.Join(a.holding(ctx, change, &found), a.sessions(ctx, change, &found), a.triggerSource(ctx, change, &found), a.losers(ctx, change, &found)); err != nil {
		return found, true, err
	}
	if err := errors.Join(a.asPartition(ctx, change, &found), a.copying(ctx, change, &found)); err != nil {
		return found, true, err
	}
	valid, err := a.validDomain(ctx, change)
	if err != nil {
		return found, true, err
	}
	a.filledBeside(found.Relation)
	found.Already = valid || repeated(change, found) || standsAlready(change, found) || a.columnIsThere(i, found)
	if found.Already || a.idle {
		return found, true, nil
	}
	if found.Passes, err = a.passesUnknown(ctx, change, found.Relation); err != nil || !names.Size {
		return found, true, err
	}
	if found.Relation != nil && (a.policy.Large(found) || takesIndex(change)) {
		if err := a.work(ctx, i, &found); err != nil {
			return found, true, err
		}
	}
	if names.Parent != "" {
		err = a.tryPartition(ctx, change, &found)
	}
	return found, true, err
}

// validDomain tells the validation of a domain's constraint that is valid. The
// server would read all tables that use it (AlterDomainValidateConstraint,
// src/backend/commands/typecmds.c), as it does not for a table's.
func (a *act) validDomain(ctx context.Context, change ddl.Change) (bool, error) {
	c, ok := change.(ddl.ValidateDomainConstraint)
	if !ok {
		return false, nil
	}
	valid, err := a.ask(ctx, pg.ValidInDomain(ddl.Literal(c.Domain.String()), ddl.Literal(c.Name)))
	return err == nil && valid.Scans, err
}

// filledBeside notes the columns that the statement itself gives a default: it does
// that before it adds constraints (AT_PASS_COL_ATTRS, src/backend/commands/tablecmds.c).
func (a *act) filledBeside(r *catalog.Relation) {
	for _, change := range a.plan.Changes {
		c, ok := change.(ddl.SetDefault)
		if !ok || len(a.plan.Changes) == 1 || r == nil || ddl.IsNull(c.Default) {
			continue
		}
		for i := range r.Columns {
			r.Columns[i].Filled = r.Columns[i].Filled || r.Columns[i].Name == c.Column
		}
	}
}

// takesIndex tells a primary key that may reject what its index does not.
func takesIndex(change ddl.Change) bool {
	c, ok := change.(ddl.AddConstraint)
	return ok && c.Constraint == ddl.PrimaryKey && c.UsingIndex != ""
}

// columnIsThere tells a constraint of a column that is not added, because IF NOT
// EXISTS finds one.
func (a *act) columnIsThere(i int, found catalog.Lookup) bool {
	c, ok := a.plan.Changes[i].(ddl.AddConstraint)
	if !ok || !c.Inline || c.InCreate || found.Relation == nil {
		return false
	}
	for ; i >= 0; i-- {
		if column, ok := a.plan.Changes[i].(ddl.AddColumn); ok {
			_, there := found.Relation.Column(column.Column)
			return there && column.IfNotExists
		}
	}
	return false
}

// facts are what the judge is told.
func (a *act) facts(found catalog.Lookup) judge.Facts {
	a.mu.Lock()
	renamed := found.Relation != nil && a.shimmed[found.Relation.OID]
	a.mu.Unlock()
	return judge.Facts{Renamed: renamed, Lookup: found, Major: a.major, Release: a.release, Text: a.text, Directives: a.plan.said.directives, Idle: a.idle, Due: a.making.Load() != 0, Code: a.code, Next: a.next, Seen: a.seen}
}

// keep notes a decision for the record. What a statement's text and its effect
// both show is noted once.
func (a *act) keep(d judge.Decision) {
	a.verdict = a.verdict.Over(d.Verdict)
	for _, f := range d.Findings {
		if f.Hazard.Passing && d.Verdict != judge.Refuse && d.Verdict != judge.Maintenance {
			if !contains(a.covered, f) {
				a.covered = append(a.covered, f)
			}
			continue
		}
		if !contains(a.findings, f) {
			a.findings = append(a.findings, f)
		}
	}
	for _, f := range d.Unused {
		if !contains(a.unused, f) {
			a.unused = append(a.unused, f)
		}
	}
	for _, f := range d.Said {
		if !contains(a.said, f) {
			a.said = append(a.said, f)
		}
	}
	for _, f := range d.Allowed {
		if !slices.ContainsFunc(a.allowed, func(other judge.Allowance) bool { return same(other.Finding, f.Finding) }) {
			a.allowed = append(a.allowed, f)
		}
	}
}

func contains(found []hazard.Finding, f hazard.Finding) bool {
	return slices.ContainsFunc(found, func(other hazard.Finding) bool { return same(other, f) })
}

func same(f, other hazard.Finding) bool {
	return other.Hazard == f.Hazard && other.Relation == f.Relation && other.Column == f.Column
}
