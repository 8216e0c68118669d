package ledger

import (
	"fmt"
)

// CreatedFrom and StandingFrom are FROM items for a query that a migration's
// own session runs: created objects (relation, attnum), and the shims that
// stand (view, relation, new_name, transaction). What the session has not
// committed is in them.
const (
	CreatedFrom  = "migguard.created"
	StandingFrom = "(SELECT view, relation, new_name, transaction FROM migguard.shim WHERE dropped_at IS NULL) AS shim"
)

// RecordCreatedRelationSQL is RecordCreatedSQL for a relation by its name, as
// the session that created it would write it.
func RecordCreatedRelationSQL(releaseID int64, relation string) string {
	return fmt.Sprintf("INSERT INTO migguard.created (relation, attnum, release_id)"+
		" VALUES (%s::pg_catalog.regclass, 0, %d) ON CONFLICT DO NOTHING", literal(relation), releaseID)
}

// RecordCreatedColumnSQL is RecordCreatedSQL for a column by its name, which
// is unquoted. It records nothing when there is no such column.
func RecordCreatedColumnSQL(releaseID int64, relation, column string) string {
	return fmt.Sprintf("INSERT INTO migguard.created (relation, attnum, release_id)"+
		" SELECT attrelid, attnum, %d FROM pg_catalog.pg_attribute"+
		" WHERE attrelid = pg_catalog.to_regclass(%s) AND attname = %s AND attnum > 0 AND NOT attisdropped"+
		" ON CONFLICT DO NOTHING", releaseID, literal(relation), literal(column))
}
