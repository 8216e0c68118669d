package ddl

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// lockPatience bounds the wait for a statement to wait.
const lockPatience = time.Minute

// behind runs a statement that may not run in a transaction block, until it waits
// for what another session holds; then it is given up.
func (l *lockLab) behind(t *testing.T, f lockForm) *lockTaken {
	t.Helper()
	holder := l.other
	exec := func(sql string) {
		if _, err := holder.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec("begin; " + f.behind)
	ctx, cancel := context.WithTimeout(t.Context(), lockPatience)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := l.runner.Exec(ctx, f.sql, pgx.QueryExecModeSimpleProtocol)
		ended <- err
	}()
	taken := &lockTaken{names: l.relations}
	for waits := false; !waits; {
		select {
		case err := <-ended:
			t.Errorf("%s: did not wait: %v", f.sql, err)
			return nil
		default:
		}
		taken.locks, waits = l.held(t)
	}
	exec("select pg_cancel_backend(" + strconv.FormatUint(uint64(l.runner.PgConn().PID()), 10) + ")")
	<-ended
	exec("rollback")
	return taken
}
