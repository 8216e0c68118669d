package ddl

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A lockLab is a database where one session runs a statement, and another looks
// at its locks and tries to read and write.
type lockLab struct {
	runner, other *pgx.Conn
	relations     map[int64]lockRelation
}

// A lockRelation was there before the statement.
type lockRelation struct {
	name, kind string
	table      int64 // of an index
	file       int64
	scans      int64
}

// A lockTaken is what one statement did on one server.
type lockTaken struct {
	locks                           map[int64]LockMode
	names                           map[int64]lockRelation
	readers, writers, written, read []string
	// unread: the grammar does not know the statement, so nothing is foretold.
	unread bool
}

// probe tries to read and to write each table, and tells which it could not.
const probe = `create function probe(tables text[]) returns setof text language plpgsql as $$
	declare name text; act text; begin
	foreach name in array tables loop
		foreach act in array array['select', 'delete'] loop
		begin
			execute act || ' from only ' || name || case act when 'select' then ' limit 1' else ' where false' end;
		exception when lock_not_available then return next act || ' ' || name;
		end; end loop;
	end loop; end $$`

// newLockLab makes what belongs to the server, too: a tablespace and a role.
func newLockLab(t *testing.T, db *pgtest.DB, schema string) *lockLab {
	t.Helper()
	conn := db.Connect(t)
	for _, sql := range []string{"set allow_in_place_tablespaces = on", "drop tablespace if exists locks_fast",
		"create tablespace locks_fast location ''", "drop role if exists locks_bob", "create role locks_bob"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	l := &lockLab{}
	l.open(t, db, schema)
	return l
}

// open makes the schema in a database, and connects to it.
func (l *lockLab) open(t *testing.T, db *pgtest.DB, schema string) {
	t.Helper()
	db.Exec(t, schema, probe)
	l.runner, l.other = db.Connect(t), db.Connect(t)
	// A reader that has to wait at all waits for the end of the test.
	if _, err := l.other.Exec(t.Context(), "set lock_timeout = '1ms'"); err != nil {
		t.Fatal(err)
	}
	l.relations = l.look(t, l.other)
}

// look lists the relations, as a session sees them.
func (l *lockLab) look(t *testing.T, conn *pgx.Conn) map[int64]lockRelation {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select c.oid::int8, case nspname when 'app' then 'app.' else '' end || relname, relkind::text, coalesce(indrelid, 0)::int8,
		relfilenode::int8, coalesce(pg_stat_get_xact_numscans(c.oid), 0) from pg_class c left join pg_index on indexrelid = c.oid
		join pg_namespace n on n.oid = relnamespace where nspname in ('public', 'app', 'x') and relkind <> 'c'`)
	if err != nil {
		t.Fatal(err)
	}
	relations := make(map[int64]lockRelation)
	var id int64
	var r lockRelation
	_, err = pgx.ForEachRow(rows, []any{&id, &r.name, &r.kind, &r.table, &r.file, &r.scans}, func() error {
		relations[id] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return relations
}

// held are the locks that the runner holds or waits for, on relations that were
// there before, the strongest of each, and whether it waits for anything, be it
// the end of a transaction.
func (l *lockLab) held(t *testing.T) (locks map[int64]LockMode, waiting bool) {
	t.Helper()
	rows, err := l.other.Query(t.Context(), "select coalesce(relation, 0)::int8, mode, granted from pg_locks where pid = $1", l.runner.PgConn().PID())
	if err != nil {
		t.Fatal(err)
	}
	locks = make(map[int64]LockMode)
	var id int64
	var mode string
	var granted bool
	_, err = pgx.ForEachRow(rows, []any{&id, &mode, &granted}, func() error {
		m := lockModeOf(mode)
		if had, ok := locks[id]; l.relations[id].name != "" && (!ok || m.Compare(had) > 0) {
			locks[id] = m
		}
		waiting = waiting || !granted
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return locks, waiting
}

// lockModeOf reads pg_locks.mode.
func lockModeOf(mode string) LockMode {
	for _, m := range lockModes {
		if strings.EqualFold(strings.ReplaceAll(string(m), " ", "")+"Lock", mode) {
			return m
		}
	}
	return LockMode(mode)
}

// inBlock runs the statement in a transaction that is rolled back.
func (l *lockLab) inBlock(t *testing.T, f lockForm) *lockTaken {
	t.Helper()
	exec := func(conn *pgx.Conn, sql string) error {
		_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		return err
	}
	if err := exec(l.runner, "begin"); err != nil {
		t.Fatal(err)
	}
	before := l.look(t, l.runner)
	defer func() {
		if err := exec(l.runner, "rollback"); err != nil {
			t.Fatal(err)
		}
	}()
	if err := exec(l.runner, f.sql); err != nil {
		t.Errorf("%s: %v", f.sql, err)
		return nil
	}
	taken := &lockTaken{names: l.relations}
	taken.locks, _ = l.held(t)
	l.compareFiles(taken, before, l.look(t, l.runner))
	l.try(t, taken)
	return taken
}

// compareFiles tells what was written anew and what was read through.
func (l *lockLab) compareFiles(taken *lockTaken, before, after map[int64]lockRelation) {
	anew := func(id int64) bool { _, ok := after[id]; return ok && after[id].file != before[id].file }
	for id, r := range before {
		now, ok := after[id]
		if !ok || r.kind == "S" {
			continue
		}
		if anew(id) && (r.table == 0 || !anew(r.table)) {
			taken.written = append(taken.written, r.name)
		}
		if now.scans > r.scans && r.table == 0 {
			taken.read = append(taken.read, r.name)
		}
	}
	slices.Sort(taken.written)
	slices.Sort(taken.read)
}

// try reads and writes each table from the other session.
func (l *lockLab) try(t *testing.T, taken *lockTaken) {
	t.Helper()
	var tables []string
	for _, r := range l.relations {
		if r.kind == "r" || r.kind == "p" {
			tables = append(tables, r.name)
		}
	}
	slices.Sort(tables)
	rows, err := l.other.Query(t.Context(), "select probe($1)", tables)
	if err != nil {
		t.Fatal(err)
	}
	waits, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range waits {
		if name, ok := strings.CutPrefix(w, "select "); ok {
			taken.readers = append(taken.readers, name)
		} else {
			taken.writers = append(taken.writers, strings.TrimPrefix(w, "delete "))
		}
	}
}
