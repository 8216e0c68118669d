// Package task does what committed migrations owe, as the ledger has it: indexes are
// built, rows checked, columns filled in, while others go on reading and writing. Each
// task can be killed at any instant, and done again: it looks first at what is there.
package task

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

const (
	// lookEvery is how often a task's work is looked at, and tellEvery how often it is
	// spoken of.
	lookEvery = time.Second
	tellEvery = 15 * time.Second
)

// A Worker does tasks. All fields are required.
type Worker struct {
	Ledger   *ledger.Ledger
	Database *pg.Config
	Out      *report.Reporter
	// LockWait bounds the waiting for one strong lock.
	LockWait time.Duration
	// Own lists the server processes of the migration command's sessions: a task
	// that waits for one of them waits for itself.
	Own func() []uint32
	// Cancel runs a statement that cancels what a task waits for, where the user
	// wants that.
	Cancel func(ctx context.Context, conn *pgx.Conn, sql func(seconds float64) string) bool
}

// Do does a task in a session of its own. A note says why that came to nothing,
// when it is not needed any more. While the command runs, one that waits for the
// command fails with ErrPostponed. Other errors are the server's, a *NameTakenError or
// a *LeftError.
func (w *Worker) Do(ctx context.Context, task ledger.Task, commandRuns bool) (note string, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	conn, err := w.Connect(ctx)
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
		w.watch(ctx, stop, conn.PgConn().PID(), task, commandRuns)
	}()
	defer func() { stop(nil); <-watched }()
	switch task.Kind {
	case ledger.CreateIndex:
		note, err = w.build(ctx, conn, task)
	case ledger.ValidateConstraint:
		note, err = w.validate(ctx, conn, task)
	case ledger.SetNotNull:
		note, err = w.setNotNull(ctx, conn, task, commandRuns)
	case ledger.UseIndex:
		note, err = w.useIndex(ctx, conn, task, commandRuns)
	case ledger.BackfillColumn:
		note, err = w.fillColumn(ctx, conn, task, commandRuns)
	case ledger.AddConstraint:
		note, err = w.addConstraint(ctx, conn, task, commandRuns)
	case ledger.AddIdentity:
		note, err = w.addIdentity(ctx, conn, task, commandRuns)
	case ledger.IndexPartitioned, ledger.ConstrainPartitioned:
		note, err = w.indexPartitioned(ctx, conn, task, commandRuns)
	case ledger.CopyColumn:
		note, err = w.copyColumn(ctx, conn, task, commandRuns)
	case ledger.ReindexIndex, ledger.ReindexTable:
		note, err = w.reindex(ctx, conn, task)
	default:
		err = fmt.Errorf("a task of kind %s is not known to this version of migguard", task.Kind)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return "", cause
	}
	return note, err
}

// watch tells how far the build is, cancels what it waits for where the user wants
// that, and stops one that waits for a transaction of the command, which will not end
// before the build.
func (w *Worker) watch(ctx context.Context, stop context.CancelCauseFunc, pid uint32, task ledger.Task, commandRuns bool) {
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
			if conn, err = w.Connect(ctx); err != nil {
				continue
			}
		}
		build, err := pg.ReadBuild(ctx, conn, pid)
		if err != nil {
			hangUp()
			continue
		}
		own := w.Own()
		if commandRuns && slices.ContainsFunc(build.Blockers, func(s pg.Session) bool { return slices.Contains(own, s.PID) }) {
			stop(ErrPostponed)
			continue
		}
		if len(build.Blockers) > 0 {
			w.Cancel(ctx, conn, func(seconds float64) string { return pg.CancelAhead(pid, seconds) })
		}
		if time.Since(told) >= tellEvery && task.Kind != ledger.BackfillColumn && task.Kind != ledger.CopyColumn { // which tells itself
			told = time.Now()
			w.Out.Line("working at %s: %v", Describe(task).What, build)
		}
	}
}
