package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// The kinds of tasks.
const (
	CreateIndex          = "create-index"          // builds an index
	IndexPartitioned     = "index-partitioned"     // of the indexes that its partitions have
	ValidateConstraint   = "validate-constraint"   // checks the rows there are against it
	SetNotNull           = "set-not-null"          // of a column that a valid CHECK keeps free of NULL
	UseIndex             = "use-index"             // for a UNIQUE constraint of the same name
	BackfillColumn       = "backfill-column"       // gives the rows that have none a value
	AddConstraint        = "add-constraint"        // NOT VALID
	ConstrainPartitioned = "constrain-partitioned" // of the constraints that its partitions have
	AddIdentity          = "add-identity"          // of a column that has its numbers
	ReindexIndex         = "reindex-index"         // builds an index anew
	ReindexTable         = "reindex-table"         // builds all of a table's anew
	CopyColumn           = "copy-column"           // adds a column's copy, and fills it
)

// A Task is work that a committed migration owes, because it cannot run inside
// a transaction.
type Task struct {
	ID        int64
	ReleaseID int64
	Kind      string
	Relation  uint32 // oid of the table
	Schema    string // of table and object, when it was written
	Table     string
	Object    string // the index, constraint or column
	SQL       string

	// Role and Settings, by name, are what the migration's session had: the
	// statement means the same under them.
	Role     string
	Settings map[string]string

	Version   string // of the release that owes it
	CreatedAt time.Time
	Tried     bool   // it was begun before
	Note      string // how the last try went
	// Position is how far a backfill has come, in blocks of the table, or of
	// all its partitions.
	Position int64
	// Withheld is the ID of what had waited and is made by this; 0 for others.
	Withheld int64
	Done     bool // only among those of MakingOf
}

// MakesIndex tells the kinds whose object is an index that is not there yet.
func (t Task) MakesIndex() bool {
	return t.Kind == CreateIndex || t.Kind == IndexPartitioned || t.Kind == ConstrainPartitioned
}

// NewTask is what RecordTaskSQL records. The table exists.
type NewTask struct {
	ReleaseID int64
	Kind      string
	Relation  uint32
	Schema    string
	Table     string
	Object    string
	SQL       string
	Withheld  int64
}

// RecordTaskSQL is the statement that a migration's own session runs in the
// transaction that will owe the task. It returns the task's id.
func RecordTaskSQL(t NewTask) string {
	return fmt.Sprintf("INSERT INTO migguard.task"+
		" (release_id, kind, relation, schema_name, table_name, object_name, sql, withheld)"+
		" VALUES (%d, %s, %d, %s, %s, %s, %s, nullif(%d::pg_catalog.int8, 0)) RETURNING id",
		t.ReleaseID, literal(t.Kind), t.Relation, literal(t.Schema), literal(t.Table), literal(t.Object), literal(t.SQL), t.Withheld)
}

// IndexTaskSQL is the query for the newest task that builds that index, seen
// from a migration's own session: what it has not committed included. Its one
// row has the task's sql, and whether it is owed. There is none if the task was
// given up.
func IndexTaskSQL(relation uint32, index string) string {
	return fmt.Sprintf("SELECT sql, closed_at IS NULL FROM migguard.task"+
		" WHERE kind IN ('create-index', 'index-partitioned') AND relation = %d::pg_catalog.oid AND object_name = %s AND (done OR closed_at IS NULL) ORDER BY id DESC LIMIT 1",
		relation, literal(index))
}

// OwedFrom is a FROM item for a query that a migration's own session runs: what
// is owed, tasks it has not committed included (kind, schema_name, table_name,
// object_name, sql).
const OwedFrom = "(SELECT kind, schema_name, table_name, object_name, sql FROM migguard.task WHERE closed_at IS NULL) AS task"

const selectTask = `
	select t.id, t.release_id, t.kind, t.relation, t.schema_name, t.table_name, t.object_name, t.sql,
	       t.role, t.settings, coalesce(r.version, ''), t.created_at, t.tried_at is not null, coalesce(t.note, ''), t.done, %s, %s
	from migguard.task t join migguard.release r on r.id = t.release_id
	where `

func scanTask(row pgx.CollectableRow) (t Task, err error) {
	err = row.Scan(&t.ID, &t.ReleaseID, &t.Kind, &t.Relation, &t.Schema, &t.Table, &t.Object, &t.SQL,
		&t.Role, &t.Settings, &t.Version, &t.CreatedAt, &t.Tried, &t.Note, &t.Done, &t.Position, &t.Withheld)
	return t, err
}

// Owed lists the tasks that are neither done nor given up, in the order in
// which they have to be done. It needs no lock.
func (l *Ledger) Owed(ctx context.Context) (tasks []Task, err error) {
	err = l.read(ctx, "list tasks", func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < taskVersion {
			return nil
		}
		position, withheld := "t.position", "coalesce(t.withheld, 0)"
		if l.version < positionVersion {
			position = "0::bigint"
		}
		if l.version < keptVersion {
			withheld = "0::bigint"
		}
		rows, err := conn.Query(ctx, fmt.Sprintf(selectTask, position, withheld)+"t.closed_at is null order by t.id")
		if err != nil {
			return err
		}
		tasks, err = pgx.CollectRows(rows, scanTask)
		return err
	})
	return tasks, err
}

// taskVersion is the first schema with tasks: one that is older is read before
// a run has brought it up to date.
const taskVersion = 3

// positionVersion is the first schema in which tasks have a position.
const positionVersion = 5

// BeginTask notes that a task is about to be done: what is found of it later
// may be of this try.
func (l *Ledger) BeginTask(ctx context.Context, id int64) error {
	return l.changeTask(ctx, "begin a task", id,
		"update migguard.task set tried_at = clock_timestamp() where id = $1 and closed_at is null")
}

// MoveTask notes how far a backfill has come, in blocks of the table.
func (l *Ledger) MoveTask(ctx context.Context, id, position int64) error {
	return l.changeTask(ctx, "note how far a task is", id,
		"update migguard.task set position = $2 where id = $1 and closed_at is null", position)
}

// NoteTask notes why a task is owed still.
func (l *Ledger) NoteTask(ctx context.Context, id int64, note string) error {
	return l.changeTask(ctx, "note a task's failure", id,
		"update migguard.task set note = nullif($2, '') where id = $1 and closed_at is null", clean(note))
}

// ErrNotOwed is returned for a task that is done, was given up or never was.
var ErrNotOwed = errors.New("the task is not owed")

// CloseTask marks a task done, or given up, with the reason. It fails with
// ErrNotOwed when it is not owed.
func (l *Ledger) CloseTask(ctx context.Context, id int64, done bool, note string) error {
	return l.changeTask(ctx, "close a task", id,
		"update migguard.task set closed_at = clock_timestamp(), note = nullif($2, ''), done = $3 where id = $1 and closed_at is null", clean(note), done)
}

func (l *Ledger) changeTask(ctx context.Context, op string, id int64, sql string, args ...any) error {
	return l.read(ctx, op, func(ctx context.Context, conn *pgx.Conn) error {
		if l.version < taskVersion {
			return ErrNotOwed
		}
		tag, err := conn.Exec(ctx, sql, append([]any{id}, args...)...)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotOwed
		}
		return err
	})
}
