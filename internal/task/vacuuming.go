package task

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/pg"
)

// VacuumWait is how long the end of a vacuum is waited for, which is longer than
// deadlock_timeout, one second by default: after that the server cancels an autovacuum that
// is in the way of a lock, unless it keeps transaction ids from wrapping around (ProcSleep,
// src/backend/storage/lmgr/proc.c; manual, "Preventing Transaction ID Wraparound
// Failures"). No strong lock is waited for that long, and the vacuum of a large table that
// was written anew takes minutes.
const VacuumWait = 3 * time.Second

// Outwait waits for those that vacuum a relation, and has the server cancel an autovacuum,
// by a lock for which neither readers nor writers queue up. It tells whether one has ended,
// and the next try is better made before another begins. That it cannot be had stops nothing.
func Outwait(ctx context.Context, conn *pgx.Conn, relation uint32) (ended bool) {
	rows, err := conn.Query(ctx, pg.VacuumingOf(relation))
	if err != nil {
		return false
	}
	locks, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return false
	}
	for _, lock := range locks {
		// One message is one transaction.
		_, err := conn.PgConn().Exec(ctx, pg.SetLockTimeout(fmt.Sprint(VacuumWait.Milliseconds()))+"; "+lock).ReadAll()
		ended = ended || err == nil
	}
	return ended
}
