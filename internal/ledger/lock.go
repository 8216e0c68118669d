package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// LockKey is the key of the session advisory lock that makes a run the only
// one in its database: the eight bytes "migguard". In pg_locks it has classid
// 1835624295 and objid 1969320548.
const LockKey int64 = 0x6d69676775617264

const (
	// lockPoll is how often a waiting run asks again.
	lockPoll = 250 * time.Millisecond
	// waitReport is how often it says that it waits.
	waitReport = 5 * time.Second
	// pingEvery and pingTimeout bound how late a lost session is noticed:
	// 11 s. A server that lost its client frees the lock after 25 s (see
	// session), so the holder knows before anybody else can start, unless
	// the session was ended on purpose on the server.
	pingEvery   = time.Second
	pingTimeout = 10 * time.Second
)

// A Holder is the session that has the lock.
type Holder struct {
	PID         uint32
	Application string
	// Since is when its run began, or, before that, its session; zero when
	// this role may not know.
	Since   time.Time
	Release *Release // its run; nil before Begin
}

func (h Holder) String() string {
	s := fmt.Sprintf("pid %d (%s", h.PID, h.Application)
	if r := h.Release; r != nil {
		s += fmt.Sprintf(", run %d", r.ID)
		if r.Version != "" {
			s += " " + r.Version
		}
		if r.Build != "" {
			s += " of build " + r.Build
		}
	}
	if !h.Since.IsZero() {
		s += ", since " + h.Since.UTC().Format(time.RFC3339)
	}
	return s + ")"
}

// A LockedError is returned by Lock when another run kept the lock for the
// whole wait. Trying again later is safe.
type LockedError struct {
	Waited time.Duration
	Holder Holder
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("another run holds the ledger lock: %s; waited %v", e.Holder, e.Waited)
}

// Lock makes this session the only run. It waits for another one up to wait,
// calling onWait, which may be nil, at once and then every 5 s. Then it creates
// the ledger's schema or brings it up to date.
//
// It returns a *LockedError when another run has the lock, a *CreateError when
// this role may not keep a ledger. The lock ends with the session: see Lost.
func (l *Ledger) Lock(ctx context.Context, wait time.Duration, onWait func(Holder)) error {
	const op = "lock the ledger"
	begin := time.Now()
	var told time.Time
	for {
		held, err := l.tryLock(ctx)
		if err != nil {
			return err
		}
		if held {
			l.watching.Do(func() { go l.watch() })
			return l.do(ctx, op, l.ensure)
		}
		waited := time.Since(begin)
		if told.IsZero() || time.Since(told) >= waitReport || waited >= wait {
			holder, found, err := l.holder(ctx)
			if err != nil {
				return err
			}
			if waited >= wait && found { // not found: it is free again
				return &LockedError{Waited: wait, Holder: holder}
			}
			if found && onWait != nil {
				onWait(holder)
			}
			told = time.Now()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", op, context.Cause(ctx))
		case <-time.After(min(lockPoll, wait-waited)):
		}
	}
}

// tryLock asks once. Waiting in the server instead (pg_advisory_lock) would
// hold a snapshot, and the holder's CREATE INDEX CONCURRENTLY waits for every
// older snapshot: the two would wait for each other, in a circle that the
// deadlock detector cannot see, because the lock and the index are two
// sessions'.
func (l *Ledger) tryLock(ctx context.Context) (held bool, err error) {
	err = l.do(ctx, "lock the ledger", func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", LockKey).Scan(&held)
	})
	return held, err
}

// holder tells who has the lock; not found when it has just been freed.
func (l *Ledger) holder(ctx context.Context) (h Holder, found bool, err error) {
	err = l.do(ctx, "find the holder of the ledger lock", func(ctx context.Context, conn *pgx.Conn) error {
		var since *time.Time
		err := conn.QueryRow(ctx, `
			select a.pid, coalesce(a.application_name, ''), a.backend_start
			from pg_locks l join pg_stat_activity a using (pid)
			where l.locktype = 'advisory' and l.granted and l.objsubid = 1
			  and l.database = (select oid from pg_database where datname = current_database())
			  and (l.classid::bigint << 32) + l.objid::bigint = $1`, LockKey,
		).Scan(&h.PID, &h.Application, &since)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		if since != nil {
			h.Since = *since
		}
		return l.holderRelease(ctx, conn, &h)
	})
	return h, found, err
}

// holderRelease adds the run that is marked running, if there is a ledger yet.
func (l *Ledger) holderRelease(ctx context.Context, conn *pgx.Conn, h *Holder) error {
	rows, err := conn.Query(ctx, selectRelease+" where outcome = 'running' order by id desc limit 1")
	if err != nil {
		return err
	}
	releases, err := pgx.CollectRows(rows, scanRelease)
	if sqlState(err) == codeUndefinedTable { // the holder is creating it
		return nil
	}
	if err != nil || len(releases) == 0 {
		return err
	}
	h.Release, h.Since = &releases[0], releases[0].StartedAt
	return nil
}

// Lost yields one error when the session that holds the lock is gone: from
// then on another run may start, so this one has to stop. It is silent before
// Lock and after Close.
func (l *Ledger) Lost() <-chan error { return l.lost }

// watch asks the server for a sign of life until the session ends.
func (l *Ledger) watch() {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.closed:
			return
		case <-tick.C:
		}
		if err := l.ping(); err != nil {
			select {
			case <-l.closed:
			default:
				l.lost <- fmt.Errorf("the session that holds the ledger lock is gone: %w", err)
			}
			return
		}
	}
}

func (l *Ledger) ping() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	return l.conn.Ping(ctx)
}
