package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of what is deferred.
const (
	DropColumn = "drop-column"
	DropTable  = "drop-table"
	DropView   = "drop-view"
	// Sync is the old name of a renamed column, which has a copy of it, PrepareSync a
	// copy that has not been given that yet, or the place of a column that gets another type.
	Sync        = "sync"
	PrepareSync = "prepare-sync"
)

// syncVersion is the first schema that knows copies of columns.
const syncVersion = 17

// deferredVersion is the first schema that knows what is deferred.
const deferredVersion = 9

// A Deferred is a column, a table or a view that a migration has dropped and running
// code still needs.
type Deferred struct {
	ID        int64
	ReleaseID int64
	Kind      string
	Object    Object
	Schema    string // as everything below, when the migration dropped it
	Table     string
	Column    string // empty for a table or a view
	// Name is what it is called now, schema and quotes included; empty when it is
	// gone.
	Name string

	Build     string // of the run that deferred it; empty when unknown
	Version   string
	CreatedAt time.Time
	Age       time.Duration // by the server's clock
	Later     int           // other builds that were released since
}

// deferredName is what a row of migguard.deferred d is called now.
const deferredName = `
	(select format('%I.%I', n.nspname, c.relname) || coalesce('.' || quote_ident(a.attname), '')
	 from pg_class c join pg_namespace n on n.oid = c.relnamespace
	 left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.attnum and d.attnum > 0 and not a.attisdropped
	 where c.oid = d.relation and (d.attnum = 0 or a.attnum is not null))`

// Deferred lists what is, oldest first. It needs no lock.
func (l *Ledger) Deferred(ctx context.Context) (all []Deferred, err error) {
	err = l.read(ctx, "list what is deferred", func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < deferredVersion {
			return nil
		}
		rows, err := conn.Query(ctx, `
			select d.id, d.release_id, d.kind, d.relation, d.attnum, d.schema_name, d.table_name, coalesce(d.column_name, ''),
			       coalesce(`+deferredName+`, ''), coalesce(r.build, ''), coalesce(r.version, ''), d.created_at,
			       greatest(extract(epoch from clock_timestamp() - d.created_at), 0)::float8, `+laterBuilds+`
			from migguard.deferred d join migguard.release r on r.id = d.release_id
			where d.closed_at is null order by d.id`)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scanDeferred)
		return err
	})
	return all, err
}

func scanDeferred(row pgx.CollectableRow) (d Deferred, err error) {
	var age float64
	err = row.Scan(&d.ID, &d.ReleaseID, &d.Kind, &d.Object.Relation, &d.Object.Attnum, &d.Schema, &d.Table, &d.Column,
		&d.Name, &d.Build, &d.Version, &d.CreatedAt, &age, &d.Later)
	d.Age = time.Duration(age * float64(time.Second))
	return d, err
}

// NewDeferred is what RecordDeferredSQL records. Names are as the catalog has
// them.
type NewDeferred struct {
	ReleaseID int64
	Object    Object
	Schema    string
	Table     string
	Column    string   // empty for a table or a view
	View      bool     // it is a view, made anew
	Expanded  []string // what was changed for code that does not know it
	Undo      []string // what takes each of that back
}

// RecordDeferredSQL is the statement that a migration's own session runs in the
// transaction that would have dropped it. Recording one twice is fine.
func RecordDeferredSQL(n NewDeferred) string {
	kind := DropColumn
	switch {
	case n.View:
		kind = DropView
	case n.Column == "":
		kind = DropTable
	}
	expanded := make([]string, len(n.Expanded))
	for i, sql := range n.Expanded {
		expanded[i] = literal(sql + undoMark + n.Undo[i])
	}
	return fmt.Sprintf("INSERT INTO migguard.deferred"+
		" (release_id, kind, relation, attnum, schema_name, table_name, column_name, expanded)"+
		" VALUES (%d, %s, %d, %d, %s, %s, %s, ARRAY[%s]::pg_catalog.text[]) ON CONFLICT DO NOTHING",
		n.ReleaseID, literal(kind), n.Object.Relation, n.Object.Attnum,
		literal(n.Schema), literal(n.Table), nullable(n.Column), strings.Join(expanded, ", "))
}

// MoveDeferredSQL is the statement of the same session that has a view which was made anew
// take the place of the one that was deferred, if it was.
func MoveDeferredSQL(was, is uint32) string {
	return fmt.Sprintf("UPDATE migguard.deferred SET relation = %d WHERE relation = %d AND attnum = 0 AND closed_at IS NULL", is, was)
}

// CloseDeferredViewSQL is the statement of the same session that has a view no longer be one
// which stays: it is dropped, or has become what a migration wants there.
func CloseDeferredViewSQL(view uint32, releaseID int64, dropped bool, note string) string {
	return fmt.Sprintf("UPDATE migguard.deferred SET closed_at = pg_catalog.clock_timestamp(), closed_by = %d, done = %t, note = %s"+
		" WHERE relation = %d AND attnum = 0 AND closed_at IS NULL", releaseID, dropped, literal(note), view)
}

// KeptViewsFrom is a FROM item as DeferredFrom is: the views that stay (relation, since,
// release_id, version, build).
const KeptViewsFrom = "(SELECT d.relation, pg_catalog.to_char(d.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' AS since, d.release_id," +
	" coalesce(r.version, '') AS version FROM migguard.deferred d JOIN migguard.release r ON r.id = d.release_id" +
	" WHERE d.kind = '" + DropView + "' AND d.closed_at IS NULL) AS kept"

// undoMark stands between a change and what takes it back.
const undoMark = " -- "

// ErrNotDeferred is returned for what is not, or not any more.
var ErrNotDeferred = errors.New("it is not deferred")

// KeepDeferred marks what was deferred as something that stays. It returns what
// takes back each change that was made for code which does not know it; a ledger
// from before that knew it has the change itself, as a comment.
func (l *Ledger) KeepDeferred(ctx context.Context, id int64) (undo []string, err error) {
	var changes []string
	err = l.read(ctx, "keep what is deferred", func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < deferredVersion {
			return ErrNotDeferred
		}
		err := conn.QueryRow(ctx, `
			update migguard.deferred set closed_at = clock_timestamp(), note = 'kept by hand'
			where id = $1 and closed_at is null returning expanded`, id).Scan(&changes)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotDeferred
		}
		return err
	})
	for _, change := range changes {
		did, sql, known := strings.Cut(change, undoMark)
		if !known {
			sql = "-- the opposite of: " + did
		}
		undo = append(undo, sql)
	}
	return undo, err
}

// DeferredFrom is a FROM item for a query that a migration's own session runs:
// what is deferred (relation, attnum), what the session has not
// committed included.
const DeferredFrom = "(SELECT relation, attnum FROM migguard.deferred WHERE closed_at IS NULL) AS deferred"

// DropDeferred drops what was deferred and marks it so, in one transaction. What
// is gone already is only marked. It fails as DropShim does.
func (l *Ledger) DropDeferred(ctx context.Context, id int64) error {
	return l.drop(ctx, "drop what is deferred", func(ctx context.Context, tx pgx.Tx) (string, error) {
		return dropDeferred(ctx, l, tx, id)
	})
}

// dropDeferred locks the table before it asks for names: nobody renames it then. LOCK TABLE
// of a view would lock what it reads.
func dropDeferred(ctx context.Context, l *Ledger, tx pgx.Tx, id int64) (object string, err error) {
	const named = `
		select coalesce(` + deferredName + `, ''), coalesce((
			select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where c.oid = d.relation), ''), coalesce((
			select quote_ident(a.attname) from pg_attribute a where a.attrelid = d.relation and a.attnum = d.attnum and d.attnum > 0), ''),
			coalesce((select c.oid from pg_class c where c.oid = d.relation and c.relkind = 'v'), 0)
		from migguard.deferred d where d.id = $1 and d.closed_at is null for update of d`
	var table, column string
	var view uint32
	read := func() error { return tx.QueryRow(ctx, named, id).Scan(&object, &table, &column, &view) }
	if err := read(); err != nil {
		return "", err
	}
	was := object
	if view != 0 {
		object = "view " + object
		if err := dropRelation(ctx, tx, view, object, []string{"drop view " + table}); err != nil {
			return object, err
		}
		return object, closeDeferred(ctx, tx, id, l.release, "")
	}
	if object != "" {
		if _, err := tx.Exec(ctx, "lock table only "+table+" in access exclusive mode"); err != nil {
			return object, err
		}
		if err := read(); err != nil {
			return was, err
		}
		if err := parentStands(ctx, tx, id, was); err != nil {
			return was, err
		}
	}
	if l.version >= syncVersion {
		if err := dropSync(ctx, tx, id, table); err != nil {
			return object, err
		}
	}
	note := ""
	switch {
	case object == "":
		note = "was gone already"
	case object != was:
		return was, &KeptError{Object: was, Reason: "it was renamed meanwhile"}
	case column != "":
		_, err = tx.Exec(ctx, "alter table "+table+" drop column "+column)
	default:
		_, err = tx.Exec(ctx, "drop table "+table)
	}
	if err != nil {
		return object, err
	}
	return object, closeDeferred(ctx, tx, id, l.release, note)
}

func closeDeferred(ctx context.Context, tx pgx.Tx, id, release int64, note string) error {
	_, err := tx.Exec(ctx, `
		update migguard.deferred
		set closed_at = clock_timestamp(), closed_by = nullif($2, 0), done = true, note = coalesce(nullif($3, ''), note)
		where id = $1`, id, release, note)
	return err
}

// parentStands keeps what is deferred of a table that a shim has for its partition: the
// server drops no column of one, and without its partition the shim takes no row.
func parentStands(ctx context.Context, tx pgx.Tx, id int64, object string) error {
	var parent string
	err := tx.QueryRow(ctx, `
		select coalesce(min(s.view::regclass::text), '') from migguard.deferred d
		join migguard.shim s on s.relation = d.relation and s.kind = '`+TableParent+`' and s.dropped_at is null
		join pg_inherits h on h.inhparent = s.view and h.inhrelid = d.relation
		where d.id = $1`, id).Scan(&parent)
	if err == nil && parent != "" {
		err = &KeptError{Object: object, Reason: "code may reach its table through the shim " + parent}
	}
	return err
}
