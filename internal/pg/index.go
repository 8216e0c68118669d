package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// An IndexState is what there is under an index's name.
type IndexState struct {
	TableThere bool   // the table that is to have the index
	Found      bool   // a relation of that name, in that schema
	Table      uint32 // oid of the table the index is on; 0: it is no index
	Valid      bool   // queries use it: its build is over
	Building   bool   // another session is at it
}

// ReadIndexState looks under the name of an index that a table, by oid, is to
// have.
func ReadIndexState(ctx context.Context, conn *pgx.Conn, table uint32, schema, name string) (s IndexState, err error) {
	err = conn.QueryRow(ctx, `
SELECT EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid = $1), coalesce(f.found, false), coalesce(f.indrelid, 0)::pg_catalog.int8, coalesce(f.indisvalid, false),
  EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = f.indexrelid AND p.pid <> pg_catalog.pg_backend_pid())
FROM (SELECT) one LEFT JOIN (
  SELECT true AS found, i.indexrelid, i.indrelid, i.indisvalid FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  WHERE n.nspname = $2 AND c.relname = $3) f ON true`, table, schema, name).Scan(&s.TableThere, &s.Found, &s.Table, &s.Valid, &s.Building)
	if err != nil {
		return s, fmt.Errorf("look for index %s: %w", name, err)
	}
	return s, nil
}

// A Build is how far CREATE INDEX CONCURRENTLY has come.
type Build struct {
	Phase   string  // the server's: "building index: scanning table"; empty while there is none
	Percent float64 // of the phase
	// Blockers are the sessions whose locks or transactions it waits for.
	Blockers []Session
}

func (b Build) String() string {
	parts := []string{}
	if b.Phase != "" {
		parts = append(parts, b.Phase)
	}
	if b.Percent > 0 {
		parts = append(parts, fmt.Sprintf("%.0f %%", b.Percent))
	}
	for _, s := range b.Blockers {
		parts = append(parts, "waits for "+s.String())
	}
	return strings.Join(parts, ", ")
}

// ReadBuild asks about the index that another session builds, and whom that
// waits for (pg_stat_progress_create_index, which has no row while an index is
// dropped or the table's lock is waited for).
func ReadBuild(ctx context.Context, conn *pgx.Conn, pid uint32) (b Build, err error) {
	err = conn.QueryRow(ctx, `
SELECT p.phase, CASE WHEN p.blocks_total > 0 THEN 100.0 * p.blocks_done / p.blocks_total
                     WHEN p.tuples_total > 0 THEN 100.0 * p.tuples_done / p.tuples_total ELSE 0 END::pg_catalog.float8
FROM pg_catalog.pg_stat_progress_create_index p WHERE p.pid = $1`, int32(pid)).Scan(&b.Phase, &b.Percent)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return b, fmt.Errorf("look at the index that is built: %w", err)
	}
	rows, err := conn.Query(ctx, `
SELECT a.pid::pg_catalog.int8, coalesce(a.usename, ''), coalesce(a.application_name, ''), coalesce(a.state, '')
FROM pg_catalog.pg_stat_activity a WHERE a.pid = ANY (pg_catalog.pg_blocking_pids($1)) ORDER BY a.xact_start`, int32(pid))
	if err != nil {
		return b, fmt.Errorf("look at the index that is built: %w", err)
	}
	b.Blockers, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Session, err error) {
		return s, row.Scan(&s.PID, &s.User, &s.Application, &s.State)
	})
	return b, err
}

// Indexes is the query for the names of a table's indexes.
func Indexes(table uint32) string {
	return fmt.Sprintf(`SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
		WHERE i.indrelid OPERATOR(pg_catalog.=) %d::pg_catalog.oid`, table)
}
