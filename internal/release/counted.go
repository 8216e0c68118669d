package release

import (
	"context"
	"errors"

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
	// released says that a run has succeeded since queries are recorded, and
	// reset that what was recorded is no longer part of the counts.
	released, reset bool
	queries         *judge.Queries // what they show; nil: not worked out yet
	replayed        []*replayed    // those of them that can be replayed
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
	c := &counted{before: map[queryKey]ledger.SeenQuery{}}
	var unseen *pg.UnseenError
	c.seen, err = pg.ReadSeen(ctx, r.Catalog, len(r.codeRuns) > 0)
	switch {
	case errors.As(err, &unseen):
		c.why, r.counted = unseen.Error(), c
		return nil
	case err != nil:
		return err
	}
	recorded, err := r.Ledger.SeenQueries(ctx)
	if err != nil {
		return err
	}
	for _, q := range recorded {
		c.before[queryKey{q.Role, q.Query}] = q
		c.released = c.released || q.Outside != nil
		c.reset = c.reset || c.seen.Since.After(q.RecordedAt)
	}
	r.counted = c
	return nil
}

// recorded is what the run before has recorded of a query, if its calls since are
// counted on from there.
func (c *counted) recorded(q pg.SeenQuery) (before ledger.SeenQuery, ok bool) {
	before, ok = c.before[queryKey{q.Role, q.ID}]
	least := before.Own
	if before.Outside != nil {
		least += *before.Outside
	}
	if !ok || c.reset || q.Calls < least { // it was forgotten, and seen again
		return ledger.SeenQuery{}, false
	}
	return before, true
}

// calls are how often a query was run outside of runs, and whether it was since
// the last release.
func (c *counted) calls(q pg.SeenQuery) (int64, contract.Verdict) {
	before, ok := c.recorded(q)
	_, whole := c.before[all]
	_, listed := c.before[queryKey{q.Role, q.ID}]
	n := q.Calls - before.Own
	switch {
	case !c.released:
		return n, contract.Unknown
	case ok && before.Outside != nil && n == *before.Outside:
		return n, contract.No
	case ok || listed || c.reset || whole:
		return n, contract.Yes
	}
	return n, contract.Unknown
}

// countQueries records how often queries have been run, for the next run. That it
// cannot is no reason to fail.
func (r *Run) countQueries(ctx context.Context, succeeded bool) {
	if r.counted == nil || r.counted.why != "" {
		return
	}
	ctx = context.WithoutCancel(ctx)
	conn, err := pgx.ConnectConfig(ctx, r.Database.ConnConfig())
	if err == nil {
		var now pg.Seen
		if now, err = pg.ReadSeen(ctx, conn, false); err == nil {
			err = r.Ledger.RecordSeenQueries(ctx, r.counted.after(now, succeeded))
		}
		_ = conn.Close(ctx)
	}
	if err != nil {
		r.Out.Line("which queries the database has seen could not be recorded: %v", err)
	}
}

// after is what to record at the end of a run.
func (c *counted) after(now pg.Seen, succeeded bool) (queries []ledger.SeenQuery) {
	began := map[queryKey]int64{}
	for _, q := range c.seen.Queries {
		began[queryKey{q.Role, q.ID}] = q.Calls
	}
	for _, q := range now.Queries {
		before, _ := c.recorded(q)
		is := ledger.SeenQuery{Role: q.Role, Query: q.ID, Own: before.Own, Outside: before.Outside}
		switch start, ok := began[queryKey{q.Role, q.ID}]; {
		case ok && q.Calls < start:
			is.Own = 0 // it was forgotten while the run went on
		case ok || c.seen.Whole:
			is.Own += q.Calls - start
		}
		if succeeded {
			outside := q.Calls - is.Own
			is.Outside = &outside
		}
		queries = append(queries, is)
	}
	var zero int64
	if _, was := c.before[all]; (was || succeeded) && now.Whole && now.Hidden == 0 {
		queries = append(queries, ledger.SeenQuery{Outside: &zero})
	}
	return queries
}
