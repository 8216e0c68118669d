package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// TakeBack drops the indexes that were built for a statement which failed after
// all. It says what is left.
func (w *Worker) TakeBack(ctx context.Context, built []ledger.Task) error {
	ctx, cancel := context.WithTimeout(ctx, cleanUpTimeout)
	defer cancel()
	var left error
	for _, task := range built {
		if !task.MakesIndex() { // one that is rebuilt was there
			continue
		}
		if err := w.dropBuilt(ctx, task); err != nil {
			w.Out.Line("index %s, built for a statement that failed, is still there: %v", ddl.Quote(task.Object), err)
			left = errors.Join(left, err)
		}
	}
	return left
}

func (w *Worker) dropBuilt(ctx context.Context, task ledger.Task) error {
	conn, err := w.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := settings(ctx, conn, task); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+ddl.Name{Schema: task.Schema, Name: task.Object}.String())
	return err
}

// Undo takes back what a task has made; one that was not done, or has failed, may have
// left nothing.
func (w *Worker) Undo(ctx context.Context, task ledger.Task) error {
	if task.Kind != ledger.ValidateConstraint && !(task.MakesIndex() && task.Done) {
		return nil
	}
	if task.MakesIndex() {
		return w.dropBuilt(ctx, task)
	}
	conn, err := w.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := settings(ctx, conn, task); err != nil {
		return err
	}
	_, err = w.shortly(ctx, conn, task, false, func() (sql, note string, err error) {
		state, err := pg.ReadConstraintState(ctx, conn, task.Relation, task.Object)
		if err != nil || !state.Found {
			return "", "", err
		}
		return fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", state.Table, ddl.Quote(task.Object)), "", nil
	})
	return err
}
