package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Seen is what a run has recorded of the queries that the database had run.
type Seen struct {
	Queries []SeenQuery
	// Whole is since when none that was counted has been forgotten, as far as runs have
	// seen, by the server's clock; zero: none has recorded it.
	Whole time.Time
	// Evictions is how often some had been forgotten for want of room.
	Evictions int64
}

// SeenQuery is how often a query had been run when the last run ended, or began that
// has not.
type SeenQuery struct {
	Role uint32
	// Query is pg_stat_statements.queryid. One with 0 says that none is left
	// out of the list.
	Query int64
	// Own counts calls while runs went on, which may be the migrations'.
	Own int64
	// Outside counts other calls until the last run ended that succeeded; nil
	// if the query was not seen until then.
	Outside *int64
	// Began counts all calls when the run began that has not ended; nil if it has.
	Began *int64
	// Killed counts calls since that last run which are not in Own, and may be of
	// runs that did not come to record them.
	Killed     int64
	RecordedAt time.Time // by the server's clock; not written
}

// Seen is what was recorded last.
func (l *Ledger) Seen(ctx context.Context) (s Seen, err error) {
	err = l.read(ctx, "read seen queries", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "select role, query, own, outside, began, killed, recorded_at from migguard.seen_query")
		if err != nil {
			return err
		}
		if s.Queries, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SeenQuery]); err != nil {
			return err
		}
		err = conn.QueryRow(ctx, "select whole_since, evictions from migguard.seen").Scan(&s.Whole, &s.Evictions)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return s, err
}

// RecordSeen takes the place of what was recorded before.
func (l *Ledger) RecordSeen(ctx context.Context, s Seen) error {
	var roles []uint32
	var ids, own, killed []int64
	var outside, began []*int64
	for _, q := range s.Queries {
		roles, ids, own, outside = append(roles, q.Role), append(ids, q.Query), append(own, q.Own), append(outside, q.Outside)
		began, killed = append(began, q.Began), append(killed, q.Killed)
	}
	return l.inTx(ctx, "record seen queries", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from migguard.seen_query"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			insert into migguard.seen_query (role, query, own, outside, began, killed)
			select * from unnest($1::oid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])`,
			roles, ids, own, outside, began, killed); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			insert into migguard.seen (whole_since, evictions) values ($1, $2)
			on conflict (one) do update set whole_since = excluded.whole_since, evictions = excluded.evictions, recorded_at = now()`, s.Whole, s.Evictions)
		return err
	})
}
