package release

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

const codeUnique = "23505"

const (
	// buildTries bounds the tries after a deadlock.
	buildTries = 5
	// lookEvery is how often the build is looked at, and tellEvery how often
	// it is spoken of.
	lookEvery = time.Second
	tellEvery = 15 * time.Second
	// cleanUpTimeout bounds the removal of what a failed build has left.
	cleanUpTimeout = 20 * time.Second
)

// work does a task in a session of its own. A note says why that came to nothing,
// when it is not needed any more.
func (t *tasks) work(ctx context.Context, task ledger.Task, commandRuns bool) (note string, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	conn, err := t.connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := settings(ctx, conn, task); err != nil {
		return "", err
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		t.watch(ctx, stop, conn.PgConn().PID(), task, commandRuns)
	}()
	defer func() { stop(nil); <-watched }()
	switch task.Kind {
	case ledger.CreateIndex:
		note, err = t.build(ctx, conn, task)
	case ledger.ValidateConstraint:
		note, err = t.validate(ctx, conn, task)
	case ledger.SetNotNull:
		note, err = t.setNotNull(ctx, conn, task, commandRuns)
	case ledger.UseIndex:
		note, err = t.useIndex(ctx, conn, task, commandRuns)
	case ledger.BackfillColumn:
		note, err = t.fillColumn(ctx, conn, task, commandRuns)
	case ledger.AddConstraint:
		note, err = t.addConstraint(ctx, conn, task, commandRuns)
	case ledger.AddIdentity:
		note, err = t.addIdentity(ctx, conn, task, commandRuns)
	case ledger.IndexPartitioned, ledger.ConstrainPartitioned:
		note, err = t.indexPartitioned(ctx, conn, task, commandRuns)
	case ledger.CopyColumn:
		note, err = t.copyColumn(ctx, conn, task, commandRuns)
	case ledger.ReindexIndex, ledger.ReindexTable:
		note, err = t.reindex(ctx, conn, task)
	default:
		err = fmt.Errorf("a task of kind %s is not known to this version of migguard", task.Kind)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return "", cause
	}
	return note, err
}

// connect opens a session whose statement is cancelled when the context ends.
func (t *tasks) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg := t.run.Database.ConnConfig()
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: closeTimeout}
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// settings make the statement mean what it meant in the migration's session,
// and let it wait: CONCURRENTLY waits for transactions, not in anybody's way.
func settings(ctx context.Context, conn *pgx.Conn, task ledger.Task) error {
	for _, name := range []string{"lock_timeout", "statement_timeout"} {
		if err := set(ctx, conn, name, "0"); err != nil {
			return err
		}
	}
	_ = set(ctx, conn, "transaction_timeout", "0") // from 17 on
	// Where the platform can tell, a server whose migguard was killed stops.
	_ = set(ctx, conn, "client_connection_check_interval", "1s")
	if task.Role != conn.Config().User {
		if _, err := conn.Exec(ctx, "SET ROLE "+ddl.Quote(task.Role)); err != nil {
			return err
		}
	}
	for name, value := range task.Settings {
		if err := set(ctx, conn, name, value); err != nil {
			return err
		}
	}
	return set(ctx, conn, "standard_conforming_strings", "on")
}

func set(ctx context.Context, conn *pgx.Conn, name, value string) error {
	_, err := conn.Exec(ctx, "SELECT pg_catalog.set_config($1, $2, false)", name, value)
	return err
}

// build brings an index about. What an interrupted build has left, which queries
// do not use, is dropped first.
func (t *tasks) build(ctx context.Context, conn *pgx.Conn, task ledger.Task) (note string, err error) {
	index := ddl.Name{Schema: task.Schema, Name: task.Object}.String()
	for try := 1; ; {
		state, err := pg.ReadIndexState(ctx, conn, task.Relation, task.Schema, task.Object)
		switch {
		case err != nil:
			return "", err
		case !state.TableThere:
			return "its table is gone", nil
		case state.Found && state.Table != task.Relation, state.Valid && !task.Tried:
			return "", &nameTakenError{index}
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
		if err := t.run.Ledger.BeginTask(ctx, task.ID); err != nil {
			return "", err
		}
		task.Tried = true
		_, err = conn.Exec(ctx, task.SQL)
		if err == nil {
			continue // and look whether it is there
		}
		if pg.SQLState(err) != codeDeadlock || try >= buildTries {
			return "", cleanedUp(ctx, conn, task, index, err)
		}
		try++
	}
}

// A nameTakenError says that there is something else under an index's name.
type nameTakenError struct{ name string }

func (e *nameTakenError) Error() string {
	return fmt.Sprintf("relation %s already exists, and is not what was asked for", e.name)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// A leftError says that a build failed and what it has left is still there.
type leftError struct{ Err error }

func (e *leftError) Error() string { return e.Err.Error() + "; its half index is still there" }

func (e *leftError) Unwrap() error { return e.Err }

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

// cleaned returns why a build failed, in a *leftError if something is left for the
// next try to drop.
func cleaned(ctx context.Context, failure error, drop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cleanUpTimeout)
	defer cancel()
	if err := drop(ctx); err != nil {
		return &leftError{failure}
	}
	return failure
}

// watch tells how far the build is, cancels what it waits for where the user wants
// that, and stops one that waits for a transaction of the command, which will not end
// before the build.
func (t *tasks) watch(ctx context.Context, stop context.CancelCauseFunc, pid uint32, task ledger.Task, commandRuns bool) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var conn *pgx.Conn
	hangUp := func() {
		if conn != nil {
			_ = conn.Close(context.WithoutCancel(ctx))
			conn = nil
		}
	}
	defer hangUp()
	told := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if conn == nil {
			var err error
			if conn, err = t.connect(ctx); err != nil {
				continue
			}
		}
		build, err := pg.ReadBuild(ctx, conn, pid)
		if err != nil {
			hangUp()
			continue
		}
		own := t.run.own.list()
		if commandRuns && slices.ContainsFunc(build.Blockers, func(s pg.Session) bool { return slices.Contains(own, s.PID) }) {
			stop(errPostponed)
			continue
		}
		if len(build.Blockers) > 0 {
			t.run.cancel(ctx, conn, func(seconds float64) string { return pg.CancelAhead(pid, seconds) })
		}
		if time.Since(told) >= tellEvery && task.Kind != ledger.BackfillColumn && task.Kind != ledger.CopyColumn { // which tells itself
			told = time.Now()
			t.run.Out.Line("working at %s: %v", spoken[task.Kind].what(task), build)
		}
	}
}
