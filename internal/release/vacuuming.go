package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// outwait waits for those that vacuum what the statement needs locked, and has the server
// cancel an autovacuum, by a lock for which neither readers nor writers queue up. It is
// given back at once: what is waited for is the end of theirs. It tells whether one has
// ended, and the next try is better made before another begins. That it cannot be had stops nothing.
func (a *act) outwait(ctx context.Context) (ended bool, err error) {
	names, _ := a.wanted()
	if len(names) == 0 {
		return false, nil
	}
	for _, row := range a.look(ctx, pg.Vacuuming(names)) {
		if err := a.conn.Exec(ctx, "SAVEPOINT "+savepoint, pg.SetLockTimeout(fmt.Sprint(task.VacuumWait.Milliseconds()))); err != nil {
			return false, err
		}
		err := a.conn.Exec(ctx, *row[0])
		var server *guard.ServerError
		if err != nil && (!errors.As(err, &server) || server.SQLState() == pg.QueryCanceled) {
			return false, err
		}
		ended = ended || err == nil
		if err := a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+savepoint, "RELEASE SAVEPOINT "+savepoint); err != nil {
			return false, err
		}
	}
	return ended, nil
}
