package seen

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// Begin records that a run has begun that may send queries, for the next one, should
// this one be killed. Where the server did not tell there is nothing to record.
func (c *Counted) Begin(ctx context.Context, l *ledger.Ledger) error {
	if c.why != "" {
		return nil
	}
	now, calls := c.after(c.seen, false), c.began()
	for i, q := range now.Queries {
		now.Queries[i].Began = new(calls[queryKey{q.Role, q.Query}])
	}
	return l.RecordSeen(ctx, now)
}

// End records how often queries have been run, for the next run, as a new session with
// the database tells.
func (c *Counted) End(ctx context.Context, database *pg.Config, l *ledger.Ledger, succeeded bool) error {
	if c.why != "" {
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, database.ConnConfig())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	now, err := pg.ReadSeen(ctx, conn, false)
	if err != nil {
		return err
	}
	return l.RecordSeen(ctx, c.after(now, succeeded))
}

// began are the calls of the queries when the run began.
func (c *Counted) began() map[queryKey]int64 {
	calls := make(map[queryKey]int64, len(c.seen.Queries))
	for _, q := range c.seen.Queries {
		calls[queryKey{q.Role, q.ID}] = q.Calls
	}
	return calls
}

// after is what to record at the end of a run.
func (c *Counted) after(now pg.Seen, succeeded bool) ledger.Seen {
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
