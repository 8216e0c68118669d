package release

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// SQLSTATEs that are worth another try (manual, appendix A).
const (
	codeLockNotAvailable = "55P03"
	codeDeadlock         = "40P01"
)

// A strong lock that waits makes everybody else wait behind it, so it waits
// for no more than firstLockTimeout at first and maxLockTimeout later.
const (
	firstLockTimeout = 200 * time.Millisecond
	maxLockTimeout   = time.Second
)

// blockLockWait bounds the tries inside a transaction of the runner's, whose
// earlier statements may hold locks of their own meanwhile.
const blockLockWait = 10 * time.Second

// savepoint is where a try that did not get its lock goes back to.
const savepoint = "migguard_lock"

// renameWithView renames the table and puts a view under its old name, in one
// transaction, which the client knows as the one statement it sent.
func (a *act) renameWithView(ctx context.Context, change ddl.Change, d judge.Decision, found catalog.Lookup) (string, error) {
	free, _, err := a.bookkeeping(change, found)
	if err != nil {
		return "", err
	}
	view := d.View
	own := append(view.Expand(), ledger.RecordShimSQL(ledger.NewShim{
		ReleaseID: a.releaseID, Kind: ledger.TableView,
		Schema: view.Old.Schema, OldName: view.Old.Name, NewName: view.New.Name,
	}))
	tag, err := a.withLock(ctx, found, free, own)
	if err != nil {
		return "", err
	}
	a.notes = append(a.notes,
		fmt.Sprintf("a view %s keeps the code that is still running working", hazard.Display(view.Old)),
		"on a view these statements of old code fail: "+strings.Join(view.Limits(), "; "))
	a.hold(view.Old.Name)
	return tag, nil
}

// withLock runs the statement between SQL of migguard's own, inside a
// savepoint and with a short lock_timeout, again and again until its locks
// were had or the time is up.
func (a *act) withLock(ctx context.Context, found catalog.Lookup, before, after []string) (string, error) {
	own := slices.Concat(before, after)
	if found.Encoding != "UTF8" && slices.ContainsFunc(own, func(sql string) bool { return !ascii(sql) }) {
		return "", a.unjudged("client_encoding is "+found.Encoding+" and a name in what keeps the old code working is not plain ASCII",
			"SET client_encoding = 'UTF8' before it.")
	}
	wait := a.lockWait
	if a.conn.TxStatus() == 'T' {
		wait = min(wait, blockLockWait)
	}
	if err := a.conn.Block(ctx); err != nil {
		return "", err
	}
	deadline := time.Now().Add(wait)
	for try := 0; ; try++ {
		timeout := min(firstLockTimeout<<min(try, 8), maxLockTimeout)
		tag, err := a.attempt(ctx, timeout, before, after)
		if err == nil {
			a.executed = slices.Concat(before, []string{a.text}, after)
			return tag, nil
		}
		if !retryable(err) {
			return "", err
		}
		if err := a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+savepoint, "RELEASE SAVEPOINT "+savepoint); err != nil {
			return "", err
		}
		if time.Now().After(deadline) {
			return "", a.noLock(err, wait)
		}
		if try == 0 {
			a.out.Waiting(a.text, wait)
		}
		// Full jitter, so that two migrations do not meet again and again.
		if err := a.conn.Wait(ctx, timeout/2+rand.N(timeout)); err != nil {
			return "", err
		}
	}
}

// attempt is one try. A view that has to go first is locked while the table's
// lock is waited for, so the two share the time.
func (a *act) attempt(ctx context.Context, timeout time.Duration, before, after []string) (string, error) {
	if len(before) > 0 {
		timeout /= 2
	}
	previous, err := a.conn.Query(ctx, "SELECT pg_catalog.current_setting('lock_timeout')")
	if err != nil {
		return "", err
	}
	first := append([]string{"SAVEPOINT " + savepoint, setLockTimeout(fmt.Sprint(timeout.Milliseconds()))}, before...)
	if err := a.conn.Exec(ctx, first...); err != nil {
		return "", owned(err)
	}
	tag, err := a.conn.Run(ctx)
	if err != nil {
		return "", err
	}
	last := slices.Concat(after, []string{setLockTimeout(*previous[0][0]), "RELEASE SAVEPOINT " + savepoint})
	return tag, owned(a.conn.Exec(ctx, last...))
}

// setLockTimeout sets it for the transaction, as SET LOCAL does.
func setLockTimeout(value string) string {
	return fmt.Sprintf("SELECT pg_catalog.set_config('lock_timeout', '%s', true)", value)
}

// owned says of an error that it is not about the client's own statement.
func owned(err error) error {
	var server *guard.ServerError
	if errors.As(err, &server) && !retryable(err) {
		if explained(err); server.Response.Hint == "" {
			server.Response.Detail = strings.TrimSpace(server.Response.Detail +
				" This is about the view that migguard puts under the old name, or its record, and not about the rename itself.")
			server.Response.Hint = "The role that migrates must be able to make a view that belongs to the table's owner."
		}
	}
	return err
}

func retryable(err error) bool {
	var server *guard.ServerError
	if !errors.As(err, &server) {
		return false
	}
	return server.SQLState() == codeLockNotAvailable || server.SQLState() == codeDeadlock
}

// noLock ends the tries: nothing was changed, and another run may have more
// luck.
func (a *act) noLock(cause error, wait time.Duration) error {
	a.mu.Lock()
	a.lockless = true
	a.mu.Unlock()
	var server *guard.ServerError
	if errors.As(cause, &server) {
		server.Response.Detail = fmt.Sprintf("migguard asked for the lock for %v, never longer than %v at a time, so that nobody queued behind it.", wait, maxLockTimeout)
		server.Response.Hint = "A long transaction uses the table: find it in pg_stat_activity, let it end, and release again. Or wait longer: --lock-wait."
	}
	return cause
}
