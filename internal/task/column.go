package task

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// copyColumn has a column get a copy that a trigger keeps equal, and then fills it in.
// When no row differs, none ever will.
func (w *Worker) copyColumn(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	note, err = w.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
		state, err := pg.ReadFillState(ctx, conn, task.Relation, task.Object)
		switch {
		case err != nil:
			return "", "", err
		case !state.TableThere:
			return "", noTable, nil
		case state.ColumnThere:
			return "", "", nil
		}
		return task.SQL, "", nil
	})
	if err != nil || note != "" {
		return note, err
	}
	if err := set(ctx, conn, "lock_timeout", "0"); err != nil {
		return "", err
	}
	value, err := pg.ReadCopied(ctx, conn, task.Relation, task.Object, ledger.SyncsFrom)
	switch {
	case err != nil:
		return "", err
	case value == "":
		return "it is no copy any more", nil
	}
	equal := ddl.Quote(task.Object) + " = " + value
	if note, err = w.backfill(ctx, conn, task, equal, shim.Differs(task.Object, value), commandRuns); err != nil || note != "" {
		return note, err
	}
	return "", w.Ledger.SyncReady(ctx, task.Relation, task.Object)
}

// addIdentity makes a column that has its numbers an identity column.
func (w *Worker) addIdentity(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	return w.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
		column, err := pg.ReadColumnState(ctx, conn, task.Relation, task.Object)
		switch {
		case err != nil:
			return "", "", err
		case !column.Found:
			return "", noColumn, nil
		case column.Identity:
			return "", "", nil
		case !column.NotNull:
			return "", "the column may be NULL", nil
		}
		return task.SQL, "", nil
	})
}

// fillColumn gives the rows that have no value in a column one.
func (w *Worker) fillColumn(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	missing := ddl.Quote(task.Object) + " IS NULL"
	set := strings.TrimPrefix(task.SQL, "UPDATE "+ddl.Name{Schema: task.Schema, Name: task.Table}.String()+" SET ")
	return w.backfill(ctx, conn, task, strings.TrimSuffix(set, " WHERE "+missing), missing, commandRuns)
}

// setNotNull sets a column NOT NULL that a valid CHECK keeps free of NULL, and
// drops that.
func (w *Worker) setNotNull(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	check := Proxy(task.Table, task.Object)
	return w.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
		column, err := pg.ReadColumnState(ctx, conn, task.Relation, task.Object)
		if err != nil {
			return "", "", err
		}
		state, err := pg.ReadConstraintState(ctx, conn, task.Relation, check)
		drop := fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", state.Table, ddl.Quote(check))
		switch {
		case err != nil:
			return "", "", err
		case state.Table == "":
			return "", noTable, nil
		case !column.Found:
			return "", noColumn, nil
		case column.NotNull && !state.Found:
			return "", "", nil
		case column.NotNull:
			return drop, "", nil
		case !state.Valid: // gone, or its validation was given up
			return "", "the CHECK that spares the reading of the table is not there, or not valid", nil
		}
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL; %s", state.Table, ddl.Quote(task.Object), drop), "", nil
	})
}
