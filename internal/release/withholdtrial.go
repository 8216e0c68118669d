package release

import (
	"context"
	"errors"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// trialOf is the SQL that tries the statement: all of it, or, on a large table, what
// takes no time, once its rows have been looked at.
func (a *act) trialOf(ctx context.Context, held []withheldChange, before constraints) ([]string, error) {
	var staged []stagedChange
	large := false
	for _, h := range held {
		large = large || h.Large && h.Constraint != "" && !h.Added && !h.NotNull.NotValid
		if h.Constraint == ddl.PrimaryKey && h.Inline || h.Constraint == ddl.Exclude && h.Large {
			return nil, a.cannotWait(errors.New("its index cannot be built later"))
		}
		if h.Constraint != "" && !h.Added && !h.NotNull.NotValid {
			staged = append(staged, stagedChange{action: h.action, StagedConstraint: judge.StagedConstraint{
				Table: h.Table, Kind: h.Constraint, Name: h.Name, Column: h.Column, Constraint: h.NotNull.Constraint, Inline: h.Inline}})
		}
	}
	if !large || a.serverRefuses(staged, before) {
		var every []int
		for i := range a.plan.Changes {
			if !a.answered[i] {
				every = append(every, i)
			}
		}
		sql, err := a.apart.Write(ddl.Name{}, every...)
		if err != nil {
			return nil, a.cannotWait(err)
		}
		return []string{sql}, nil
	}
	if len(a.takenBack) > 0 {
		return nil, a.cannotWait(errors.New("it takes back what waits, and its table is large"))
	}
	if err := a.canBeStaged(ctx, staged); err != nil {
		return nil, err
	}
	if err := a.checkRows(ctx, staged); err != nil {
		return nil, err
	}
	if err := a.checkUnique(ctx, staged); err != nil {
		return nil, err
	}
	for _, s := range staged {
		if s.Indexed() {
			if err := a.checkDuplicates(ctx, s.Table, a.plan.Changes[s.action], a.apart.UniqueName(s.action, s.Table.Name)); err != nil {
				return nil, err
			}
		}
	}
	return a.stagedSteps(staged, before)
}

// tryHeld tries it, and tells the names that the server would give.
func (a *act) tryHeld(ctx context.Context, held []withheldChange, trial []string, before constraints) (names []string, err error) {
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return nil, err
	}
	if _, err := a.instead(trial...)(ctx); err != nil {
		return nil, err
	}
	after, err := a.constraints(ctx, held[0].Table)
	if err != nil {
		return nil, err
	}
	after = slices.DeleteFunc(after, func(c constraint) bool {
		return slices.ContainsFunc(before, func(old constraint) bool { return old.oid == c.oid }) ||
			slices.ContainsFunc(held, func(h withheldChange) bool { return h.Name == c.name })
	})
	for i := range held {
		h := &held[i]
		h.nameNotNull(after)
		name := h.Name
		switch {
		case h.Constraint == "" || h.Constraint == ddl.NotNull:
			name = h.Column
		case name == "":
			at := slices.IndexFunc(after, func(c constraint) bool { return c.kind == contypes[h.Constraint] })
			if at >= 0 {
				name = after[at].name
				after = slices.Delete(after, at, at+1)
			} else if h.Indexed() { // which a large table has only been tried without
				name = a.apart.UniqueName(h.action, h.Table.Name)
			}
			if name == "" {
				return nil, a.cannotWait(errors.New("it has no name, and the one the server would choose is not known before"))
			}
		}
		names = append(names, name)
	}
	return names, a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
}

// nameNotNull gives what the statement does not name the name that the server gave it in
// the trial (since 18): its table or column may have another one when it is made. Not where
// children have it, too: with a name in the statement it would be theirs.
func (h *withheldChange) nameNotNull(made []constraint) {
	if h.Constraint != ddl.NotNull || h.NotNull.Name != "" || h.Table.Kind != catalog.Table || h.Table.HasChildren {
		return
	}
	i := slices.IndexFunc(made, func(c constraint) bool { return c.kind == "n" && c.column == h.Column })
	if i >= 0 {
		h.NotNull.Constraint, h.NotNull.Name = true, made[i].name
	}
}

// contypes are pg_constraint.contype.
var contypes = map[ddl.ConstraintKind]string{ddl.Check: "c", ddl.ForeignKey: "f", ddl.Unique: "u", ddl.PrimaryKey: "p", ddl.Exclude: "x"}
