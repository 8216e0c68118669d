package locklab

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A Lab is a database where one session runs a statement, and another looks at its
// locks and tries to read and write.
type Lab struct {
	// Other is the session that looks; it waits for no lock.
	Other *pgx.Conn
	// Relations are those that were there before the statement, by oid.
	Relations map[int64]Relation
	// Referencing are the tables with a foreign key to a table, by oid.
	Referencing map[int64][]int64

	db     *pgtest.DB
	runner *pgx.Conn
	schema string
	// apart is where statements run that leave something behind.
	apart *Lab
}

// A Relation was there before the statement.
type Relation struct {
	Name, Kind string
	Table      int64 // of an index

	file, size, scans int64
}

// HasFile tells the relations that have rows, or entries, of their own.
func (r Relation) HasFile() bool { return r.file != 0 }

// Taken is what one statement did on one server.
type Taken struct {
	// Modes are the modes of pg_locks.mode that it held or waited for; nil where
	// that is not known.
	Modes map[int64][]string
	// Readers and Writers wait for a table. Keys are the others of which no row can be
	// deleted, because it waits for a table that refers to them. Written and Read are the
	// relations that were written anew, and the others that were read from end to end.
	Readers, Writers, Keys, Written, Read []string
	// Failed is how the server refused the statement, and that is all that is known.
	Failed string
}

// probe tries to read and to write each table, and tells which it could not. Where it
// can write, it deletes each row, and takes that back: foreign keys have the tables
// read that refer to it, unless one does.
const probe = `create function probe(tables text[]) returns setof text language plpgsql as $$
	declare name text; act text; place tid; begin
	<<next_table>> foreach name in array tables loop
		foreach act in array array['select', 'delete'] loop
		begin
			execute act || ' from only ' || name || case act when 'select' then ' limit 1' else ' where false' end;
		exception when lock_not_available then
			return next act || ' ' || name;
			continue next_table when act = 'delete';
		end; end loop;
		for place in execute 'select ctid from only ' || name loop
		begin
			execute 'delete from only ' || name || ' where ctid = $1' using place;
			raise exception using errcode = 'LAB01';
		exception
			when lock_not_available then
				return next 'keys ' || name;
				continue next_table;
			when foreign_key_violation or sqlstate 'LAB01' then null;
		end; end loop;
	end loop; end $$; create schema lab; create table lab.sentinel ()`

// New makes the schema of a folder in a database, and what belongs to its server:
// a tablespace and roles.
func New(t testing.TB, db *pgtest.DB, dir string) *Lab {
	t.Helper()
	schema, err := os.ReadFile(filepath.Join(dir, "schema.sql"))
	if err != nil {
		t.Fatal(err)
	}
	conn := db.Connect(t)
	for _, sql := range []string{"set allow_in_place_tablespaces = on", "drop tablespace if exists locks_fast",
		"create tablespace locks_fast location ''", "drop role if exists locks_bob", "create role locks_bob",
		"drop role if exists locks_eve", "create role locks_eve"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return open(t, db, string(schema))
}

// open makes the schema in a database, and connects to it.
func open(t testing.TB, db *pgtest.DB, schema string) *Lab {
	t.Helper()
	l := &Lab{db: db, schema: schema, Other: db.Connect(t)}
	maker := db.Connect(t)
	exec(t, maker, schema)
	exec(t, maker, probe)
	l.count(t, maker)
	l.connect(t)
	// A reader that has to wait at all waits for the end of the test. What it reads
	// itself is not to be counted.
	exec(t, l.Other, "set lock_timeout = '1ms'; set track_counts = off")
	l.Relations = l.look(t, l.Other, inTransaction)
	l.readKeys(t)
	return l
}

// readKeys reads which tables refer to which.
func (l *Lab) readKeys(t testing.TB) {
	t.Helper()
	rows, err := l.Other.Query(t.Context(), "select confrelid::int8, conrelid::int8 from pg_constraint where contype = 'f'")
	if err != nil {
		t.Fatal(err)
	}
	l.Referencing = make(map[int64][]int64)
	var to, from int64
	_, err = pgx.ForEachRow(rows, []any{&to, &from}, func() error {
		l.Referencing[to] = append(l.Referencing[to], from)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// connect opens the session that runs the statement. It finds no row by an index,
// so that what looks at every row is seen to read the table, however few there are.
func (l *Lab) connect(t testing.TB) {
	t.Helper()
	l.runner = l.db.Connect(t)
	exec(t, l.runner, "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off")
}

func exec(t testing.TB, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// How often a relation was read from end to end: by the transaction that asks, or
// by those that are over.
const (
	inTransaction = "pg_stat_get_xact_numscans"
	inAll         = "pg_stat_get_numscans"
)

// look lists the relations, as a session sees them.
func (l *Lab) look(t testing.TB, conn *pgx.Conn, scans string) map[int64]Relation {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select c.oid::int8, case nspname when 'app' then 'app.' else '' end || relname, relkind::text, coalesce(indrelid, 0)::int8,
		relfilenode::int8, coalesce(pg_relation_size(c.oid), 0), coalesce(`+scans+`(c.oid), 0) from pg_class c left join pg_index on indexrelid = c.oid
		join pg_namespace n on n.oid = relnamespace where nspname in ('public', 'app', 'x') and relkind <> 'c'`)
	if err != nil {
		t.Fatal(err)
	}
	relations := make(map[int64]Relation)
	var id int64
	var r Relation
	_, err = pgx.ForEachRow(rows, []any{&id, &r.Name, &r.Kind, &r.Table, &r.file, &r.size, &r.scans}, func() error {
		relations[id] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return relations
}

// held are the locks that the runner holds or waits for, on relations that were
// there before, and whether it waits for anything, be it the end of a transaction.
func (l *Lab) held(t testing.TB) (modes map[int64][]string, waiting bool) {
	t.Helper()
	rows, err := l.Other.Query(t.Context(), "select coalesce(relation, 0)::int8, mode, granted from pg_locks where pid = $1", l.runner.PgConn().PID())
	if err != nil {
		t.Fatal(err)
	}
	modes = make(map[int64][]string)
	var id int64
	var mode string
	var granted bool
	_, err = pgx.ForEachRow(rows, []any{&id, &mode, &granted}, func() error {
		if l.Relations[id].Name != "" {
			modes[id] = append(modes[id], mode)
		}
		waiting = waiting || !granted
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return modes, waiting
}

// Do runs a form; nil if it failed.
func (l *Lab) Do(t testing.TB, f Form) *Taken {
	t.Helper()
	switch {
	case f.Alone != "":
		return l.Home(t, f).alone(t, f)
	case f.Behind != "":
		return l.Home(t, f).behind(t, f)
	}
	return l.inBlock(t, f)
}

// inBlock runs the statement in a transaction that is rolled back.
func (l *Lab) inBlock(t testing.TB, f Form) *Taken {
	t.Helper()
	exec(t, l.runner, "begin")
	defer exec(t, l.runner, "rollback")
	before := l.look(t, l.runner, inTransaction)
	_, err := l.runner.Exec(t.Context(), f.SQL, pgx.QueryExecModeSimpleProtocol)
	if refused, ok := f.refused(t, l.db.Major, err); refused != nil || !ok {
		return refused
	}
	taken := &Taken{}
	taken.Modes, _ = l.held(t)
	taken.compare(before, l.look(t, l.runner, inTransaction))
	l.try(t, taken)
	return taken
}

// refused tells a form that the server refused, as it ought to; not ok is an error.
func (f Form) refused(t testing.TB, major int, err error) (taken *Taken, ok bool) {
	t.Helper()
	want := f.Fails.On(major)
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == want {
		return &Taken{Failed: server.Code + ": " + server.Message}, true
	}
	if err != nil || want != "none" {
		t.Errorf("%s: %v, SQLSTATE foretold: %s", f.SQL, err, want)
		return nil, false
	}
	return nil, true
}

// compare tells what was written anew and what was read through. A table that is
// emptied gets a new file, and so do its indexes, but nothing is written.
func (k *Taken) compare(before, after map[int64]Relation) {
	anew := func(id int64) bool { _, ok := after[id]; return ok && after[id].file != before[id].file }
	emptied := func(id int64) bool { return anew(id) && after[id].size == 0 }
	for id, r := range before {
		now, ok := after[id]
		if !ok || r.Kind == "S" || emptied(id) || emptied(r.Table) {
			continue
		}
		if anew(id) {
			if r.Table == 0 || !anew(r.Table) {
				k.Written = append(k.Written, r.Name)
			}
		} else if now.scans > r.scans && r.Table == 0 {
			k.Read = append(k.Read, r.Name)
		}
	}
	slices.Sort(k.Written)
	slices.Sort(k.Read)
}

// try reads and writes each table from the other session.
func (l *Lab) try(t testing.TB, taken *Taken) {
	t.Helper()
	var tables []string
	for _, r := range l.Relations {
		if r.Kind == "r" || r.Kind == "p" {
			tables = append(tables, r.Name)
		}
	}
	slices.Sort(tables)
	// What foreign keys ask is planned anew: planning locks all indexes of a table.
	exec(t, l.Other, "discard plans")
	rows, err := l.Other.Query(t.Context(), "select probe($1)", tables)
	if err != nil {
		t.Fatal(err)
	}
	waits, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range waits {
		act, name, _ := strings.Cut(w, " ")
		who := map[string]*[]string{"select": &taken.Readers, "delete": &taken.Writers, "keys": &taken.Keys}[act]
		*who = append(*who, name)
	}
}
