package task

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

const (
	// buildTries bounds the tries after a deadlock.
	buildTries = 5
	// cleanUpTimeout bounds the removal of what a failed build has left.
	cleanUpTimeout = 20 * time.Second
)

// build brings an index about. What an interrupted build has left, which queries
// do not use, is dropped first.
func (w *Worker) build(ctx context.Context, conn *pgx.Conn, task ledger.Task) (note string, err error) {
	index := ddl.Name{Schema: task.Schema, Name: task.Object}.String()
	for try := 1; ; {
		state, err := pg.ReadIndexState(ctx, conn, task.Relation, task.Schema, task.Object)
		switch {
		case err != nil:
			return "", err
		case !state.TableThere:
			return "its table is gone", nil
		case state.Found && state.Table != task.Relation, state.Valid && !task.Tried:
			return "", &NameTakenError{index}
		case state.Valid:
			return "", nil
		case state.Building: // a killed run's server process, say
			if err := pause(ctx, lookEvery); err != nil {
				return "", err
			}
			continue
		case state.Found:
			if _, err := conn.Exec(ctx, "DROP INDEX CONCURRENTLY "+index); err != nil {
				return "", err
			}
		}
		if err := w.Ledger.BeginTask(ctx, task.ID); err != nil {
			return "", err
		}
		task.Tried = true
		_, err = conn.Exec(ctx, task.SQL)
		if err == nil {
			continue // and look whether it is there
		}
		if pg.SQLState(err) != pg.DeadlockDetected || try >= buildTries {
			return "", cleanedUp(ctx, conn, task, index, err)
		}
		try++
	}
}

// cleanedUp drops what a failed build has left: a unique index keeps writers from
// duplicates although queries do not use it.
func cleanedUp(ctx context.Context, conn *pgx.Conn, task ledger.Task, index string, failure error) error {
	return cleaned(ctx, failure, func(ctx context.Context) error {
		state, err := pg.ReadIndexState(ctx, conn, task.Relation, task.Schema, task.Object)
		if err == nil && state.Found && !state.Valid && state.Table == task.Relation {
			_, err = conn.Exec(ctx, "DROP INDEX CONCURRENTLY "+index)
		}
		return err
	})
}

// cleaned returns why a build failed, in a *LeftError if something is left for the
// next try to drop.
func cleaned(ctx context.Context, failure error, drop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cleanUpTimeout)
	defer cancel()
	if err := drop(ctx); err != nil {
		return &LeftError{failure}
	}
	return failure
}
