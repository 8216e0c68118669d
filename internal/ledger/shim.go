package ledger

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// TableView is the kind of a shim that is a view under the old name of a
// renamed table.
const TableView = "table-view"

// TableParent is the kind of a shim that is a partitioned table under the old name of
// a renamed table, which is its one partition.
const TableParent = "table-parent"

// Overlay is the kind of a shim that is a view of a table, under its name, in the
// schema that the sessions of one build look into first.
const Overlay = "overlay"

// A Shim is what keeps a running build working after a migration.
type Shim struct {
	ID        int64
	ReleaseID int64
	Kind      string
	View      uint32 // oid of the view, or the partitioned table
	Relation  uint32 // oid of the renamed table
	Schema    string // in which code from before knows the table
	OldName   string // the view's, when it was made
	NewName   string // the table's, when it was made
	Note      string
	// Plain: it is an overlay whose names are those of the table and its columns.
	Plain bool

	// ViewName and RelationName are what the two are called now, schema and
	// quotes included; empty when they are gone.
	ViewName     string
	RelationName string

	Build     string // that made it; empty when unknown
	Version   string // of the release that made it
	CreatedAt time.Time
	Age       time.Duration // by the server's clock
	Later     int           // other builds that were released since
}

// laterBuilds counts the other builds that were released after run r.
const laterBuilds = `(
		select count(distinct coalesce(later.build, later.id::text)) from migguard.release later
		where later.id > r.id and later.outcome = 'succeeded' and later.build is distinct from r.build)`

const selectShim = `
	select s.id, s.release_id, s.kind, s.view, s.relation, s.schema_name, s.old_name, s.new_name,
	       coalesce(s.note, ''),
	       s.kind = 'overlay' and coalesce((select ` + plain + ` from pg_class c where c.oid = s.view), true),
	       coalesce((select format('%I.%I', n.nspname, c.relname)
	                 from pg_class c join pg_namespace n on n.oid = c.relnamespace
	                 where c.oid = s.view), ''),
	       coalesce((select format('%I.%I', n.nspname, c.relname)
	                 from pg_class c join pg_namespace n on n.oid = c.relnamespace
	                 where c.oid = s.relation), ''),
	       coalesce(r.build, ''), coalesce(r.version, ''), s.created_at,
	       greatest(extract(epoch from clock_timestamp() - s.created_at), 0)::float8, ` + laterBuilds + `
	from migguard.shim s join migguard.release r on r.id = s.release_id
	where s.dropped_at is null`

func scanShim(row pgx.CollectableRow) (s Shim, err error) {
	var age float64
	err = row.Scan(&s.ID, &s.ReleaseID, &s.Kind, &s.View, &s.Relation, &s.Schema, &s.OldName, &s.NewName,
		&s.Note, &s.Plain, &s.ViewName, &s.RelationName, &s.Build, &s.Version, &s.CreatedAt, &age, &s.Later)
	s.Age = time.Duration(age * float64(time.Second))
	return s, err
}

// Shims lists those that stand, oldest first. It needs no lock.
func (l *Ledger) Shims(ctx context.Context) ([]Shim, error) {
	return l.shims(ctx, "list shims", selectShim+" order by s.id")
}

// DueShims lists those that a run of build may take down, newest first, so
// that a view made of a view goes before it. It is conservative:
// the build that runs now, which is the last one that succeeded, must have come
// with the shim or after it, and build must be a third one. A build that was
// released before the shim was made is a rollback and needs it. An unknown
// build ("") makes nothing due.
//
// The last two builds of each other app that migrates the database may run, too.
//
// What the ledger cannot know is a build from before its first row.
func (l *Ledger) DueShims(ctx context.Context, app, build string) ([]Shim, error) {
	if build == "" {
		return nil, nil
	}
	return l.shims(ctx, "list due shims", selectShim+" and "+ledgerSaysGone+" order by s.id desc", build, app)
}

// ledgerSaysGone tells of s, which a run r has made, what DueShims says of a shim: $1
// is the build, $2 the app.
const ledgerSaysGone = `exists (
			select from (
				select id, build from migguard.release
				where outcome = 'succeeded' order by id desc limit 1
			) last
			where last.build <> $1
			  and not exists (
				select from migguard.release old
				where old.id < s.release_id and old.outcome = 'succeeded'
				  and old.build in (last.build, $1)))
		and r.build is distinct from $1
		and ` + noOtherApp

// noOtherApp tells that no app but $2 has a build that may run and was released
// before shim s was made.
const noOtherApp = `not exists (
			select from (
				select min(id) as first, row_number() over (partition by app order by max(id) desc) as n
				from migguard.release
				where outcome = 'succeeded' and coalesce(app, '') not in ('', $2::text) group by app, build
			) other where other.n <= 2 and other.first < s.release_id)`

func (l *Ledger) shims(ctx context.Context, op, sql string, args ...any) (shims []Shim, err error) {
	err = l.read(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		shims, err = pgx.CollectRows(rows, scanShim)
		return err
	})
	return shims, err
}
