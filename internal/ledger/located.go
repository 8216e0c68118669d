package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// The ledger knows relations and columns by their numbers, which renaming does not
// change. A dump has none of them: restored, another table may have the number of one
// that is to be dropped. So a run notes what they are called, and the first one that
// finds itself in a restored database looks them up by that. What a run has recorded that
// was killed has no name until the next one begins: a dump from in between loses it.

// relocate does so where it is needed. The caller holds the lock. What keeps columns equal
// gets other names, for which its table is locked: nobody waits long for that.
func (l *Ledger) relocate(ctx context.Context, conn *pgx.Conn) error {
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return l.relocateIn(ctx, tx) })
		if sqlState(err) != codeLockNotAvailable || try == dropTries {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(dropPause):
		}
	}
}

func (l *Ledger) relocateIn(ctx context.Context, tx pgx.Tx) error {
	if err := tx.QueryRow(ctx, "select migguard.is_restored()").Scan(&l.restored); err != nil || !l.restored {
		return err
	}
	if _, err := tx.Exec(ctx, "set local lock_timeout = '"+dropLockTimeout+"'"); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "select * from migguard.relocate()")
	if err == nil {
		l.lostNames, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	return err
}

// locate notes what all that is open is called.
func locate(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "select migguard.locate()")
	return err
}

// Restored tells whether Lock has found the ledger in a database that was restored from a
// dump, and what of it is not there by its name, which the ledger has given up.
func (l *Ledger) Restored() (restored bool, missing []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.restored, l.lostNames
}
