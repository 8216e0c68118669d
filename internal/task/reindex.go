package task

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// reindex builds an index, or all of a table, anew. What an interrupted try has left
// is dropped first: there was none of that when the task was recorded.
func (w *Worker) reindex(ctx context.Context, conn *pgx.Conn, task ledger.Task) (note string, err error) {
	for try := 1; ; {
		state, err := pg.ReadRebuildState(ctx, conn, task.Relation, task.Schema, task.Object)
		switch {
		case err != nil:
			return "", err
		case !state.TableThere:
			return noTable, nil
		case task.Kind == ledger.ReindexIndex && !state.IndexThere:
			return "the index is gone", nil
		case state.Building: // a killed run's server process, say
			if err := pause(ctx, lookEvery); err != nil {
				return "", err
			}
			continue
		}
		if err := dropLeft(ctx, conn, task, state); err != nil {
			return "", err
		}
		if err := w.Ledger.BeginTask(ctx, task.ID); err != nil {
			return "", err
		}
		task.Tried = true
		_, err = conn.Exec(ctx, task.SQL)
		if err == nil {
			return "", nil
		}
		if pg.SQLState(err) != pg.DeadlockDetected || try >= buildTries {
			return "", sweptUp(ctx, conn, task, err)
		}
		try++
	}
}

// dropLeft drops what an earlier try of the task has left. Each write pays for
// that as for a whole index.
func dropLeft(ctx context.Context, conn *pgx.Conn, task ledger.Task, state pg.RebuildState) error {
	if !task.Tried {
		return nil
	}
	for _, index := range state.Left {
		if _, err := conn.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+index); err != nil {
			return err
		}
	}
	return nil
}

// sweptUp drops what a failed try has left.
func sweptUp(ctx context.Context, conn *pgx.Conn, task ledger.Task, failure error) error {
	return cleaned(ctx, failure, func(ctx context.Context) error {
		state, err := pg.ReadRebuildState(ctx, conn, task.Relation, task.Schema, task.Object)
		if err != nil {
			return err
		}
		return dropLeft(ctx, conn, task, state)
	})
}
