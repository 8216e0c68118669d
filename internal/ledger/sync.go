package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// NewSync is what RecordPrepareSQL and RecordSyncSQL record. Names are as the catalog
// has them.
type NewSync struct {
	ReleaseID int64
	Relation  uint32
	CopyOf    int16 // pg_attribute.attnum of the column whose copy it is
	Schema    string
	Table     string
	Column    string // the copy's name
	// Conversion is what a copy of another type has, in SQL; empty: it has the column's value.
	Conversion string
}

// RecordPrepareSQL is the statement that adds a copy's record in the transaction that
// adds the copy.
func RecordPrepareSQL(n NewSync) string {
	return fmt.Sprintf("INSERT INTO migguard.deferred (release_id, kind, relation, attnum, schema_name, table_name, column_name, copy_of, conversion)"+
		" SELECT %d, 'prepare-sync', a.attrelid, a.attnum, %s, %s, %s, %d, %s FROM pg_catalog.pg_attribute a"+
		" WHERE a.attrelid OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND a.attname OPERATOR(pg_catalog.=) %s AND NOT a.attisdropped",
		n.ReleaseID, literal(n.Schema), literal(n.Table), literal(n.Column), n.CopyOf, nullable(n.Conversion), n.Relation, literal(n.Column))
}

// RecordSyncSQL is the statement that a migration's own session runs in the
// transaction in which a copy gets a name that code knows. From then on the copy waits for
// that code, as what was dropped does.
func RecordSyncSQL(n NewSync) string {
	return fmt.Sprintf("UPDATE migguard.deferred SET kind = 'sync', release_id = %d, column_name = %s, created_at = pg_catalog.now()"+
		" WHERE relation OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND copy_of OPERATOR(pg_catalog.=) %d AND closed_at IS NULL",
		n.ReleaseID, literal(n.Column), n.Relation, n.CopyOf)
}

// RecordKeptSQL is the statement that a migration's own session runs in the transaction in
// which a copy takes the place of its column, CopyOf, and the column, by its new name, is
// kept as a copy of that from then on.
func RecordKeptSQL(n NewSync) string {
	return fmt.Sprintf("UPDATE migguard.deferred SET kind = 'sync', release_id = %d, attnum = copy_of, copy_of = attnum, column_name = %s, conversion = %s, created_at = pg_catalog.now()"+
		" WHERE relation OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND copy_of OPERATOR(pg_catalog.=) %d AND closed_at IS NULL",
		n.ReleaseID, literal(n.Column), literal(n.Conversion), n.Relation, n.CopyOf)
}

// CloseSyncSQL is the statement that a session runs in the transaction that takes a copy
// away itself.
func CloseSyncSQL(relation uint32, copyOf int16, releaseID int64) string {
	return fmt.Sprintf("UPDATE migguard.deferred SET closed_at = pg_catalog.clock_timestamp(), closed_by = %d, done = true"+
		" WHERE relation OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND copy_of OPERATOR(pg_catalog.=) %d AND closed_at IS NULL", releaseID, relation, copyOf)
}

// SyncsFrom is a FROM item as DeferredFrom: the copies there are (relation, attnum,
// copy_of, kind, ready, conversion).
const SyncsFrom = "(SELECT relation, attnum, copy_of, kind, ready, conversion FROM migguard.deferred WHERE closed_at IS NULL AND copy_of IS NOT NULL) AS s"

// AwaitingFrom is a FROM item of the same kind: the columns that something is about which waits
// (relation, attnum).
const AwaitingFrom = "(SELECT relation, pg_catalog.unnest(attnums) AS attnum FROM migguard.withheld WHERE closed_at IS NULL" +
	" UNION ALL SELECT parent, pg_catalog.unnest(parent_attnums) FROM migguard.withheld WHERE closed_at IS NULL) AS awaiting"

// SyncReady notes that all rows of a prepared copy are equal to the column. It fails with
// ErrNotDeferred where there is no such copy.
func (l *Ledger) SyncReady(ctx context.Context, relation uint32, name string) error {
	return l.read(ctx, "note that a copy is equal", func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, `
			update migguard.deferred d set ready = true
			from pg_attribute a where a.attrelid = d.relation and a.attnum = d.attnum and not a.attisdropped
			and d.relation = $1 and a.attname = $2 and d.kind = 'prepare-sync' and d.closed_at is null`, relation, name)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotDeferred
		}
		return err
	})
}

// Owe records tasks that no migration's transaction does, all or none, for a role to
// do them. It returns their ids.
func (l *Ledger) Owe(ctx context.Context, role string, tasks ...NewTask) (ids []int64, err error) {
	err = l.inTx(ctx, "record tasks", func(ctx context.Context, tx pgx.Tx) error {
		for _, t := range tasks {
			var id int64
			if err := tx.QueryRow(ctx, RecordTaskSQL(t)).Scan(&id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "update migguard.task set role = $2 where id = $1", id, role); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// dropSync drops what keeps a copy equal to its column (shim.Sync), before the copy goes:
// what writes a row would look for it. With its table, which is empty then, the trigger is gone, and the
// function is not. Tasks that would make it anew are given up.
func dropSync(ctx context.Context, tx pgx.Tx, id int64, table string) error {
	var relation uint32
	var of int16
	err := tx.QueryRow(ctx, "select relation, copy_of from migguard.deferred where id = $1 and copy_of is not null", id).Scan(&relation, &of)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil && table != "" {
		_, err = tx.Exec(ctx, fmt.Sprintf("drop trigger if exists zzz_migguard_sync_%d on %s", of, table))
	}
	if err == nil {
		_, err = tx.Exec(ctx, `
			update migguard.task set closed_at = clock_timestamp(), note = 'its copy is taken away'
			where relation = $1 and closed_at is null and kind in ('copy-column', 'create-index', 'add-constraint', 'validate-constraint', 'set-not-null')
			and sql ~ ('mg_copy_' || $2::text || '(_not_null(_migguard)?)?\M')`, relation, of)
	}
	if err == nil {
		_, err = tx.Exec(ctx, fmt.Sprintf("drop function if exists migguard.sync_%d_%d()", relation, of))
	}
	return err
}
