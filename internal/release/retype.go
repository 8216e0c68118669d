package release

import (
	"context"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
	"github.com/migguard/migguard/internal/task"
)

// retype lets a copy of the new type take a column's place, in one transaction, which the
// client knows as the one statement it sent. What has no copy gets one before.
func (a *act) retype(ctx context.Context, i int, s shim.Sync, found catalog.Lookup) (string, error) {
	if s.Same() {
		a.executed = []string{}
		a.notes = append(a.notes, alreadyOf(s))
		return a.plan.Tag, nil
	}
	if !s.Ready() {
		var err error
		if s.Show, _, err = a.overlays(ctx, s.Shown, s.Table); err != nil {
			return "", err
		}
		if err := a.prepareSync(ctx, s); err != nil {
			return "", err
		}
		var again judge.Decision
		again, found, err = a.decide(ctx, i)
		switch {
		case err != nil:
			return "", err
		case again.Retyped == nil || !again.Retyped.Ready() || s.Kept() && !again.Retyped.Kept():
			return "", a.noCopy(s, "the copy that was made is not as it ought to be")
		}
		s = *again.Retyped
	}
	swap := s.Swap()
	if err := a.readable(found.Encoding, swap); err != nil {
		return "", err
	}
	after := []string{ledger.CloseSyncSQL(s.Table.OID, s.Column.Number, a.releaseID)}
	var shown []string
	if s.Kept() {
		var err error
		if after, shown, err = a.keepOld(ctx, s); err != nil {
			return "", err
		}
	}
	tag, err := a.withLock(ctx, nil, after, a.instead(swap...))
	if err != nil {
		return "", err
	}
	a.executed = slices.Clone(swap)
	for _, k := range s.NotValid() {
		if err := a.promiseValidation(ctx, catalog.Relation{OID: k.OID, Schema: k.Schema, Name: k.Table}, k.Name); err != nil {
			return "", err
		}
		a.conn.AfterCommit()
	}
	table := hazard.Display(s.Table)
	why := slices.Concat(a.findings, a.covered)[0].Detail // covered where only a stale plan asks for it
	a.notes = append(a.notes, fmt.Sprintf("a copy of %s of type %s takes its place: %s", s.What(), s.Type, why))
	if s.Kept() {
		a.keptOld(s, shown)
		return tag, nil
	}
	a.notes = append(a.notes, "prepared statements of "+table+` that return the column, or *, fail once in each session, "cached plan must not change result type" (0A000); those with * did when the copy came, too`)
	if moves := s.Moves(); moves != "" {
		a.notes = append(a.notes, moves)
	}
	return tag, nil
}

func alreadyOf(s shim.Sync) string {
	return fmt.Sprintf("%s is of type %s already: there is nothing to do", s.What(), s.Type)
}

// retyping asks what a copy has to take over from a column whose place it takes. The search
// path is as for Copying.
func (a *act) retyping(ctx context.Context, table catalog.Relation, column catalog.Column, c *catalog.Copying) error {
	copied := shim.Sync{Column: column}.Copy()
	doc, err := a.document(ctx, pg.Retyping(table.OID, column.Number, ledger.AwaitingFrom, ledger.OverlaysFrom, ddl.Literal(copied), ddl.Literal(task.Proxy(table.Name, copied)), ddl.Literal(shim.SyncDouble)))
	if err != nil {
		return explained(err)
	}
	c.Retyping, err = catalog.DecodeRetyping(doc)
	return err
}

// require adds the tasks that make a copy NOT NULL, when no row has NULL there any more.
func (s wantedSync) require(major int, add func(kind, object, sql string)) {
	table, column := qualified(s.Table), ddl.Quote(s.Copy())
	name, what := task.Proxy(s.Table.Name, s.Copy()), "CHECK ("+column+" IS NOT NULL)"
	if major >= notNullConstraints {
		name, what = s.NotNullName(), "NOT NULL "+column
	}
	add(ledger.AddConstraint, name, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID", table, ddl.Quote(name), what))
	add(ledger.ValidateConstraint, name, fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", table, ddl.Quote(name)))
	if major < notNullConstraints {
		add(ledger.SetNotNull, s.Copy(), fmt.Sprintf("ALTER TABLE %[1]s ALTER COLUMN %[2]s SET NOT NULL; ALTER TABLE %[1]s DROP CONSTRAINT %[3]s", table, column, ddl.Quote(name)))
	}
}

// wanting is why a statement's transaction is given up for a copy.
func wanting(s shim.Sync) string {
	if s.Type == "" {
		return fmt.Sprintf("renaming %s to %s needs a copy of it first, under its old name, for the code that is still running", s.What(), ddl.Quote(s.To))
	}
	return fmt.Sprintf("changing the type of %s to %s needs a copy of it first, for the code that is still running uses the table", s.What(), s.Type)
}
