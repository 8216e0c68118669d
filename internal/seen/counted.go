// Package seen is what the database has seen of code: the queries that
// pg_stat_statements has counted, which of them were sent since the last release, what
// they use, and whether others would have been seen. It refuses nothing, and takes no
// calls for code's that came while a run went on.
package seen

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// Counted are the queries that the database had seen when the run began, and what
// the run before has recorded of them.
//
// Calls while a run goes on are taken away: they may be its migrations' own, and
// who sent a query the server does not tell. Of the others counts what came after
// the last run that succeeded.
type Counted struct {
	seen   pg.Seen
	why    string // it is not known
	before map[queryKey]ledger.SeenQuery
	// released says that a run has succeeded since queries are recorded, reset that
	// what was recorded is no longer part of the counts, and open that the run which
	// has recorded it was killed.
	released, reset, open bool
	// enough is how long queries have to have been counted for, whole since when none
	// was forgotten, and young says that the last release is not as old as enough.
	enough   time.Duration
	whole    time.Time
	young    bool
	evidence *judge.Queries // what they show; nil: not worked out yet
	read     []Query        // those whose texts could be read
}

type queryKey struct {
	role uint32
	id   int64
}

// all is there if the list that was recorded last leaves none out.
var all queryKey

// Read reads what the database has counted, with texts or without, in a session that is
// in no transaction, and what is on record of it. enough is as New's. That the server
// does not tell is no error, but what Evidence says.
func Read(ctx context.Context, conn *pgx.Conn, l *ledger.Ledger, texts bool, enough time.Duration) (*Counted, error) {
	var unseen *pg.UnseenError
	now, err := pg.ReadSeen(ctx, conn, texts)
	switch {
	case errors.As(err, &unseen):
		return &Counted{why: unseen.Error()}, nil
	case err != nil:
		return nil, err
	}
	recorded, err := l.Seen(ctx)
	if err != nil {
		return nil, err
	}
	last, _, err := l.LastSuccessful(ctx)
	if err != nil {
		return nil, err
	}
	return New(now, recorded, last.FinishedAt, enough), nil
}

// New takes what is counted together with what the run before has recorded. released is
// when the last run that succeeded has ended; zero: none has. enough is how long all
// queries have to have been counted for before one that is not there is taken not to be
// sent; 0: a day, and less: none is needed, whatever was forgotten.
func New(now pg.Seen, recorded ledger.Seen, released time.Time, enough time.Duration) *Counted {
	c := &Counted{seen: now, before: map[queryKey]ledger.SeenQuery{}, enough: cmp.Or(enough, aDay)}
	c.take(recorded)
	c.look(recorded, released)
	return c
}

// take takes what the run before has recorded.
func (c *Counted) take(recorded ledger.Seen) {
	for _, q := range recorded.Queries {
		c.before[queryKey{q.Role, q.Query}] = q
		c.released = c.released || q.Outside != nil
		c.open = c.open || q.Began != nil
		c.reset = c.reset || c.seen.Since.After(q.RecordedAt)
	}
}

// recorded is what the run before has recorded of a query, if its calls since are
// counted on from there.
func (c *Counted) recorded(q pg.SeenQuery) (before ledger.SeenQuery, ok bool) {
	before, ok = c.before[queryKey{q.Role, q.ID}]
	if !ok || c.reset || q.Calls < least(before) { // it was forgotten, and seen again
		return ledger.SeenQuery{}, false
	}
	return before, true
}

// least is how many calls of a query there are as long as it is not forgotten.
func least(before ledger.SeenQuery) int64 {
	n := before.Own + before.Killed
	if before.Outside != nil {
		n += *before.Outside
	}
	if before.Began != nil {
		n = max(n, *before.Began)
	}
	return n
}

// calls are how often a query was run outside of runs, and whether it was since
// the last release. Of what came while a run went on that was killed nobody knows who
// has sent it, as its end is not on record.
func (c *Counted) calls(q pg.SeenQuery) (int64, contract.Verdict) {
	before, ok := c.recorded(q)
	_, whole := c.before[all]
	_, listed := c.before[queryKey{q.Role, q.ID}]
	n, outside := q.Calls-before.Own, int64(0)
	if before.Outside != nil {
		outside = *before.Outside
	}
	switch {
	case !c.released:
		return n, contract.Unknown
	case before.Outside != nil && n == outside:
		return n, contract.No
	case !ok && !listed && !c.reset && !whole:
		return n, contract.Unknown
	case n-c.killed(q) <= outside:
		return n, contract.Unknown
	}
	return n, contract.Yes
}

// killed counts the calls of a query that may be of runs which were killed.
func (c *Counted) killed(q pg.SeenQuery) int64 {
	before, ok := c.recorded(q)
	switch {
	case !ok && c.open:
		return q.Calls
	case before.Began != nil:
		return before.Killed + q.Calls - *before.Began
	}
	return before.Killed
}
