package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// A speech is how a kind of task is spoken of.
type speech struct{ thing, do, done, meanwhile string }

var spoken = map[string]speech{
	ledger.CreateIndex:          {"index", "build", "built", "while others could write"},
	ledger.IndexPartitioned:     {"index", "make", "made", "of its partitions' indexes"},
	ledger.ConstrainPartitioned: {"constraint", "make", "made", "of its partitions' constraints"},
	ledger.ValidateConstraint:   {"constraint", "validate", "valid", "while others could read and write"},
	ledger.SetNotNull:           {"NOT NULL of column", "set", "set", "without reading the table"},
	ledger.UseIndex:             {"constraint", "add", "added", "with the index that was built for it"},
	ledger.BackfillColumn:       {"values of column", "fill in", "filled in", "in batches, while others could read and write"},
	ledger.AddConstraint:        {"constraint", "add", "added", "without reading the table"},
	ledger.AddIdentity:          {"identity of column", "add", "added", "without reading the table"},
	ledger.ReindexIndex:         {"index", "rebuild", "rebuilt", "while others could read and write"},
	ledger.ReindexTable:         {"the indexes of", "rebuild", "rebuilt", "while others could read and write"},
	ledger.CopyColumn:           {"copy", "fill in", "filled in", "in batches, while others could read and write"},
}

// what is what a task is about.
func (s speech) what(t ledger.Task) string { return s.thing + " " + ddl.Quote(t.Object) }

// What a task finds when there is nothing left to do.
const (
	noTable      = "its table is gone"
	noConstraint = "the constraint is gone"
	noColumn     = "the column is gone"
)

// validate checks the rows there are against a constraint. SHARE UPDATE
// EXCLUSIVE is in the way of schema changes only (manual, ALTER TABLE).
func (t *tasks) validate(ctx context.Context, conn *pgx.Conn, task ledger.Task) (note string, err error) {
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
	if err := t.run.Ledger.BeginTask(ctx, task.ID); err != nil {
		return "", err
	}
	// The table may have another name by now.
	_, err = conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", state.Table, ddl.Quote(task.Object)))
	return "", err
}

// setNotNull sets a column NOT NULL that a valid CHECK keeps free of NULL, and
// drops that.
func (t *tasks) setNotNull(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	check := proxy(task.Table, task.Object)
	return t.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
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

// useIndex makes a unique index the constraint of its name.
func (t *tasks) useIndex(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	return t.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
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
func (t *tasks) addConstraint(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool) (note string, err error) {
	return t.shortly(ctx, conn, task, commandRuns, func() (sql, note string, err error) {
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

// shortly runs what next says until there is nothing left to do, or only a note
// of why not. The ACCESS EXCLUSIVE lock is waited for as those of statements are:
// never long enough for others to queue up.
func (t *tasks) shortly(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool, next func() (sql, note string, err error)) (note string, err error) {
	deadline := time.Now().Add(t.run.LockWait)
	for try := 0; ; try++ {
		sql, note, err := next()
		if err != nil || sql == "" {
			return note, err
		}
		if err := t.run.Ledger.BeginTask(ctx, task.ID); err != nil {
			return "", err
		}
		timeout := lockTimeout(try)
		if err := set(ctx, conn, "lock_timeout", fmt.Sprint(timeout.Milliseconds())); err != nil {
			return "", err
		}
		// One message is one transaction.
		results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
		if err == nil {
			continue // and look whether it is done
		}
		if locksTooLong(task, results, err) {
			err = fmt.Errorf("%w: %w", errLocks, err)
		}
		if !lockFailed(pg.SQLState(err)) && !errors.Is(err, errLocks) || time.Now().After(deadline) {
			return "", err
		}
		own, readErr := t.ownHold(ctx, conn, task.Relation)
		if readErr != nil {
			return "", readErr
		}
		if own && commandRuns {
			return "", errPostponed
		}
		if err := pause(ctx, betweenTries(timeout)); err != nil {
			return "", err
		}
	}
}

// ownHold tells whether a session of the command's has a lock on a table.
func (t *tasks) ownHold(ctx context.Context, conn *pgx.Conn, table uint32) (bool, error) {
	holders, err := pg.ReadHolders(ctx, conn, table)
	own := t.run.own.list()
	return slices.ContainsFunc(holders, func(pid uint32) bool { return slices.Contains(own, pid) }), err
}
