package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// dropLockTimeout is how long a DROP VIEW may stand in the view's lock
	// queue, where every statement of the running code queues behind it.
	dropLockTimeout = "100ms"
	dropTries       = 20
	dropPause       = 250 * time.Millisecond // between two tries
)

// A ShimBusyError is returned by DropShim when running statements kept the view
// locked through all tries. Nothing has changed; trying again is safe.
type ShimBusyError struct {
	View  string
	Tries int
	Err   error
}

func (e *ShimBusyError) Error() string {
	return fmt.Sprintf("view %s is in use: not dropped in %d tries", e.View, e.Tries)
}

func (e *ShimBusyError) Unwrap() error { return e.Err }

// A ShimKeptError is returned by DropShim when the view must not be dropped.
// Nothing has changed.
type ShimKeptError struct {
	View   string
	Reason string
	Err    error // the server's, if it was the server that said no
}

func (e *ShimKeptError) Error() string { return fmt.Sprintf("view %s stays: %s", e.View, e.Reason) }

func (e *ShimKeptError) Unwrap() error { return e.Err }

// DropShim takes a shim down and marks it so, in one transaction. A shim whose
// view is gone already is only marked. It fails with a *ShimKeptError when the
// view is not the one that was recorded or other objects depend on it, with a
// *ShimBusyError when its lock cannot be had, and with pgx.ErrNoRows when no
// such shim stands.
func (l *Ledger) DropShim(ctx context.Context, id int64) error {
	const op = "drop the shim"
	for try := 1; ; try++ {
		var view string
		err := l.inTx(ctx, op, func(ctx context.Context, tx pgx.Tx) (err error) {
			view, err = dropShim(ctx, tx, id, l.release)
			return err
		})
		if sqlState(err) == codeDependentObjects {
			return &ShimKeptError{View: view, Reason: "other objects depend on it", Err: err}
		}
		if sqlState(err) != codeLockNotAvailable {
			return err
		}
		if try == dropTries {
			return &ShimBusyError{View: view, Tries: try, Err: err}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", op, context.Cause(ctx))
		case <-time.After(dropPause):
		}
	}
}

// dropShim returns the view's name as far as it got.
func dropShim(ctx context.Context, tx pgx.Tx, id, release int64) (view string, err error) {
	if _, err := tx.Exec(ctx, "set local lock_timeout = '"+dropLockTimeout+"'"); err != nil {
		return "", err
	}
	var oid uint32
	var ours bool
	err = tx.QueryRow(ctx, `
		select s.view, case when c.oid is null then '' else format('%I.%I', n.nspname, c.relname) end,
		       coalesce(c.relkind = 'v', false) and exists (
				select from pg_rewrite rw join pg_depend d
				  on d.classid = 'pg_rewrite'::regclass and d.objid = rw.oid
				 and d.refclassid = 'pg_class'::regclass and d.refobjid = s.relation
				where rw.ev_class = s.view)
		from migguard.shim s
		left join pg_class c on c.oid = s.view
		left join pg_namespace n on n.oid = c.relnamespace
		where s.id = $1 and s.dropped_at is null
		for update of s`, id,
	).Scan(&oid, &view, &ours)
	if err != nil {
		return view, err
	}
	note := "was gone already"
	if view != "" {
		if !ours {
			return view, &ShimKeptError{View: view, Reason: "it no longer shows the table it was made for"}
		}
		if err := dropView(ctx, tx, oid, view); err != nil {
			return view, err
		}
		note = ""
	}
	_, err = tx.Exec(ctx, `
		update migguard.shim
		set dropped_at = clock_timestamp(), dropped_by = nullif($2, 0), note = coalesce(nullif($3, ''), note)
		where id = $1`, id, release, note)
	return view, err
}

// dropView drops by name, there being no other way, and then makes sure that
// it was the view meant. LOCK TABLE first would lock the table under the view
// as well (manual, LOCK: "recursively").
func dropView(ctx context.Context, tx pgx.Tx, oid uint32, name string) error {
	if _, err := tx.Exec(ctx, "drop view "+name); err != nil {
		return err
	}
	var still bool
	err := tx.QueryRow(ctx, "select exists (select from pg_class where oid = $1)", oid).Scan(&still)
	if err == nil && still {
		return &ShimKeptError{View: name, Reason: "it was renamed meanwhile"}
	}
	return err
}
