package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A FillState is what a backfill finds.
type FillState struct {
	TableThere  bool
	ColumnThere bool
	Blocks      int64 // of the table
}

// ReadFillState looks for a column of a table, by oid, that is to be filled.
func ReadFillState(ctx context.Context, conn *pgx.Conn, table uint32, column string) (s FillState, err error) {
	err = conn.QueryRow(ctx, `
SELECT c.oid IS NOT NULL, a.attnum IS NOT NULL, coalesce(pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8, 0)
FROM (SELECT) one LEFT JOIN pg_catalog.pg_class c ON c.oid = $1
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = $2 AND NOT a.attisdropped`, table, column).Scan(&s.TableThere, &s.ColumnThere, &s.Blocks)
	if err != nil {
		return s, fmt.Errorf("look for column %s: %w", column, err)
	}
	return s, nil
}

// ReadLag is how many bytes of WAL the standby has to replay that is furthest
// behind, as far as the session may see it (pg_stat_replication).
func ReadLag(ctx context.Context, conn *pgx.Conn) (bytes int64, err error) {
	err = conn.QueryRow(ctx, `
SELECT coalesce(max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn)), 0)::pg_catalog.int8
FROM pg_catalog.pg_stat_replication r`).Scan(&bytes)
	if err != nil {
		return 0, fmt.Errorf("look at the standbys: %w", err)
	}
	return bytes, nil
}
