package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// settleKey is the key of the session advisory lock of the one process that
// settles: the eight bytes "migsettl".
const settleKey int64 = 0x6d6967736574746c

// TrySettle makes this session the one that settles in its database, until it
// is closed; false when another one does. It is not the lock of a run.
func (l *Ledger) TrySettle(ctx context.Context) (won bool, err error) {
	err = l.do(ctx, "lock the settling", func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", settleKey).Scan(&won)
	})
	return won, err
}

// Settled records that since now only the code of a release runs: the window
// that its run's end has opened is closed. It is recorded once.
func (l *Ledger) Settled(ctx context.Context, app, version string) error {
	return l.read(ctx, "record the settling", func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `
			update migguard.release set settled_at = clock_timestamp()
			where settled_at is null and outcome = 'succeeded' and version = $2 and coalesce(app, $1) = $1`,
			clean(app), clean(version))
		return err
	})
}
