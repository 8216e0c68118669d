package release

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// counted are the queries that the database had seen when the run began, and what
// the run before has recorded of them.
//
// Calls while a run goes on are taken away: they may be its migrations' own, and
// who sent a query the server does not tell. Of the others counts what came after
// the last run that succeeded.
type counted struct {
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
	queries  *judge.Queries // what they show; nil: not worked out yet
	replayed []*replayed    // those of them that can be replayed
}

type queryKey struct {
	role uint32
	id   int64
}

// all is there if the list that was recorded last leaves none out.
var all queryKey

// learn finds out what code runs, and what the database has seen, once. Without a
// contract, old or new, it does not look at queries.
func (r *Run) learn(ctx context.Context) (err error) {
	if r.learned {
		return nil
	}
	r.learned = true
	if r.codeRuns, err = r.code(ctx); err != nil || r.Contract == nil && len(r.codeRuns) == 0 {
		return err
	}
	for _, code := range r.codeRuns {
		if left := textsLeft(code); left > 0 {
			r.Out.Line("%d queries in the source of %s, the longest, are not replayed: there was no room for them in its contract", left, code.Name)
		}
	}
	c := &counted{before: map[queryKey]ledger.SeenQuery{}, enough: r.enough()}
	var unseen *pg.UnseenError
	c.seen, err = pg.ReadSeen(ctx, r.Catalog, len(r.codeRuns) > 0)
	switch {
	case errors.As(err, &unseen):
		c.why, r.counted = unseen.Error(), c
		return nil
	case err != nil:
		return err
	}
	recorded, err := r.Ledger.Seen(ctx)
	if err != nil {
		return err
	}
	last, _, err := r.Ledger.LastSuccessful(ctx)
	if err != nil {
		return err
	}
	c.take(recorded)
	c.look(recorded, last.FinishedAt)
	r.counted = c
	return nil
}

// take takes what the run before has recorded.
func (c *counted) take(recorded ledger.Seen) {
	for _, q := range recorded.Queries {
		c.before[queryKey{q.Role, q.Query}] = q
		c.released = c.released || q.Outside != nil
		c.open = c.open || q.Began != nil
		c.reset = c.reset || c.seen.Since.After(q.RecordedAt)
	}
}

// recorded is what the run before has recorded of a query, if its calls since are
// counted on from there.
func (c *counted) recorded(q pg.SeenQuery) (before ledger.SeenQuery, ok bool) {
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
func (c *counted) calls(q pg.SeenQuery) (int64, contract.Verdict) {
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
func (c *counted) killed(q pg.SeenQuery) int64 {
	before, ok := c.recorded(q)
	switch {
	case !ok && c.open:
		return q.Calls
	case before.Began != nil:
		return before.Killed + q.Calls - *before.Began
	}
	return before.Killed
}

// countBegin records that a run has begun that may send queries, for the next one,
// should this one be killed.
func (r *Run) countBegin(ctx context.Context) {
	if r.counted == nil || r.counted.why != "" {
		return
	}
	now, calls := r.counted.after(r.counted.seen, false), r.counted.began()
	for i, q := range now.Queries {
		now.Queries[i].Began = new(calls[queryKey{q.Role, q.Query}])
	}
	r.recordCount(r.Ledger.RecordSeen(ctx, now))
}

// countQueries records how often queries have been run, for the next run.
func (r *Run) countQueries(ctx context.Context, succeeded bool) {
	if r.counted == nil || r.counted.why != "" {
		return
	}
	ctx = context.WithoutCancel(ctx)
	conn, err := pgx.ConnectConfig(ctx, r.Database.ConnConfig())
	if err == nil {
		var now pg.Seen
		if now, err = pg.ReadSeen(ctx, conn, false); err == nil {
			err = r.Ledger.RecordSeen(ctx, r.counted.after(now, succeeded))
		}
		_ = conn.Close(ctx)
	}
	r.recordCount(err)
}

// recordCount says that counts could not be recorded, which is no reason to fail.
func (r *Run) recordCount(err error) {
	if err != nil {
		r.Out.Line("which queries the database has seen could not be recorded: %v", err)
	}
}

// began are the calls of the queries when the run began.
func (c *counted) began() map[queryKey]int64 {
	calls := make(map[queryKey]int64, len(c.seen.Queries))
	for _, q := range c.seen.Queries {
		calls[queryKey{q.Role, q.ID}] = q.Calls
	}
	return calls
}

// after is what to record at the end of a run.
func (c *counted) after(now pg.Seen, succeeded bool) ledger.Seen {
	began := c.began()
	is := ledger.Seen{Whole: c.whole, Evictions: now.Evictions}
	if now.Evictions != c.seen.Evictions || lacks(now, began) {
		is.Whole = now.At
	}
	for _, q := range now.Queries {
		before, _ := c.recorded(q)
		query := ledger.SeenQuery{Role: q.Role, Query: q.ID, Own: before.Own, Outside: before.Outside}
		switch start, ok := began[queryKey{q.Role, q.ID}]; {
		case ok && q.Calls < start:
			query.Own = 0 // it was forgotten while the run went on
		case ok:
			query.Own += q.Calls - start
			query.Killed = c.killed(pg.SeenQuery{Role: q.Role, ID: q.ID, Calls: start})
		case c.seen.Whole:
			query.Own += q.Calls
		default:
			query.Killed = c.killed(q)
		}
		if succeeded {
			query.Outside, query.Killed = new(q.Calls-query.Own), 0
		}
		is.Queries = append(is.Queries, query)
	}
	if _, was := c.before[all]; (was || succeeded) && now.Whole && now.Hidden == 0 {
		is.Queries = append(is.Queries, ledger.SeenQuery{Outside: new(int64)})
	}
	return is
}
