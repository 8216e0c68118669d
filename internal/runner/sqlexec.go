package runner

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/stdlib"
)

// execTx sends a file in goose's transaction. Without arguments pgx uses the
// simple protocol, which takes several statements at once.
func execTx(text string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text)
		return err
	}
}

// errOpenTransaction is returned for a file that begins a transaction and does
// not end it: what it did is rolled back, so it must not be recorded.
var errOpenTransaction = errors.New("the migration begins a transaction and does not end it")

// execDB sends a file outside a transaction.
func execDB(text string) func(context.Context, *sql.DB) error {
	return func(ctx context.Context, db *sql.DB) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		return conn.Raw(func(driver any) error {
			pg := driver.(*stdlib.Conn).Conn()
			if _, err := pg.Exec(ctx, text); err != nil {
				return err
			}
			if pg.PgConn().TxStatus() != 'I' {
				_, err := pg.Exec(ctx, "ROLLBACK")
				return errors.Join(errOpenTransaction, err)
			}
			return nil
		})
	}
}
