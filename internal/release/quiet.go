package release

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
)

// backends are the server processes of the guard's sessions, which are not the
// running code's. Those that have ended stay: a process id is not used again
// within one drain.
type backends struct {
	mu   sync.Mutex
	pids map[uint32]bool
}

func (b *backends) add(pid uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pids == nil {
		b.pids = map[uint32]bool{}
	}
	b.pids[pid] = true
}

func (b *backends) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.pids)
}

func (b *backends) list() []uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.pids))
}

const (
	// quietLook bounds one look at the database, with the session for it.
	quietLook = 5 * time.Second
	// quietWithin is longer than from one look to the next, so that no query
	// passes between two.
	quietWithin = time.Second
)

// quiet looks who is, or just was, at work in the database. Idle sessions do
// not count: a pool holds them for ever.
func (r *Run) quiet(ctx context.Context) (a maintenance.Activity, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, quietLook, fmt.Errorf("look at the database's sessions: no answer within %v", quietLook))
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, r.Database.ConnConfig())
	if err != nil {
		return a, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	seen, err := pg.ReadActivity(ctx, conn, quietWithin, r.own.list())
	for _, s := range seen.Busy {
		a.Busy = append(a.Busy, s.String())
	}
	for _, s := range seen.Hidden {
		a.Unknown = append(a.Unknown, s.String())
	}
	return a, err
}
