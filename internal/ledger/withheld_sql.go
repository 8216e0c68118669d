package ledger

import (
	"fmt"
	"strings"
)

// NewWithheld is what RecordWithheldSQL records. Names are as the catalog has them.
type NewWithheld struct {
	ReleaseID int64
	Kind      string
	Relation  uint32
	Schema    string
	Table     string
	Object    string
	Columns   []string // of the table, that it is about; the first is that of a NOT NULL or default
	Statement string
	// Parent is the table that a foreign key refers to, as a name in Statement, and
	// ParentColumns those it names there; empty for others.
	Parent        string
	ParentColumns []string
}

// RecordWithheldSQL is the statement that a migration's own session runs in the
// transaction that would have made it, after columns that it is about are there.
// Recording one twice is fine; another one of its name fails with a unique_violation.
func RecordWithheldSQL(n NewWithheld) string {
	return fmt.Sprintf("INSERT INTO migguard.withheld"+
		" (release_id, kind, relation, schema_name, table_name, object_name, statement, search_path, attnums, columns, parent, parent_attnums, parent_columns)"+
		" SELECT %[1]d, %[2]s, %[3]d, %[4]s, %[5]s, %[6]s, %[7]s, pg_catalog.current_setting('search_path'),"+
		" coalesce(own.attnums, '{}'), coalesce(own.names, '{}'), parent.oid, theirs.attnums, theirs.names"+
		" FROM (SELECT %[8]s) AS parent (oid), LATERAL (%[9]s) AS own, LATERAL (%[10]s) AS theirs"+
		" WHERE NOT EXISTS (SELECT FROM migguard.withheld o WHERE o.relation OPERATOR(pg_catalog.=) %[3]d::pg_catalog.oid AND o.kind OPERATOR(pg_catalog.=) %[2]s AND o.object_name OPERATOR(pg_catalog.=) %[6]s"+
		" AND o.closed_at IS NULL AND (o.statement OPERATOR(pg_catalog.=) %[7]s OR o.kind OPERATOR(pg_catalog.=) ANY (ARRAY['set-not-null', 'drop-default'])))",
		n.ReleaseID, literal(n.Kind), n.Relation, literal(n.Schema), literal(n.Table), literal(n.Object), literal(n.Statement),
		parentOf(n.Parent), attributesOf(fmt.Sprint(n.Relation), n.Columns), attributesOf("parent.oid", n.ParentColumns))
}

// parentOf is an expression for the oid of a table by its name, which is null if that is
// empty.
func parentOf(name string) string {
	if name == "" {
		return "NULL::pg_catalog.oid"
	}
	return "pg_catalog.to_regclass(" + literal(name) + ")::pg_catalog.oid"
}

// attributesOf is the query for a table's columns of such names.
func attributesOf(oid string, names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = literal(name)
	}
	return fmt.Sprintf("SELECT pg_catalog.array_agg(a.attnum ORDER BY a.attnum) AS attnums, pg_catalog.array_agg(a.attname ORDER BY a.attnum) AS names"+
		" FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) %s::pg_catalog.oid AND a.attnum OPERATOR(pg_catalog.>) 0"+
		" AND NOT a.attisdropped AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY[%s]::pg_catalog.name[])", oid, strings.Join(list, ", "))
}

// CloseWithheldSQL is the statement that a session runs in the transaction that makes
// what is withheld, or takes it back.
func CloseWithheldSQL(id string, releaseID int64, done bool, note string) string {
	return fmt.Sprintf("UPDATE migguard.withheld SET closed_at = pg_catalog.clock_timestamp(), closed_by = %d, done = %t, note = %s WHERE id = %s AND closed_at IS NULL",
		releaseID, done, nullable(note), id)
}

// RewriteWithheldSQL is the statement that a migration's own session runs when what is
// withheld is to be made by another one.
func RewriteWithheldSQL(id, statement string) string {
	return fmt.Sprintf("UPDATE migguard.withheld SET statement = %s WHERE id = %s AND closed_at IS NULL", literal(statement), id)
}

// RenameWithheldSQL is the statement that a migration's own session runs when what is
// withheld gets another name.
func RenameWithheldSQL(id, object, statement string) string {
	return fmt.Sprintf("UPDATE migguard.withheld SET object_name = %s, statement = %s WHERE id = %s AND closed_at IS NULL", literal(object), literal(statement), id)
}

// CommentWithheldSQL is the statement that a migration's own session runs when what is
// withheld is commented on.
func CommentWithheldSQL(id, text string) string {
	return fmt.Sprintf("UPDATE migguard.withheld SET comment = %s WHERE id = %s AND closed_at IS NULL", nullable(text), id)
}

// WithheldFrom is a FROM item for a query that a migration's own session runs: what
// waits (id, kind, relation, attnums, columns, object_name, statement), what the session has not
// committed included.
const WithheldFrom = "(SELECT id, kind, relation, attnums, columns, object_name, statement FROM migguard.withheld WHERE closed_at IS NULL) AS withheld"
