package ledger

import "fmt"

// CreatedFrom and StandingFrom are FROM items for a query that a migration's
// own session runs: created objects (relation, attnum), and the shims that
// stand (view, relation, new_name, transaction). What the session has not
// committed is in them.
const (
	CreatedFrom  = "migguard.created"
	StandingFrom = "(SELECT view, relation, new_name, transaction FROM migguard.shim WHERE dropped_at IS NULL AND kind IN ('table-view', 'table-parent')) AS shim"
)

// ParentsFrom is a FROM item of the same kind: the partitioned tables that stand for a
// table (parent, relation).
const ParentsFrom = "(SELECT view AS parent, relation FROM migguard.shim WHERE dropped_at IS NULL AND kind = 'table-parent') AS shim"

// OverlaysFrom is a FROM item of the same kind: the overlays that stand (schema,
// name, view, relation, plain). One is plain that has no other names than the table
// has.
const OverlaysFrom = "(SELECT n.nspname AS schema, c.relname AS name, s.view, s.relation, " + plain + " AS plain FROM migguard.shim s" +
	" JOIN pg_catalog.pg_class c ON c.oid = s.view JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace" +
	" WHERE s.dropped_at IS NULL AND s.kind = 'overlay') AS overlay"

// plain tells a view c, of shim s, of which no column has another name than in the
// table: the server writes AS only then (ruleutils.c, get_target_list), also for a
// column that was renamed after the view was made. One whose own name has that in it
// is not taken for plain. Nor is one whose table has another name by now, or is in
// another schema.
const plain = "(pg_catalog.pg_get_viewdef(c.oid) !~ ' AS '" +
	" AND EXISTS (SELECT FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace" +
	" WHERE t.oid = s.relation AND t.relname = s.old_name AND tn.nspname = s.schema_name))"

// RenamesColumns is a condition that a view does not meet whose columns have the names
// that the table's have, as plain tells it.
func RenamesColumns(view uint32) string {
	return fmt.Sprintf("pg_catalog.pg_get_viewdef(%d::pg_catalog.oid) ~ ' AS '", view)
}

// ViewsFrom is a FROM item of the same kind: the views of all shims that stand and
// are there (view, relation, kind, schema).
const ViewsFrom = "(SELECT s.view, s.relation, s.kind, n.nspname AS schema FROM migguard.shim s JOIN pg_catalog.pg_class c ON c.oid = s.view" +
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE s.dropped_at IS NULL AND c.relkind = 'v') AS shim"

// RecordCreatedRelationSQL is RecordCreatedSQL for a relation by its name, as
// the session that created it would write it.
func RecordCreatedRelationSQL(releaseID int64, relation string) string {
	return fmt.Sprintf("SELECT migguard.record_created_relation(%d, %s)", releaseID, literal(relation))
}

// ForgetCreatedSQL is the statement that a migration's own session runs when what it has
// created takes the place of what running code knows.
func ForgetCreatedSQL(relation uint32) string {
	return fmt.Sprintf("DELETE FROM migguard.created WHERE relation = %d::pg_catalog.oid", relation)
}

// RecordCreatedColumnSQL is RecordCreatedSQL for a column by its name, which
// is unquoted. It records nothing when there is no such column, or when the
// whole relation is recorded.
func RecordCreatedColumnSQL(releaseID int64, relation, column string) string {
	return fmt.Sprintf("SELECT migguard.record_created_column(%d, %s, %s)", releaseID, literal(relation), literal(column))
}
