package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
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

// recordHeld runs the SQL that records what waits.
func (a *act) recordHeld(ctx context.Context, sql ...string) error {
	err := a.conn.Exec(ctx, sql...)
	var server *guard.ServerError
	if errors.As(err, &server) && server.SQLState() == codeUnique {
		return a.cannotWait(errors.New("something else of its name waits already"))
	}
	return explained(err)
}

// newWithheld is the record of one.
func (a *act) newWithheld(h withheldChange, name, sql string) ledger.NewWithheld {
	n := ledger.NewWithheld{ReleaseID: a.releaseID, Relation: h.Table.OID, Schema: h.Table.Schema, Table: h.Table.Name, Object: name, Statement: sql}
	change := a.plan.Changes[h.action]
	switch {
	case h.Index:
		n.Kind, n.Columns = ledger.WithheldIndex, columnsOfChange(change, h.Table)
	case h.Constraint == "":
		n.Kind, n.Columns = ledger.WithheldDefault, []string{h.Column}
	case h.Constraint == ddl.NotNull:
		n.Kind, n.Columns = ledger.WithheldNotNull, []string{h.Column}
	default:
		n.Kind, n.Columns = ledger.WithheldConstraint, columnsOfChange(change, h.Table)
		if c, ok := change.(ddl.AddConstraint); ok && c.Constraint == ddl.ForeignKey {
			n.Parent, n.ParentColumns = c.References.String(), c.ReferencesColumns
		}
	}
	return n
}

// columnsOfChange are the columns that a constraint or an index is about: with one of
// them it goes.
func columnsOfChange(change ddl.Change, table catalog.Relation) (columns []string) {
	var expressions []string
	switch c := change.(type) {
	case ddl.CreateIndex:
		expressions = []string{c.Where}
		for _, key := range append(slices.Clone(c.Columns), c.Include...) {
			if _, there := table.Column(key); there {
				columns = append(columns, key)
			} else {
				expressions = append(expressions, key)
			}
		}
	case ddl.AddConstraint:
		columns, expressions = c.Columns, []string{c.Expression}
	}
	for _, expression := range expressions {
		if names, ok := ddl.ColumnsOf(expression); ok && expression != "" {
			columns = append(columns, names...)
		}
	}
	return columns
}

// heldStatement is what makes it. NOT NULL and a default are about a column that may
// have another name by then, so they are written then.
func (a *act) heldStatement(alter *ddl.Alter, h withheldChange, name string) (string, error) {
	table := ddl.Name{Schema: h.Table.Schema, Name: h.Table.Name}
	switch {
	case h.Constraint == ddl.NotNull:
		return setNotNull(table, h.Column), nil
	case h.Constraint == "":
		return dropDefault(table, h.Column), nil
	}
	if err := alter.Name(h.action, name); err != nil {
		return "", err
	}
	return alter.Write(table, h.action)
}

func setNotNull(table ddl.Name, column string) string {
	return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", table, ddl.Quote(column))
}

func dropDefault(table ddl.Name, column string) string {
	return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, ddl.Quote(column))
}

// trialOf is the SQL that tries the statement: all of it, or, on a large table, what
// takes no time, once its rows have been looked at.
func (a *act) trialOf(ctx context.Context, held []withheldChange, before constraints) ([]string, error) {
	var staged []stagedChange
	large := false
	for _, h := range held {
		large = large || h.Large && h.Constraint != "" && !h.Added
		if h.Constraint == ddl.PrimaryKey && h.Inline || h.Constraint == ddl.Exclude && h.Large {
			return nil, a.cannotWait(errors.New("its index cannot be built later"))
		}
		if h.Constraint != "" && !h.Added {
			staged = append(staged, stagedChange{action: h.action, StagedConstraint: judge.StagedConstraint{
				Table: h.Table, Kind: h.Constraint, Name: h.Name, Column: h.Column, Inline: h.Inline}})
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
	if err := a.checkRows(ctx, staged, false); err != nil {
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
	for _, h := range held {
		name := h.Name
		switch {
		case h.Constraint == "" || h.Constraint == ddl.NotNull:
			name = h.Column
		case name == "":
			i := slices.IndexFunc(after, func(c constraint) bool { return c.kind == contypes[h.Constraint] })
			if i >= 0 {
				name = after[i].name
				after = slices.Delete(after, i, i+1)
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

// contypes are pg_constraint.contype.
var contypes = map[ddl.ConstraintKind]string{ddl.Check: "c", ddl.ForeignKey: "f", ddl.Unique: "u", ddl.PrimaryKey: "p", ddl.Exclude: "x"}

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
