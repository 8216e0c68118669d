package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// work finds out whether one of the statement's actions takes as long as its
// table is large, where that is a question.
func (a *act) work(ctx context.Context, i int, found *catalog.Lookup) (err error) {
	table := *found.Relation
	switch c := a.plan.Changes[i].(type) {
	case ddl.AddConstraint:
		if c.Constraint == ddl.PrimaryKey && c.UsingIndex != "" {
			found.Trial, err = a.ask(ctx, pg.NullableInIndex(ddl.Literal(ddl.Name{Schema: table.Schema, Name: c.UsingIndex}.String())))
		}
		return err
	case ddl.SetTablespace:
		found.Trial, err = a.ask(ctx, pg.OtherTablespace(ddl.Literal(c.Relation.String()), ddl.Literal(c.Tablespace)))
		return err
	case ddl.SetAccessMethod:
		found.Trial, err = a.ask(ctx, pg.OtherMethod(table.OID, ddl.Literal(c.Method)))
		return err
	case ddl.SetLogged:
		found.Trial, err = a.ask(ctx, pg.OtherPersistence(table.OID, c.Logged))
		return err
	case ddl.ValidateConstraint:
		return a.validation(ctx, c, found)
	case ddl.ChangeColumnType:
		// Partitions and children have indexes and constraints of their own.
		if table.HasChildren {
			return nil
		}
	case ddl.SetNotNull:
		alter, err := a.takeApart()
		if err == nil && alter.Only() && table.Kind == catalog.PartitionedTable {
			found.Trial = &catalog.Trial{} // its partitions have to have it
			return nil
		}
	case ddl.AddColumn, ddl.SetExpression:
	default:
		return nil
	}
	found.Trial, err = a.trial(ctx, table, i)
	return err
}

// ask is a trial that a query tells the end of.
func (a *act) ask(ctx context.Context, query string) (*catalog.Trial, error) {
	rows, err := a.conn.Query(ctx, query)
	if err != nil {
		return nil, explained(err)
	}
	yes := *rows[0][0] == "t"
	return &catalog.Trial{Rewrites: yes, Scans: yes}, nil
}

// validation reads nothing if the constraint is valid; and stops nobody if it is all
// that the transaction does.
func (a *act) validation(ctx context.Context, c ddl.ValidateConstraint, found *catalog.Lookup) error {
	there, err := a.constraints(ctx, *found.Relation)
	if err != nil {
		return err
	}
	k, ok := there.named(c.Name)
	works := !ok || !k.valid
	found.Trial = &catalog.Trial{Scans: works, Keys: works}
	found.Locked = len(a.plan.Changes) > 1 // the others lock the table
	if !found.Locked {
		locked, err := a.ask(ctx, pg.StrongLocks(ledger.CreatedFrom))
		if err != nil {
			return err
		}
		found.Locked = locked.Scans
	}
	return nil
}

// trial has the server do one of the statement's actions to an empty copy of its
// table, and takes it back: whether it writes the table anew, or reads it, does
// not depend on the rows (ATRewriteTables, src/backend/commands/tablecmds.c). A
// copy that cannot be had says nothing; an error of the action's own is the
// statement's.
func (a *act) trial(ctx context.Context, table catalog.Relation, action int) (*catalog.Trial, error) {
	var t catalog.Trial
	return &t, a.aside(ctx, func() error {
		acting, err := a.tryOnCopy(ctx, table, action, &t)
		var server *guard.ServerError
		switch {
		case errors.As(err, &server):
			code := server.SQLState()
			// What is dropped is in the copy, by another name perhaps.
			acting = acting && !has[ddl.DropConstraint](a.plan.Changes)
			if code == pg.QueryCanceled || acting && code != pg.LockNotAvailable && !slices.Contains(ofTheCopy, code) {
				server.Response.Position = 0 // in another text
				return err
			}
			t.Failed = server.Response.Message
		case errors.Is(err, ddl.ErrUnfaithful):
			t.Failed = err.Error()
		default:
			return err
		}
		return nil
	})
}

// aside takes back all that do has done. After an error nothing needs to be: the
// transaction is aborted with it.
func (a *act) aside(ctx context.Context, do func() error) error {
	if err := a.conn.Block(ctx); err != nil {
		return err
	}
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
}

// has tells whether some change is of a type.
func has[T ddl.Change](changes []ddl.Change) bool {
	return slices.ContainsFunc(changes, func(change ddl.Change) bool { _, ok := change.(T); return ok })
}

// tryOnCopy tells whether it has come to the action.
func (a *act) tryOnCopy(ctx context.Context, table catalog.Relation, action int, t *catalog.Trial) (acting bool, err error) {
	alter, err := a.takeApart()
	if err != nil {
		return false, err
	}
	copied := ddl.Name{Schema: "pg_temp", Name: table.Name}
	steps := []string{pg.SetLockTimeout(fmt.Sprint(task.MaxLockTimeout.Milliseconds())),
		fmt.Sprintf("CREATE TEMPORARY TABLE %s (LIKE %s INCLUDING ALL EXCLUDING COMMENTS EXCLUDING STATISTICS)", copied, qualified(table))}
	without, err := a.unproven(ctx, table, copied)
	if err != nil {
		return false, err
	}
	steps = append(steps, without...)
	if earlier := a.earlier(action); len(earlier) > 0 {
		sql, err := alter.Write(copied, earlier...)
		if err != nil {
			return false, err
		}
		steps = append(steps, sql)
	}
	sql, err := alter.Write(copied, action)
	if err != nil {
		return false, err
	}
	if err := a.conn.Exec(ctx, steps...); err != nil {
		return false, err
	}
	before, err := a.conn.Query(ctx, pg.WorkOn(ddl.Literal(copied.String())))
	if err != nil {
		return false, err
	}
	if err := a.conn.Exec(ctx, sql); err != nil {
		return true, err
	}
	after, err := a.conn.Query(ctx, pg.WorkOn(ddl.Literal(copied.String())))
	if err != nil {
		return false, err
	}
	const file, scans, counted = 0, 1, 2
	t.Rewrites = *before[0][file] != *after[0][file]
	t.Scans = *before[0][scans] != *after[0][scans] || *after[0][counted] != "on"
	if c, ok := a.plan.Changes[action].(ddl.ChangeColumnType); ok {
		// The copy has no foreign keys, which may be checked anew.
		keyed, err := a.conn.Query(ctx, pg.OtherInForeignKey(table.OID, ddl.Literal(c.Column), ddl.Literal(copied.String())))
		if err != nil {
			return false, err
		}
		t.Keys = *keyed[0][0] == "t"
		t.Scans = t.Scans || t.Keys
	}
	return false, nil
}

// earlier are the actions that the server does before one and that may change what it
// finds: those before it, and columns that are dropped, which goes first (AT_PASS_DROP,
// src/backend/commands/tablecmds.c), so that their names are free.
func (a *act) earlier(action int) (earlier []int) {
	for i, change := range a.plan.Changes {
		switch change.(type) {
		case ddl.AddConstraint, ddl.DropConstraint, ddl.ValidateConstraint:
			continue
		case ddl.DropColumn:
		default:
			if i >= action {
				continue
			}
		}
		earlier = append(earlier, i)
	}
	return earlier
}

// unproven takes the constraints from a copy that would spare the server the
// reading there, and do not here: those that are not valid, those that children
// have not, and those that the statement drops, which it does first
// (AT_PASS_DROP, src/backend/commands/tablecmds.c).
func (a *act) unproven(ctx context.Context, table catalog.Relation, copied ddl.Name) (steps []string, err error) {
	there, err := a.constraints(ctx, table)
	if err != nil {
		return nil, err
	}
	for _, k := range there {
		dropped := slices.ContainsFunc(a.plan.Changes, func(change ddl.Change) bool {
			c, ok := change.(ddl.DropConstraint)
			return ok && c.Name == k.name
		})
		if k.valid && !k.noInherit && !dropped {
			continue
		}
		switch k.kind {
		case "c":
			steps = append(steps, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", copied, ddl.Quote(k.name)))
		case "n":
			steps = append(steps, fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", copied, ddl.Quote(k.column)))
		}
	}
	return steps, nil
}

// takeApart is the statement's actions.
func (a *act) takeApart() (*ddl.Alter, error) {
	if a.apart != nil {
		return a.apart, nil
	}
	alter, err := ddl.TakeApart(a.text, a.plan.Changes)
	if err != nil {
		return nil, ddl.ErrUnfaithful
	}
	a.apart = alter
	return alter, nil
}
