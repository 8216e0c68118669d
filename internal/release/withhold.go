package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// A withheldChange is what waits, with the place of its action in the statement.
type withheldChange struct {
	judge.Withheld
	action int
}

// withhold does the rest of an ALTER TABLE, and records what is to be made when the
// code is gone that it would break. The statement is tried, and taken back: what the
// server says no to fails in the migration, where it belongs.
func (a *act) withhold(ctx context.Context, held []withheldChange, record []string, encoding string) (string, error) {
	alter, err := a.takeApart()
	if err != nil {
		return "", a.cannotWait(err)
	}
	table := held[0].Table
	if alter.Only() && table.HasChildren {
		return "", a.cannotWait(errors.New("it leaves the tables alone that inherit from it"))
	}
	before, err := a.constraints(ctx, table)
	if err != nil {
		return "", err
	}
	trial, err := a.trialOf(ctx, held, before)
	if err != nil {
		return "", err
	}
	rest, err := a.withoutHeld(held)
	if err != nil {
		return "", a.cannotWait(err)
	}
	if a.plan.watched && rest != nil {
		return "", a.cannotWait(errors.New("the statement calls a function, and does something else, too"))
	}
	_, err = a.withLock(ctx, a.closing, record, func(ctx context.Context) (string, error) {
		names, err := a.tryHeld(ctx, held, trial, before)
		if err != nil {
			return "", err
		}
		var recorded []string
		for i, h := range held {
			write := func(name string) (string, error) { return a.heldStatement(alter, h, name) }
			if h.Name == "" && h.Constraint != "" && h.Constraint != ddl.NotNull {
				if names[i], err = a.nameOfHeld(ctx, h.Table, names[i], names, write); err != nil {
					return "", err
				}
			}
			sql, err := write(names[i])
			if err != nil {
				return "", a.cannotWait(err)
			}
			recorded = append(recorded, ledger.RecordWithheldSQL(a.newWithheld(h, names[i], sql)))
			held[i].Name = names[i]
		}
		if err := a.readable(encoding, append(recorded, rest...)); err != nil {
			return "", err
		}
		if _, err := a.instead(rest...)(ctx); err != nil {
			return "", err
		}
		return a.plan.Tag, a.recordHeld(ctx, recorded...)
	})
	if err != nil {
		return "", explained(err)
	}
	a.executed = rest
	a.heldBack(held)
	return a.plan.Tag, nil
}

// withoutHeld is the statement without what waits.
func (a *act) withoutHeld(held []withheldChange) ([]string, error) {
	var rest []int
	for i, change := range a.plan.Changes {
		n := slices.IndexFunc(held, func(h withheldChange) bool { return h.action == i })
		switch c := change.(type) {
		case ddl.AddConstraint:
			if c.Constraint == ddl.PrimaryKey && c.Inline {
				return nil, errors.New("its column is a primary key")
			}
		}
		switch {
		case n >= 0 && held[n].Added:
			if err := a.apart.Nullable(i); err != nil {
				return nil, err
			}
			rest = append(rest, i)
		case n >= 0 || a.answered[i]:
		case reaches(change):
			return nil, errors.New("the statement does something else, too, that reaches farther than its text")
		default:
			rest = append(rest, i)
		}
	}
	if rest == nil {
		return nil, nil
	}
	sql, err := a.apart.Write(ddl.Name{}, rest...)
	return []string{sql}, err
}

// heldBack says what waits, and remembers that something does.
func (a *act) heldBack(held []withheldChange) {
	a.mu.Lock()
	a.withholds = true
	a.mu.Unlock()
	for _, h := range held {
		note := fmt.Sprintf("%s waits until no build runs that was released before this migration: rows that violate it pass until then", h.what())
		if h.Constraint == "" && !h.Index {
			note = fmt.Sprintf("%s waits until no build runs that was released before this migration", h.what())
		}
		a.notes = append(a.notes, note)
		if h.Index || h.Indexed() {
			a.notes = append(a.notes, "until then INSERT ... ON CONFLICT on its columns finds no unique index: nothing shows that code of this release counts on it")
		}
		a.conn.Notice("migguard: "+note, "", "")
	}
	for _, f := range a.findings {
		if f.Detail != "" {
			a.notes = append(a.notes, f.Detail)
		}
	}
}

// what is it, for people.
func (h withheldChange) what() string {
	table := qualified(h.Table)
	switch {
	case h.Index:
		return fmt.Sprintf("unique index %s of %s", ddl.Quote(h.Name), table)
	case h.Constraint == "":
		return fmt.Sprintf("DROP DEFAULT of column %s of %s", ddl.Quote(h.Column), table)
	case h.Constraint == ddl.NotNull:
		return fmt.Sprintf("NOT NULL of column %s of %s", ddl.Quote(h.Column), table)
	}
	return fmt.Sprintf("constraint %s of %s", ddl.Quote(h.Name), table)
}

// cannotWait refuses what was to wait and cannot.
func (a *act) cannotWait(why error) error {
	a.verdict = judge.Refuse
	return a.refuse(judge.Decision{Verdict: judge.Refuse, Findings: a.findings, Obstacle: &judge.Obstacle{Wanted: judge.Shim,
		Reason: why.Error(), Hint: "Write it as a statement of its own."}})
}
