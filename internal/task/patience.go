package task

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// A strong lock that waits makes everybody else wait behind it, so it waits
// for no more than firstLockTimeout at first and MaxLockTimeout later.
const (
	firstLockTimeout = 200 * time.Millisecond
	// MaxLockTimeout is the longest that a try waits for its lock.
	MaxLockTimeout = time.Second
)

// LockTimeout is how long a try, counted from 0, waits for its lock.
func LockTimeout(try int) time.Duration { return min(firstLockTimeout<<min(try, 8), MaxLockTimeout) }

// BetweenTries is the pause after a try. Jitter keeps two migrations from meeting
// again and again.
func BetweenTries(timeout time.Duration) time.Duration { return timeout/2 + rand.N(timeout) }

// shortly runs what next says until there is nothing left to do, or only a note
// of why not. The ACCESS EXCLUSIVE lock is waited for as those of statements are:
// never long enough for others to queue up.
func (w *Worker) shortly(ctx context.Context, conn *pgx.Conn, task ledger.Task, commandRuns bool, next func() (sql, note string, err error)) (note string, err error) {
	deadline := time.Now().Add(w.LockWait)
	for try := 0; ; try++ {
		sql, note, err := next()
		if err != nil || sql == "" {
			return note, err
		}
		if err := w.Ledger.BeginTask(ctx, task.ID); err != nil {
			return "", err
		}
		timeout := LockTimeout(try)
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
		if !pg.LockFailed(pg.SQLState(err)) && !errors.Is(err, errLocks) || time.Now().After(deadline) {
			return "", err
		}
		own, readErr := w.ownHold(ctx, conn, task.Relation)
		if readErr != nil {
			return "", readErr
		}
		if own && commandRuns {
			return "", ErrPostponed
		}
		if Outwait(ctx, conn, task.Relation) {
			continue
		}
		if err := pause(ctx, BetweenTries(timeout)); err != nil {
			return "", err
		}
	}
}

// ownHold tells whether a session of the command's has a lock on a table.
func (w *Worker) ownHold(ctx context.Context, conn *pgx.Conn, table uint32) (bool, error) {
	holders, err := pg.ReadHolders(ctx, conn, table)
	own := w.Own()
	return slices.ContainsFunc(holders, func(pid uint32) bool { return slices.Contains(own, pid) }), err
}
