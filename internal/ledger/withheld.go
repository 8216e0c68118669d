package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of what is withheld.
const (
	WithheldNotNull    = "set-not-null"
	WithheldDefault    = "drop-default"
	WithheldConstraint = "add-constraint"
	WithheldIndex      = "create-index"
)

// withheldVersion is the first schema that knows what is withheld.
const withheldVersion = 12

// keptVersion is the first schema that keeps what a statement depends on, and tells the
// tasks by which it is made.
const keptVersion = 14

// A Withheld is what a migration has asked for and what code from before it could
// violate, or counted on.
type Withheld struct {
	ID         int64
	ReleaseID  int64
	Kind       string
	Relation   uint32 // oid of the table
	Schema     string // as the next two, at the time
	Table      string
	Object     string // constraint, index or column
	Statement  string // makes it
	SearchPath string // by which names in Statement mean something
	// Role and Settings are what the migration's session had besides: empty where nobody
	// noted that.
	Role     string
	Settings map[string]string

	// Columns are the table's, by what they are called in Statement, with their names
	// now. So are ParentColumns those of the table that a foreign key refers to, which is
	// Parent in NowParentSchema and NowParent: empty when that is gone, or nobody noted it.
	Columns, ParentColumns     map[string]string
	Parent                     uint32 // oid; 0: there is none, or nobody noted it
	NowParentSchema, NowParent string

	Comment string // to be made of it when it is there
	// NowSchema, NowTable and NowColumn are what table and, for NOT NULL and a default,
	// column are called now; empty when the table or one of its columns is gone.
	NowSchema, NowTable, NowColumn string

	Note      string // what stood in the way of the last try
	Build     string // of the run that asked for it; empty when unknown
	Version   string
	CreatedAt time.Time
	Age       time.Duration // by the server's clock
	Later     int           // other builds that were released since
}

const selectWithheld = `
	select s.id, s.release_id, s.kind, s.relation, s.schema_name, s.table_name, s.object_name, s.statement, s.search_path,
	       coalesce(n.nspname, ''), coalesce(c.relname, ''), coalesce(a.attname, ''),
	       coalesce(s.note, ''), coalesce(r.build, ''), coalesce(r.version, ''), s.created_at,
	       greatest(extract(epoch from clock_timestamp() - s.created_at), 0)::float8, ` + laterBuilds + `, %s
	from migguard.withheld s join migguard.release r on r.id = s.release_id
	left join pg_class c on c.oid = s.relation and not exists (
		select from unnest(s.attnums) one where not exists (
			select from pg_attribute x where x.attrelid = s.relation and x.attnum = one and not x.attisdropped))
	left join pg_namespace n on n.oid = c.relnamespace
	left join pg_attribute a on a.attrelid = c.oid and a.attnum = s.attnums[1]
	where s.closed_at is null`

// keptOfWithheld are the columns of version keptVersion.
const keptOfWithheld = `coalesce(s.role, ''), coalesce(s.settings, '{}'),
	(select coalesce(jsonb_object_agg(s.columns[one.n], x.attname), '{}') from unnest(s.attnums) with ordinality one (attnum, n)
		join pg_attribute x on x.attrelid = s.relation and x.attnum = one.attnum and not x.attisdropped where s.columns is not null),
	(select coalesce(jsonb_object_agg(s.parent_columns[one.n], x.attname), '{}') from unnest(s.parent_attnums) with ordinality one (attnum, n)
		join pg_attribute x on x.attrelid = s.parent and x.attnum = one.attnum and not x.attisdropped),
	coalesce(s.parent, 0)::int8,
	coalesce((select pn.nspname from pg_class pc join pg_namespace pn on pn.oid = pc.relnamespace where pc.oid = s.parent), ''),
	coalesce((select pc.relname from pg_class pc where pc.oid = s.parent), ''), coalesce(s.comment, '')`

// notKept stands for those before that.
const notKept = "'', '{}'::jsonb, '{}'::jsonb, '{}'::jsonb, 0::int8, '', '', ''"

func scanWithheld(row pgx.CollectableRow) (w Withheld, err error) {
	var age float64
	err = row.Scan(&w.ID, &w.ReleaseID, &w.Kind, &w.Relation, &w.Schema, &w.Table, &w.Object, &w.Statement, &w.SearchPath,
		&w.NowSchema, &w.NowTable, &w.NowColumn, &w.Note, &w.Build, &w.Version, &w.CreatedAt, &age, &w.Later,
		&w.Role, &w.Settings, &w.Columns, &w.ParentColumns, &w.Parent, &w.NowParentSchema, &w.NowParent, &w.Comment)
	w.Age = time.Duration(age * float64(time.Second))
	return w, err
}

// Withheld lists what waits, oldest first. It needs no lock.
func (l *Ledger) Withheld(ctx context.Context) ([]Withheld, error) {
	return l.withheld(ctx, "list what is withheld", "")
}

// WithheldOne is what waits under an ID; pgx.ErrNoRows if nothing does.
func (l *Ledger) WithheldOne(ctx context.Context, id int64) (Withheld, error) {
	all, err := l.withheld(ctx, "look for what is withheld", " and s.id = $1", id)
	if err == nil && len(all) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Withheld{}, err
	}
	return all[0], nil
}

// DueWithheld is Withheld for what a run of build may make, by what the ledger alone
// knows; see DueShims.
func (l *Ledger) DueWithheld(ctx context.Context, app, build string) ([]Withheld, error) {
	if build == "" {
		return nil, nil
	}
	return l.withheld(ctx, "list what is due", " and "+ledgerSaysGone, build, app)
}

// WithheldWithout is Withheld for what is due when no code but that of the given builds
// runs; see ShimsWithout.
func (l *Ledger) WithheldWithout(ctx context.Context, app string, builds []string) ([]Withheld, error) {
	return l.withheld(ctx, "list what is due", " and "+platformSaysGone, builds, app)
}

func (l *Ledger) withheld(ctx context.Context, op, where string, args ...any) (all []Withheld, err error) {
	err = l.read(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < withheldVersion {
			return nil
		}
		kept := keptOfWithheld
		if l.version < keptVersion {
			kept = notKept
		}
		rows, err := conn.Query(ctx, fmt.Sprintf(selectWithheld, kept)+where+" order by s.id", args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, scanWithheld)
		return err
	})
	return all, err
}

// NoteWithheld keeps what stood in the way of something that is due; gone says that
// there is nothing left to make.
func (l *Ledger) NoteWithheld(ctx context.Context, id int64, note string, gone bool) error {
	return l.inTx(ctx, "note what is withheld", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			update migguard.withheld set note = $2, closed_at = case when $3 then clock_timestamp() end, closed_by = case when $3 then nullif($4::bigint, 0) end
			where id = $1 and closed_at is null`, id, clean(note), gone, l.release)
		return err
	})
}

// ReopenWithheld has something wait again of which a task has failed that was to make
// it.
func (l *Ledger) ReopenWithheld(ctx context.Context, id int64, note string) error {
	return l.inTx(ctx, "reopen what is withheld", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "update migguard.withheld set closed_at = null, closed_by = null, done = false, note = $2 where id = $1", id, clean(note))
		return err
	})
}

// MakingOf lists the tasks that make something that had waited, those that are done
// included.
func (l *Ledger) MakingOf(ctx context.Context, id int64) (tasks []Task, err error) {
	err = l.read(ctx, "list tasks", func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, fmt.Sprintf(selectTask, "t.position", "t.withheld")+"t.withheld = $1 and (t.done or t.closed_at is null) order by t.id", id)
		if err != nil {
			return err
		}
		tasks, err = pgx.CollectRows(rows, scanTask)
		return err
	})
	return tasks, err
}

// GiveUpMaking closes those tasks: what they have done is undone.
func (l *Ledger) GiveUpMaking(ctx context.Context, id int64, note string) error {
	return l.inTx(ctx, "give up tasks", func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			update migguard.task set closed_at = coalesce(closed_at, clock_timestamp()), done = false, note = $2
			where withheld = $1 and (done or closed_at is null)`, id, clean(note))
		return err
	})
}

// Enforced lists what was withheld until a build was gone, made then and is there
// still, as "constraint x of public.t".
func (l *Ledger) Enforced(ctx context.Context, build string) (all []string, err error) {
	err = l.read(ctx, "list what was withheld", func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < withheldVersion {
			return nil
		}
		rows, err := conn.Query(ctx, `
			select case s.kind when 'set-not-null' then 'NOT NULL of ' || quote_ident(a.attname) when 'drop-default' then 'no default of ' || quote_ident(a.attname)
				when 'create-index' then 'unique index ' || quote_ident(s.object_name) else 'constraint ' || quote_ident(s.object_name) end
				|| format(', %I.%I', n.nspname, c.relname)
			from migguard.withheld s join pg_class c on c.oid = s.relation join pg_namespace n on n.oid = c.relnamespace
			left join pg_attribute a on a.attrelid = c.oid and a.attnum = s.attnums[1] and not a.attisdropped
			where s.done and exists (select from migguard.release r where r.build = $1 and r.outcome = 'succeeded' and r.id < s.release_id)
			and case s.kind when 'set-not-null' then a.attnotnull when 'drop-default' then not a.atthasdef and a.attnotnull
				when 'create-index' then exists (select from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and x.relname = s.object_name)
				else exists (select from pg_constraint k where k.conrelid = c.oid and k.conname = s.object_name) end
			order by s.id`, build)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return all, err
}
