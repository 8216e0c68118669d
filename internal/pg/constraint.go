package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A ConstraintState is what there is under a constraint's name.
type ConstraintState struct {
	Table string // the table that is to have it, for SQL; empty if that is gone
	Found bool
	Valid bool // the rows there were have been checked against it
}

// ReadConstraintState looks for a constraint of a table, by oid.
func ReadConstraintState(ctx context.Context, conn *pgx.Conn, table uint32, name string) (s ConstraintState, err error) {
	err = conn.QueryRow(ctx, `
SELECT coalesce((SELECT t.oid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_class t WHERE t.oid = $1), ''), c.oid IS NOT NULL, coalesce(c.convalidated, false)
FROM (SELECT) one LEFT JOIN pg_catalog.pg_constraint c ON c.conrelid = $1 AND c.conname = $2`, table, name).Scan(&s.Table, &s.Found, &s.Valid)
	if err != nil {
		return s, fmt.Errorf("look for constraint %s: %w", name, err)
	}
	return s, nil
}

// A ColumnState is what there is under a column's name.
type ColumnState struct {
	Found    bool
	NotNull  bool
	Identity bool
}

// ReadColumnState looks for a column of a table, by oid.
func ReadColumnState(ctx context.Context, conn *pgx.Conn, table uint32, name string) (s ColumnState, err error) {
	err = conn.QueryRow(ctx, `
SELECT a.attnum IS NOT NULL, coalesce(a.attnotnull, false), coalesce(a.attidentity <> '', false)
FROM (SELECT) one LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = $1 AND a.attname = $2 AND NOT a.attisdropped`, table, name).Scan(&s.Found, &s.NotNull, &s.Identity)
	if err != nil {
		return s, fmt.Errorf("look for column %s: %w", name, err)
	}
	return s, nil
}

// ReadHolders lists the server processes that have a lock on a table, by oid, or
// on one of its partitions.
func ReadHolders(ctx context.Context, conn *pgx.Conn, table uint32) ([]uint32, error) {
	rows, err := conn.Query(ctx, `
SELECT DISTINCT l.pid::pg_catalog.int8 FROM pg_catalog.pg_locks l
WHERE l.locktype = 'relation' AND l.granted
  AND (l.relation = $1 OR l.relation IN (SELECT m.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) m))
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())`, table)
	if err != nil {
		return nil, fmt.Errorf("look for locks: %w", err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		return nil, fmt.Errorf("look for locks: %w", err)
	}
	return pids, nil
}
