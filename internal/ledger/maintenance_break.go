package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Break is a statement that was committed under maintenance and that the
// code running before does not survive.
type Break struct {
	ReleaseID int64
	Hazard    string // its id
	Relation  string
	Column    string // "" for the whole relation
	At        time.Time
}

// String names the hazard and what it was found in.
func (b Break) String() string {
	text := b.Hazard + " " + b.Relation
	if b.Column != "" {
		text += "." + b.Column
	}
	return text
}

// RecordBreakSQL is the statement that a migration's own session runs before
// one that the running code does not survive, in the same transaction: so after
// a kill at any instant there is a row exactly when the schema has changed.
// relation and column are for people. It fails, and so does the transaction,
// with SQLSTATE 55000 when the maintenance has been ended by somebody.
func RecordBreakSQL(periodID, releaseID int64, hazard, relation, column string) string {
	return fmt.Sprintf("SELECT migguard.record_break(%d, %d, %s, %s, %s)",
		periodID, releaseID, literal(hazard), literal(relation), literal(column))
}

// Breaks lists what was committed under a period, in the order it was done.
// None means that the code running before still fits the schema.
func (l *Ledger) Breaks(ctx context.Context, periodID int64) (breaks []Break, err error) {
	err = l.maintained(ctx, "list what breaks the running code", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			select release_id, hazard, relation, coalesce(column_name, ''), at
			from migguard.maintenance_break where period_id = $1 order by at, relation, column_name`, periodID)
		if err != nil {
			return err
		}
		breaks, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Break])
		return err
	})
	return breaks, err
}
