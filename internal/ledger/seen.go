package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// SeenQuery is how often a query had been run when the last run ended.
type SeenQuery struct {
	Role uint32
	// Query is pg_stat_statements.queryid. One with 0 says that none is left
	// out of the list.
	Query int64
	// Own counts calls while runs went on, which may be the migrations'.
	Own int64
	// Outside counts other calls until the last run ended that succeeded; nil
	// if the query was not seen until then.
	Outside    *int64
	RecordedAt time.Time // by the server's clock; not written
}

// SeenQueries are those recorded last.
func (l *Ledger) SeenQueries(ctx context.Context) (queries []SeenQuery, err error) {
	err = l.read(ctx, "read seen queries", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "select role, query, own, outside, recorded_at from migguard.seen_query")
		if err != nil {
			return err
		}
		queries, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SeenQuery])
		return err
	})
	return queries, err
}

// RecordSeenQueries takes the place of what was recorded before.
func (l *Ledger) RecordSeenQueries(ctx context.Context, queries []SeenQuery) error {
	var roles []uint32
	var ids, own []int64
	var outside []*int64
	for _, q := range queries {
		roles, ids, own, outside = append(roles, q.Role), append(ids, q.Query), append(own, q.Own), append(outside, q.Outside)
	}
	return l.inTx(ctx, "record seen queries", func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from migguard.seen_query"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			insert into migguard.seen_query (role, query, own, outside)
			select * from unnest($1::oid[], $2::bigint[], $3::bigint[], $4::bigint[])`, roles, ids, own, outside)
		return err
	})
}
