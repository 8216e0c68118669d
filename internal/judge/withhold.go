package judge

import (
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// A Withheld is what a statement asks for and what running code writes could
// violate, or counts on: it is made when that code is gone.
type Withheld struct {
	Table catalog.Relation
	// Constraint is its kind; empty for an index and for a default that goes.
	Constraint ddl.ConstraintKind
	Index      bool
	// Column is that of a NOT NULL or of a default.
	Column string
	// Name is the index's or constraint's; empty if the server chooses it, and for a
	// NOT NULL, which NotNull is.
	Name    string
	NotNull ddl.SetNotNull
	// Added: the statement adds the column that is to be NOT NULL.
	Added bool
	// Inline: the constraint is one of a column that the statement adds.
	Inline bool
	// Large: its rows are not to be looked at under a strong lock.
	Large bool
}

// Indexed tells a constraint with an index.
func (w Withheld) Indexed() bool { return w.Constraint == ddl.Unique || w.Constraint == ddl.PrimaryKey }

// WithheldOf is what of a change can wait, for all that its kind tells.
func WithheldOf(change ddl.Change, found catalog.Lookup) (w Withheld, ok bool) {
	r := found.Relation
	if r == nil || r.Temporary || r.Kind != catalog.Table && r.Kind != catalog.PartitionedTable {
		return w, false
	}
	w.Table = *r
	switch c := change.(type) {
	case ddl.SetNotNull:
		w.Constraint, w.Column, w.NotNull = ddl.NotNull, c.Column, c
	case ddl.AddColumn:
		// A domain's NOT NULL, and a primary key, go with the column.
		w.Constraint, w.Column, w.Added = ddl.NotNull, c.Column, true
		w.NotNull = ddl.SetNotNull{Relation: c.Relation, Column: c.Column, Constraint: c.NotNullName != "", Name: c.NotNullName}
		return w, c.NotNull && (found.Type == nil || !found.Type.NotNull)
	case ddl.DropDefault:
		w.Column = c.Column
	case ddl.SetDefault:
		w.Column = c.Column
		return w, ddl.IsNull(c.Default)
	case ddl.AddConstraint:
		w.Constraint, w.Name, w.Inline = c.Constraint, c.Name, c.Inline
		return w, !c.InCreate && c.UsingIndex == "" && c.Constraint != ddl.NotNull
	case ddl.CreateIndex:
		w.Index, w.Name = true, c.Name
		return w, c.Unique && !c.Only
	default:
		return w, false
	}
	return w, true
}

// withhold looks whether what would break code can wait until that is gone. It comes
// after the evidence: what no code violates is made at once. How it is made without
// keeping others from the table is asked again then.
func (d *Decision) withhold(change ddl.Change, facts Facts, policy *Policy) {
	if d.Verdict != "" || !slices.ContainsFunc(d.Findings, canWait) {
		return
	}
	later, ok := WithheldOf(change, facts.Lookup)
	if !ok {
		return
	}
	if facts.Done {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: "the statement hides what it does",
			Hint: "Write it as a statement of the migration's own: then it waits until no code runs that it would break."}
		return
	}
	if why := facts.needsNow(change); why != "" {
		d.Obstacle = &Obstacle{Wanted: Shim, Reason: why,
			Hint: "Make it in a release of its own, before the one whose code needs it. Or let it be made at once, whatever running code writes: [policy] rejected-write = \"allow\" in migguard.toml."}
		return
	}
	for i, f := range d.Findings {
		if canWait(f) {
			if choice, _ := policy.choice(f); !choice.permits(Shim) {
				d.Verdict = Shim
				d.Findings[0], d.Findings[i] = f, d.Findings[0]
				d.switchOff(policy) // which says why
				return
			}
			continue
		}
		alone := Decision{Findings: []hazard.Finding{f}}
		if alone.rewrite(change, facts); alone.Verdict != Rewrite {
			d.Obstacle = alone.Obstacle
			return
		}
	}
	slices.SortStableFunc(d.Findings, func(a, b hazard.Finding) int {
		switch {
		case canWait(a) == canWait(b):
			return 0
		case canWait(a):
			return -1
		}
		return 1
	})
	later.Large = policy.Large(facts.Lookup)
	d.Verdict, d.Withheld, d.Obstacle = Shim, &later, nil
}

// needsNow is why a unique index cannot wait: ON CONFLICT of the code that is about to
// run finds no other.
func (facts Facts) needsNow(change ddl.Change) string {
	r := facts.Lookup.Relation
	var is contract.Arbiter
	switch c := change.(type) {
	case ddl.AddConstraint:
		if c.Constraint != ddl.Unique && c.Constraint != ddl.PrimaryKey {
			return ""
		}
		is = contract.Arbiter{Name: c.Name, Columns: c.Columns, Primary: c.Constraint == ddl.PrimaryKey}
	case ddl.CreateIndex:
		is = contract.Arbiter{Name: c.Name, Partial: c.Where != ""}
		for _, key := range c.Columns {
			if _, there := r.Column(key); there {
				is.Columns = append(is.Columns, key)
			} else {
				is.Expressions = true
			}
		}
	default:
		return ""
	}
	if facts.Next == nil {
		return ""
	}
	answer := facts.Next.Breaks(contract.Change{Kind: contract.DropArbiter, Relation: contract.Name{Schema: r.Schema, Name: r.Name}, Arbiter: is})
	if answer.Verdict != contract.Yes {
		return ""
	}
	return "code of this release needs it at once: " + Spoken(answer)
}

// canWait tells the hazards of what can be made when running code is gone.
func canWait(f hazard.Finding) bool {
	switch f.Hazard {
	case hazard.RejectedWrite, hazard.RequiredColumn, hazard.UnfilledColumn:
		return true
	}
	return false
}
