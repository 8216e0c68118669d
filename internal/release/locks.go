package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// blockLockWait bounds the tries inside a transaction of the runner's, whose
// earlier statements may hold locks of their own meanwhile.
const blockLockWait = 10 * time.Second

// savepoint is where a try that did not get its lock goes back to.
const savepoint = "migguard_lock"

// queues tells a statement for which readers or writers of a relation would
// queue up while it waits for its lock: it has one that stops writing or more,
// on a relation that the run has not made itself. What cannot run in a
// transaction block takes no such lock, or knows itself how to wait.
func (a *act) queues() bool {
	if a.plan.Class != ddl.Schema || a.plan.Alone {
		return false
	}
	return slices.ContainsFunc(a.plan.Locks, a.isStrong)
}

func (g *gate) isStrong(l ddl.Lock) bool {
	return l.Mode.Compare(ddl.Share) >= 0 && !g.hasMade(l.Relation)
}

// withLock runs the statement, or what stands for it, between SQL of migguard's
// own, inside a savepoint and with a short lock_timeout, again and again until
// its locks were had or the time is up.
func (a *act) withLock(ctx context.Context, before, after []string, run func(context.Context) (string, error)) (string, error) {
	wait := a.lockWait
	if !a.alone {
		wait = min(wait, blockLockWait)
	}
	if err := a.conn.Block(ctx); err != nil {
		return "", err
	}
	deadline := time.Now().Add(wait)
	for try := 0; ; try++ {
		timeout := task.LockTimeout(try)
		tag, err := a.attempt(ctx, timeout, slices.Concat(a.yielding, before), after, run)
		if err == nil {
			a.ahead, a.yielding = append(a.ahead, a.yielding...), nil
			return tag, nil
		}
		if !retryable(err) {
			return "", err
		}
		if err := a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+savepoint, "RELEASE SAVEPOINT "+savepoint); err != nil {
			return "", err
		}
		late := time.Now().After(deadline)
		var inTheWay []string
		if late || try == 0 {
			inTheWay = a.blockers(ctx)
		}
		if late {
			return "", a.noLock(err, wait, inTheWay)
		}
		if try == 0 {
			a.out.Waiting(a.text, wait, inTheWay)
		}
		a.cancelBlockers(ctx)
		if ended, err := a.outwait(ctx); err != nil {
			return "", err
		} else if ended {
			continue
		}
		if err := a.conn.Wait(ctx, task.BetweenTries(timeout)); err != nil {
			return "", err
		}
	}
}

// instead runs other SQL than the client's, whose tag it gives. An error's position
// is one in another text than the client has.
func (a *act) instead(sql ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if len(sql) == 0 {
			return a.plan.Tag, nil
		}
		err := a.conn.Exec(ctx, sql...)
		var server *guard.ServerError
		if errors.As(err, &server) {
			server.Response.Position = 0
		}
		return a.plan.Tag, err
	}
}

// attempt is one try. A view that has to go first is locked while the table's
// lock is waited for, so the two share the time.
func (a *act) attempt(ctx context.Context, timeout time.Duration, before, after []string, run func(context.Context) (string, error)) (string, error) {
	if len(before) > 0 {
		timeout /= 2
	}
	previous, err := a.conn.Query(ctx, "SELECT pg_catalog.current_setting('lock_timeout')")
	if err != nil {
		return "", err
	}
	first := append([]string{"SAVEPOINT " + savepoint, pg.SetLockTimeout(fmt.Sprint(timeout.Milliseconds()))}, before...)
	if err := a.conn.Exec(ctx, first...); err != nil {
		return "", owned(err)
	}
	a.tried = time.Now()
	tag, err := run(ctx)
	if err != nil {
		return "", err
	}
	last := slices.Concat(after, []string{pg.SetLockTimeout(*previous[0][0]), "RELEASE SAVEPOINT " + savepoint})
	return tag, owned(a.conn.Exec(ctx, last...))
}

func retryable(err error) bool {
	var server *guard.ServerError
	if !errors.As(err, &server) {
		return false
	}
	return pg.LockFailed(server.SQLState())
}

// noLock ends the tries: nothing was changed, and another run may have more
// luck.
func (a *act) noLock(cause error, wait time.Duration, inTheWay []string) error {
	a.mu.Lock()
	a.lockless = true
	a.mu.Unlock()
	var server *guard.ServerError
	if errors.As(cause, &server) {
		server.Response.Detail = fmt.Sprintf("migguard asked for the lock for %v, never longer than %v at a time, so that nobody queued behind it.", wait, task.MaxLockTimeout)
		if len(inTheWay) > 0 {
			server.Response.Detail += " In the way: " + strings.Join(inTheWay, "; ") + "."
		}
		server.Response.Hint = "A long transaction uses the table: find it in pg_stat_activity, let it end, and release again. Or wait longer, --lock-wait, or let migguard cancel what runs too long: --cancel-blockers."
	}
	return cause
}
