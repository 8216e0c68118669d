package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Session is another session of the database.
type Session struct {
	PID         uint32
	User        string
	Application string
	State       string        // pg_stat_activity's: "idle in transaction"; "" if hidden
	Since       time.Duration // how long it has been in that state; 0 if hidden
}

func (s Session) String() string {
	text := fmt.Sprintf("pid %d (%s", s.PID, s.User)
	if s.Application != "" {
		text += ", " + s.Application
	}
	if s.State != "" {
		text += ", " + s.State
	}
	return text + ")"
}

// Activity is who else uses a database.
type Activity struct {
	// Busy sessions hold a transaction, run a query, or have run one within
	// the time that was asked about.
	Busy []Session
	// Hidden sessions are other roles', which this role may not look at
	// unless it is a member of pg_read_all_stats. Of them only a transaction
	// that has written shows; without one they may be busy or idle.
	Hidden []Session
}

// ReadActivity looks at the client sessions of conn's database, without those
// in own and those that call themselves "migguard".
//
// A session that connected, worked and left between two looks is not seen.
func ReadActivity(ctx context.Context, conn *pgx.Conn, within time.Duration, own []uint32) (Activity, error) {
	var a Activity
	rows, err := conn.Query(ctx, activityQuery, within.Seconds(), pids(own))
	if err != nil {
		return a, fmt.Errorf("look at the database's sessions: %w", err)
	}
	var s Session
	var since float64
	var busy, hidden bool
	_, err = pgx.ForEachRow(rows, []any{&s.PID, &s.User, &s.Application, &s.State, &since, &busy, &hidden}, func() error {
		s.Since = time.Duration(since * float64(time.Second))
		switch {
		case busy:
			a.Busy = append(a.Busy, s)
		case hidden:
			a.Hidden = append(a.Hidden, s)
		}
		return nil
	})
	if err != nil {
		return a, fmt.Errorf("look at the database's sessions: %w", err)
	}
	return a, nil
}

// pids are int4 in pg_stat_activity.
func pids(own []uint32) []int32 {
	list := make([]int32, len(own))
	for i, pid := range own {
		list[i] = int32(pid)
	}
	return list
}

// Of another role's session the server shows pid, role, application_name and
// transaction ids, and NULL for the rest (pg_stat_get_activity), backend_type
// included. Its state_change moves when a query begins and when it ends, so
// query_start says no more. xact_start is set from BEGIN on, whatever the state.
const activityQuery = `
SELECT a.pid::pg_catalog.int8, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, ''),
       coalesce(greatest(extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change), 0), 0)::pg_catalog.float8,
       coalesce(a.xact_start IS NOT NULL OR a.backend_xid IS NOT NULL
         OR a.state IN ('active', 'fastpath function call', 'idle in transaction', 'idle in transaction (aborted)')
         OR a.state_change > pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1), false),
       a.state IS NULL
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL
  AND coalesce(a.backend_type, 'client backend') = 'client backend'
  AND a.pid <> pg_catalog.pg_backend_pid() AND NOT a.pid = ANY ($2)
  AND coalesce(a.application_name, '') <> 'migguard'
ORDER BY a.pid`
