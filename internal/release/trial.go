package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
)

// trial has the server do one of the statement's actions to an empty copy of its
// table, and takes it back: whether it writes the table anew, or reads it, does
// not depend on the rows (ATRewriteTables, src/backend/commands/tablecmds.c). A
// copy that cannot be had says nothing.
func (a *act) trial(ctx context.Context, table catalog.Relation, action int) (*catalog.Trial, error) {
	if err := a.conn.Block(ctx); err != nil {
		return nil, err
	}
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint); err != nil {
		return nil, err
	}
	var t catalog.Trial
	err := a.tryOnCopy(ctx, table, action, &t)
	var server *guard.ServerError
	switch {
	case errors.As(err, &server):
		t.Failed = server.Response.Message
	case errors.Is(err, ddl.ErrUnfaithful):
		t.Failed = err.Error()
	case err != nil:
		return nil, err
	}
	return &t, a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
}

func (a *act) tryOnCopy(ctx context.Context, table catalog.Relation, action int, t *catalog.Trial) error {
	alter, err := a.takeApart()
	if err != nil {
		return err
	}
	copied := ddl.Name{Schema: "pg_temp", Name: table.Name}
	var earlier []int
	for i, change := range a.plan.Changes[:action] {
		if _, ok := change.(ddl.AddConstraint); !ok {
			earlier = append(earlier, i)
		}
	}
	steps := []string{setLockTimeout(fmt.Sprint(maxLockTimeout.Milliseconds())),
		fmt.Sprintf("CREATE TEMPORARY TABLE %s (LIKE %s INCLUDING ALL EXCLUDING COMMENTS EXCLUDING STATISTICS)", copied, qualified(table))}
	// In the copy they would be valid, and spare the server the reading.
	rows, err := a.conn.Query(ctx, pg.NotValid(table.OID))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if *row[1] == "c" {
			steps = append(steps, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", copied, ddl.Quote(*row[0])))
		}
	}
	if len(earlier) > 0 {
		sql, err := alter.Write(copied, earlier...)
		if err != nil {
			return err
		}
		steps = append(steps, sql)
	}
	sql, err := alter.Write(copied, action)
	if err != nil {
		return err
	}
	if err := a.conn.Exec(ctx, steps...); err != nil {
		return err
	}
	before, err := a.conn.Query(ctx, pg.WorkOn(ddl.Literal(copied.String())))
	if err != nil {
		return err
	}
	if err := a.conn.Exec(ctx, sql); err != nil {
		return err
	}
	after, err := a.conn.Query(ctx, pg.WorkOn(ddl.Literal(copied.String())))
	if err != nil {
		return err
	}
	const file, scans, counted = 0, 1, 2
	t.Rewrites = *before[0][file] != *after[0][file]
	t.Scans = *before[0][scans] != *after[0][scans] || *after[0][counted] != "on"
	if c, ok := a.plan.Changes[action].(ddl.ChangeColumnType); ok && !t.Scans {
		// The copy has no foreign keys, which may be checked anew.
		keyed, err := a.conn.Query(ctx, pg.OtherInForeignKey(table.OID, ddl.Literal(c.Column), ddl.Literal(copied.String())))
		if err != nil {
			return err
		}
		t.Scans = *keyed[0][0] == "t"
	}
	return nil
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
