package ledger

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// NewShim is what RecordShimSQL records. Both relations exist already, in the
// same transaction.
type NewShim struct {
	ReleaseID int64
	Kind      string // TableView, TableParent or Overlay
	// ViewSchema is the view's schema, unless it is the table's.
	ViewSchema string
	Schema     string
	// From is the schema in which code knows the table, unless it is Schema.
	From    string
	OldName string // the view, or the partitioned table
	NewName string // the renamed table
	Note    string // optional
}

// RecordShimSQL is the statement that a migration's own session runs after it
// has made a shim, so that shim and record are committed together. Names are
// as the catalog has them: unquoted, unfolded.
func RecordShimSQL(s NewShim) string {
	return fmt.Sprintf("INSERT INTO migguard.shim"+
		" (release_id, kind, view, relation, schema_name, old_name, new_name, note)"+
		" VALUES (%d, %s, %s::pg_catalog.regclass, %s::pg_catalog.regclass, %s, %s, %s, %s)",
		s.ReleaseID, literal(s.Kind),
		literal(pgx.Identifier{cmp.Or(s.ViewSchema, s.Schema), s.OldName}.Sanitize()),
		literal(pgx.Identifier{s.Schema, s.NewName}.Sanitize()),
		literal(cmp.Or(s.From, s.Schema)), literal(s.OldName), literal(s.NewName), nullable(s.Note))
}

// RecordShimDroppedSQL is the statement that a migration's own session runs
// when it removes the shim with that view itself, as a down migration does. It
// does nothing when there is none.
func RecordShimDroppedSQL(view uint32, releaseID int64, note string) string {
	return fmt.Sprintf("UPDATE migguard.shim"+
		" SET dropped_at = pg_catalog.clock_timestamp(), dropped_by = %d, note = coalesce(%s, note)"+
		" WHERE view = %d::pg_catalog.oid AND dropped_at IS NULL", releaseID, nullable(note), view)
}

// RecordShimAnewSQL is the statement that a migration's own session runs when it has
// made a shim again, under the same name.
func RecordShimAnewSQL(view uint32, schema, name string) string {
	return fmt.Sprintf("UPDATE migguard.shim SET view = %s::pg_catalog.regclass WHERE view = %d::pg_catalog.oid AND dropped_at IS NULL",
		literal(pgx.Identifier{schema, name}.Sanitize()), view)
}

// An Object is a relation, or one column of it.
type Object struct {
	Relation uint32 // pg_class.oid
	Attnum   int16  // pg_attribute.attnum; 0: the whole relation
}

// RecordCreatedSQL is the statement that a migration's own session runs after
// it has created objects that no running build can know. Recording one twice is
// fine. It is empty for no objects.
func RecordCreatedSQL(releaseID int64, objects ...Object) string {
	if len(objects) == 0 {
		return ""
	}
	rows := make([]string, len(objects))
	for i, o := range objects {
		rows[i] = fmt.Sprintf("(%d, %d, %d)", o.Relation, o.Attnum, releaseID)
	}
	return "INSERT INTO migguard.created (relation, attnum, release_id) VALUES " +
		strings.Join(rows, ", ") + " ON CONFLICT DO NOTHING"
}

// CreatedSQL is the query for what counts as created, seen from a migration's
// own session: what it has not committed included. Its rows are relation,
// attnum and release_id, as integers.
const CreatedSQL = "SELECT relation::pg_catalog.int8, attnum, release_id FROM migguard.created"

func nullable(s string) string {
	if s == "" {
		return "NULL"
	}
	return literal(s)
}

// literal quotes s, which is UTF-8, as a text constant that means the same
// under every standard_conforming_strings and client_encoding, which are the
// runner's to choose: what is not plain ASCII travels in hex.
func literal(s string) string {
	s = storable(s)
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			return "pg_catalog.convert_from(pg_catalog.decode('" +
				hex.EncodeToString([]byte(s)) + "', 'hex'), 'UTF8')"
		}
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
