package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// dropLockTimeout is how long a DROP may stand in the lock queue of what it
	// drops, where every statement of the running code queues behind it.
	dropLockTimeout = "100ms"
	dropTries       = 20
	dropPause       = 250 * time.Millisecond // between two tries
)

// A BusyError is returned by DropShim and DropDeferred when running statements
// kept what is to be dropped locked through all tries. Nothing has changed;
// trying again is safe.
type BusyError struct {
	Object string
	Tries  int
	Err    error
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s is in use: not dropped in %d tries", e.Object, e.Tries)
}

// Unwrap returns the server's error.
func (e *BusyError) Unwrap() error { return e.Err }

// A KeptError is returned by DropShim and DropDeferred when it must not be
// dropped. Nothing has changed.
type KeptError struct {
	Object string
	Reason string
	Err    error // the server's, if it was the server that said no
}

func (e *KeptError) Error() string { return fmt.Sprintf("%s stays: %s", e.Object, e.Reason) }

// Unwrap returns the server's error, if there is one.
func (e *KeptError) Unwrap() error { return e.Err }

// DropShim takes a shim down and marks it so, in one transaction. A shim whose
// view is gone already is only marked. It fails with a *KeptError when the
// view is not the one that was recorded or other objects depend on it, with a
// *BusyError when its lock cannot be had, and with pgx.ErrNoRows when no
// such shim stands.
func (l *Ledger) DropShim(ctx context.Context, id int64) error {
	return l.drop(ctx, "drop the shim", func(ctx context.Context, tx pgx.Tx) (string, error) {
		return dropShim(ctx, tx, id, l.release)
	})
}

// drop does it again and again until it has its lock, which it does not wait for
// long. do returns what is dropped, as far as it got.
func (l *Ledger) drop(ctx context.Context, op string, do func(context.Context, pgx.Tx) (string, error)) error {
	for try := 1; ; try++ {
		var object string
		err := l.inTx(ctx, op, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "set local lock_timeout = '"+dropLockTimeout+"'")
			if err == nil {
				object, err = do(ctx, tx)
			}
			return err
		})
		if sqlState(err) == codeDependentObjects {
			return &KeptError{Object: object, Reason: "other objects depend on it", Err: err}
		}
		if sqlState(err) != codeLockNotAvailable {
			return err
		}
		if try == dropTries {
			return &BusyError{Object: object, Tries: try, Err: err}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", op, context.Cause(ctx))
		case <-time.After(dropPause):
		}
	}
}

// dropShim returns the view, or the partitioned table, as far as it got.
func dropShim(ctx context.Context, tx pgx.Tx, id, release int64) (object string, err error) {
	var oid, schema uint32
	var view, table string
	var ours bool
	err = tx.QueryRow(ctx, `
		select s.view, coalesce(c.relnamespace, 0), case when c.oid is null then '' else format('%I.%I', n.nspname, c.relname) end,
		       coalesce(case c.relkind when 'v' then exists (
				select from pg_rewrite rw join pg_depend d
				  on d.classid = 'pg_rewrite'::regclass and d.objid = rw.oid
				 and d.refclassid = 'pg_class'::regclass and d.refobjid = s.relation
				where rw.ev_class = s.view)
			when 'p' then s.kind = 'table-parent' and array[s.relation] = (
				select array_agg(h.inhrelid) from pg_inherits h where h.inhparent = s.view) end, false),
		       coalesce(case when c.relkind = 'p' then s.relation::regclass::text end, '')
		from migguard.shim s
		left join pg_class c on c.oid = s.view
		left join pg_namespace n on n.oid = c.relnamespace
		where s.id = $1 and s.dropped_at is null
		for update of s`, id,
	).Scan(&oid, &schema, &view, &ours, &table)
	if err != nil {
		return "", err
	}
	object, drop := "view "+view, []string{"drop view " + view}
	if table != "" {
		// Each locks the parent first, as its readers do. A lock that cannot be had
		// takes both back.
		object, drop = "table "+view, []string{"alter table " + view + " detach partition " + table, "drop table " + view}
	}
	note := "was gone already"
	if view != "" {
		if !ours {
			return object, &KeptError{Object: object, Reason: "it no longer shows the table it was made for"}
		}
		if err := dropRelation(ctx, tx, oid, object, drop); err != nil {
			return object, err
		}
		note = ""
	}
	if err := dropOverlaySchema(ctx, tx, id, schema); err != nil {
		return object, err
	}
	_, err = tx.Exec(ctx, `
		update migguard.shim
		set dropped_at = clock_timestamp(), dropped_by = nullif($2, 0), note = coalesce(nullif($3, ''), note)
		where id = $1`, id, release, note)
	return object, err
}

// dropOverlaySchema drops the schema of an overlay that has nothing else in it.
func dropOverlaySchema(ctx context.Context, tx pgx.Tx, id int64, schema uint32) error {
	var name string
	err := tx.QueryRow(ctx, `
		select quote_ident(n.nspname) from pg_namespace n
		where n.oid = $2 and exists (select from migguard.shim s where s.id = $1 and s.kind = 'overlay')
		  and not exists (select from pg_depend d where d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid)`, id, schema).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		_, err = tx.Exec(ctx, "drop schema "+name)
	}
	return err
}

// dropRelation drops by name, there being no other way, and then makes sure that
// it was the view meant. LOCK TABLE first would lock the table under the view
// as well (manual, LOCK: "recursively").
func dropRelation(ctx context.Context, tx pgx.Tx, oid uint32, object string, drop []string) error {
	for _, sql := range drop {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	var still bool
	err := tx.QueryRow(ctx, "select exists (select from pg_class where oid = $1)", oid).Scan(&still)
	if err == nil && still {
		return &KeptError{Object: object, Reason: "it was renamed meanwhile"}
	}
	return err
}
