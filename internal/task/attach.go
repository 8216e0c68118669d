package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// attachTimeout bounds the statement that attaches, with the locks of all
// partitions: 1,000 took 0.6 s (measured on 18). Longer than that takes one that
// came without the index, and is large.
const attachTimeout = 5 * time.Second

// indexPartitioned makes the index of a partitioned table, or the constraint that has
// one, of those that its partitions have by then. The locks of all of them are waited
// for shortly: lock_timeout alone would be one for each, while the first is held.
func (w *Worker) indexPartitioned(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	const bound = "SELECT pg_catalog.set_config('statement_timeout', %s, true); "
	mode := ddl.Share
	if task.Kind == ledger.ConstrainPartitioned {
		mode = ddl.AccessExclusive
	}
	lock := fmt.Sprintf(bound, "pg_catalog.current_setting('lock_timeout')") +
		fmt.Sprintf("LOCK TABLE %s IN %s MODE; ", ddl.Name{Schema: task.Schema, Name: task.Table}, mode) +
		fmt.Sprintf(bound, ddl.Literal(fmt.Sprint(attachTimeout.Milliseconds())))
	note, err = w.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
		state, err := pg.ReadIndexState(ctx, conn, task.Relation, task.Schema, task.Object)
		switch {
		case err != nil:
			return "", "", err
		case !state.TableThere:
			return "", noTable, nil
		case state.Found && (state.Table != task.Relation || !task.Tried):
			return "", "", &NameTakenError{ddl.Name{Schema: task.Schema, Name: task.Object}.String()}
		case state.Valid:
			return "", "", nil
		case state.Found:
			return "", "", errors.New("it is there, but not valid: a partition's index is not")
		}
		task.Tried = true
		return lock + task.SQL, "", nil
	})
	if err != nil && pg.SQLState(err) == pg.QueryCanceled && !errors.Is(err, errLocks) && ctx.Err() == nil {
		return "", fmt.Errorf("its partitions' indexes could not be attached within %v, in which nobody can write; if one has come without the index, build it by hand, CONCURRENTLY: %w", attachTimeout, err)
	}
	return note, err
}

// errLocks is of a try that did not get the locks of all partitions.
var errLocks = errors.New("the locks of the partitions took too long")

// locksTooLong tells that the locks of a partitioned table's partitions took
// too long, all in all: the try has come to the LOCK TABLE, and no further.
func locksTooLong(task ledger.Task, results []*pgconn.Result, err error) bool {
	return (task.Kind == ledger.IndexPartitioned || task.Kind == ledger.ConstrainPartitioned) && pg.SQLState(err) == pg.QueryCanceled && len(results) == 1
}
