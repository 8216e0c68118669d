package runner

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Pending returns the migrations that a run would have to apply, by version. It
// only reads: two short queries, where goose's own check would create its
// table. A version below the highest applied one is pending too; what becomes
// of it is goose's decision, which refuses it as out of order.
//
// It is an [*OwnerError] if plain SQL files were applied by another tool.
func (e *Embedded) Pending(ctx context.Context, conn *pgx.Conn) ([]Migration, error) {
	all, err := listMigrations(e.Files, e.Format)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Dir, err)
	}
	exists, err := e.tableExists(ctx, conn)
	if err != nil {
		return nil, err
	}
	if !exists {
		return all, e.databaseOwner(ctx, conn)
	}
	applied, err := e.applied(ctx, conn)
	if err != nil {
		return nil, err
	}
	var pending []Migration
	for _, m := range all {
		if !applied[m.Version] {
			pending = append(pending, m)
		}
	}
	return pending, nil
}

// tableExists asks as goose does: in the first schema of the search path, where
// it would create the table, and for the name as it is written.
func (e *Embedded) tableExists(ctx context.Context, conn *pgx.Conn) (exists bool, err error) {
	schema, table, ok := strings.Cut(e.table(), ".")
	if !ok {
		schema, table = "", e.table()
	}
	err = conn.QueryRow(ctx, `SELECT EXISTS (
		SELECT FROM pg_catalog.pg_tables
		WHERE tablename = $1
		AND schemaname = coalesce(nullif($2, ''), current_schema(), schemaname))`,
		table, schema).Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", e.table(), err)
	}
	return exists, nil
}

// applied reads the recorded versions. Like goose's provider it does not look
// at is_applied: rolling back deletes the row.
func (e *Embedded) applied(ctx context.Context, conn *pgx.Conn) (map[int64]bool, error) {
	rows, err := conn.Query(ctx, "SELECT version_id FROM "+e.table())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", e.table(), err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", e.table(), err)
	}
	applied := make(map[int64]bool, len(versions))
	for _, v := range versions {
		applied[v] = true
	}
	return applied, nil
}

// databaseOwner returns an [*OwnerError] if the database holds the records of
// another tool for these files. It is asked only while goose has none: once it
// has, somebody moved over.
func (e *Embedded) databaseOwner(ctx context.Context, conn *pgx.Conn) error {
	if e.Format != FormatUpSQL {
		return nil
	}
	for _, o := range owners {
		var exists bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (
			SELECT FROM pg_catalog.pg_attribute a
			JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
			WHERE c.relname = $1 AND a.attname = $2 AND NOT a.attisdropped
			AND pg_catalog.pg_table_is_visible(c.oid))`, o.table, o.column).Scan(&exists)
		if err != nil {
			return fmt.Errorf("look for %s: %w", o.table, err)
		}
		if exists {
			return o.error(e.Dir, "the database has its table "+o.table)
		}
	}
	return nil
}

// pending is Pending on a connection of database/sql.
func (e *Embedded) pending(ctx context.Context, db *sql.DB) (list []Migration, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to guard: %w", err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Raw(func(driver any) error {
		list, err = e.Pending(ctx, driver.(*stdlib.Conn).Conn())
		return err
	})
	return list, err
}
