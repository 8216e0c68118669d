package ledger

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// GrantTo lets another role run migrations through the guard: it may record
// shims, created objects, what is deferred or withheld and breaks, and read them, but not change what was
// recorded.
func (l *Ledger) GrantTo(ctx context.Context, role string) error {
	to := " to " + pgx.Identifier{role}.Sanitize()
	return l.inTx(ctx, "grant the ledger", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Conn().PgConn().Exec(ctx, ""+
			"grant usage on schema migguard"+to+";"+
			"grant select, insert on migguard.shim, migguard.created, migguard.task, migguard.deferred, migguard.withheld"+to+";"+
			"grant select on migguard.maintenance"+to+";"+
			"grant insert on migguard.maintenance_break"+to+";"+
			"grant update (dropped_at, dropped_by, note) on migguard.shim"+to+";"+
			"grant update (closed_at, closed_by, done, note, object_name, statement, comment) on migguard.withheld"+to,
		).ReadAll()
		return err
	})
}
