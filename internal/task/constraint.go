package task

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// validate checks the rows there are against a constraint. SHARE UPDATE
// EXCLUSIVE is in the way of schema changes only (manual, ALTER TABLE).
func (w *Worker) validate(ctx context.Context, conn *pgx.Conn, task ledger.Task) (note string, err error) {
	state, err := pg.ReadConstraintState(ctx, conn, task.Relation, task.Object)
	switch {
	case err != nil:
		return "", err
	case state.Table == "":
		return noTable, nil
	case !state.Found:
		return noConstraint, nil
	case state.Valid:
		return "", nil
	}
	if err := w.Ledger.BeginTask(ctx, task.ID); err != nil {
		return "", err
	}
	// The table may have another name by now.
	_, err = conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", state.Table, ddl.Quote(task.Object)))
	return "", notNullViolated(task, err)
}

// useIndex makes a unique index the constraint of its name.
func (w *Worker) useIndex(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	return w.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
		constraint, err := pg.ReadConstraintState(ctx, conn, task.Relation, task.Object)
		if err != nil {
			return "", "", err
		}
		index, err := pg.ReadIndexState(ctx, conn, task.Relation, task.Schema, task.Object)
		switch {
		case err != nil:
			return "", "", err
		case constraint.Table == "":
			return "", noTable, nil
		case constraint.Found:
			return "", "", nil
		case !index.Valid || index.Table != task.Relation:
			return "", "its index is not there, or not valid", nil
		}
		return task.SQL, "", nil
	})
}

// addConstraint adds one that is NOT VALID, when the rows have what it wants.
func (w *Worker) addConstraint(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	return w.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
		state, err := pg.ReadConstraintState(ctx, conn, task.Relation, task.Object)
		switch {
		case err != nil:
			return "", "", err
		case state.Table == "":
			return "", noTable, nil
		case state.Found:
			return "", "", nil
		}
		return task.SQL, "", nil
	})
}
