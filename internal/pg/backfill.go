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
	// Parts are the table itself, or its partitions.
	Parts []FillPart
}

// A FillPart is a table that has rows.
type FillPart struct {
	Table  string // for SQL
	Blocks int64
}

// ReadFillState looks for a column of a table, by oid, that is to be filled.
func ReadFillState(ctx context.Context, conn *pgx.Conn, table uint32, column string) (s FillState, err error) {
	err = conn.QueryRow(ctx, `
SELECT c.oid IS NOT NULL, a.attnum IS NOT NULL
FROM (SELECT) one LEFT JOIN pg_catalog.pg_class c ON c.oid = $1
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = $2 AND NOT a.attisdropped`, table, column).Scan(&s.TableThere, &s.ColumnThere)
	if err != nil {
		return s, fmt.Errorf("look for column %s: %w", column, err)
	}
	rows, err := conn.Query(ctx, `
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::pg_catalog.int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND (c.oid = $1 OR c.oid IN (SELECT m.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) m))
ORDER BY c.oid`, table)
	if err != nil {
		return s, fmt.Errorf("look for partitions: %w", err)
	}
	s.Parts, err = pgx.CollectRows(rows, pgx.RowToStructByPos[FillPart])
	if err != nil {
		return s, fmt.Errorf("look for partitions: %w", err)
	}
	return s, nil
}

// PartitionsToFill is the query for the partitions at every level below a table, by
// oid: name; whether it is elsewhere, an UPDATE of a row fires a trigger or a rule,
// rows may be hidden, and the session may not update them.
func PartitionsToFill(table uint32) string {
	return fmt.Sprintf(`SELECT c.relname, c.relkind OPERATOR(pg_catalog.=) 'f', %s,
		c.relforcerowsecurity OR pg_catalog.row_security_active(c.oid), NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') OR NOT pg_catalog.has_table_privilege(c.oid, 'UPDATE')
		FROM pg_catalog.pg_partition_tree(%d::pg_catalog.oid::pg_catalog.regclass) m JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) m.relid
		WHERE m.level OPERATOR(pg_catalog.>) 0 ORDER BY c.oid`, lookupParts["fires"], table)
}

// ReadWaiting is how many other clients of the database wait for a row or a lock of a
// server process, and how many wait for the disk or inside the server, as far as the
// session may see it.
func ReadWaiting(ctx context.Context, conn *pgx.Conn, pid uint32) (blocked, waiting int, err error) {
	err = conn.QueryRow(ctx, `
SELECT count(*) FILTER (WHERE CASE WHEN a.wait_event_type = 'Lock' THEN $1 = ANY (pg_catalog.pg_blocking_pids(a.pid)) ELSE false END),
  count(*) FILTER (WHERE a.wait_event_type IN ('LWLock', 'IO'))
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend' AND a.state = 'active'
  AND a.pid NOT IN ($1, pg_catalog.pg_backend_pid())`, int32(pid)).Scan(&blocked, &waiting)
	if err != nil {
		return 0, 0, fmt.Errorf("look who waits: %w", err)
	}
	return blocked, waiting, nil
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
