package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// inTheWay says which rows are in the way, that code has written meanwhile. What
// cannot be asked the server says itself.
func inTheWay(ctx context.Context, conn *pgx.Conn, w ledger.Withheld, change ddl.Change, table catalog.Relation) (why string, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return "", fmt.Errorf("look for rows in the way: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Conn().PgConn().Exec(ctx, strings.Join(append(sessionOf(w), "SET LOCAL statement_timeout = 0"), "; ")).ReadAll(); err != nil {
		return "", fmt.Errorf("look for rows in the way: %w", err)
	}
	primary, err := keyColumns(ctx, tx, qualified(table))
	if err != nil {
		return "", err
	}
	if c, ok := change.(ddl.AddConstraint); ok && c.Constraint == ddl.ForeignKey && c.ReferencesColumns == nil {
		if c.ReferencesColumns, err = keyColumns(ctx, tx, c.References.String()); err != nil {
			return "", err
		}
		change = c
	}
	if c, ok := change.(ddl.AddConstraint); ok && c.NotValid {
		return "", nil
	}
	from, key := violators(change, table, primary)
	if from == "" {
		return "", nil
	}
	var count int64
	var sample []string
	err = tx.QueryRow(ctx, fmt.Sprintf("SELECT count(*), (array_agg(key))[1:5] FROM (SELECT ROW(%s)::text AS key FROM %s) v", key, from)).Scan(&count, &sample)
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look for rows in the way: %w", err)
	case count == 0:
		return "", nil
	}
	what := fmt.Sprintf("%d rows violate it, by %s", count, strings.ReplaceAll(key, "r.", ""))
	if strings.Contains(from, " HAVING ") {
		what = fmt.Sprintf("%d values of %s are there more than once", count, key)
	}
	return fmt.Sprintf("%s: %s; mend them, and the next run makes it", what, strings.Join(sample, ", ")), nil
}

// keyColumns are those of a table's primary key.
func keyColumns(ctx context.Context, tx pgx.Tx, table string) ([]string, error) {
	rows, err := tx.Query(ctx, pg.PrimaryKey(ddl.Literal(table)))
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	return names, nil
}
