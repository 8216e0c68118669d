package pgtest

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// cleanupTimeout bounds what a test does after its own context has ended. From 15
// on DROP DATABASE waits for every session of the server to close its files
// (PROCSIGNAL_BARRIER_SMGRRELEASE), which one whose client does not read does not.
const cleanupTimeout = time.Minute

// A DB is a database that lives as long as the test it was made for.
type DB struct {
	// URL is postgres://user:password@127.0.0.1:port/name?sslmode=disable,
	// for a superuser.
	URL    string
	Name   string
	Major  int
	Server *Server
}

// NewDB makes a database, dropped when the test ends. It is empty, unless the server
// is one that MainFilled fills.
func (s *Server) NewDB(t testing.TB) *DB {
	t.Helper()
	return s.newDB(t, s.template)
}

// EmptyDB is NewDB on a server that may be filled.
func (s *Server) EmptyDB(t testing.TB) *DB {
	t.Helper()
	return s.newDB(t, empty)
}

func (s *Server) newDB(t testing.TB, template string) *DB {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.copyDatabase(t.Context(), name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			s.logCrashes(t)
		}
		if s.keeper.hasEnded() {
			return // the test stopped or broke the server
		}
		ctx, cancel := cleanupContext()
		defer cancel()
		if err := s.DropDatabase(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return &DB{URL: s.URL(name), Name: name, Major: s.Major, Server: s}
}

// logCrashes shows what the server's log says of processes that crashed: all
// tests on the server fail with one of them, most far from the cause.
func (s *Server) logCrashes(t testing.TB) {
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		t.Logf("the server's log: %v", err)
	}
	lines := strings.Split(string(log), "\n")
	for i, line := range lines {
		if crashRE.MatchString(line) {
			t.Logf("PostgreSQL %s crashed:\n%s", s.Version, strings.Join(lines[max(0, i-5):min(len(lines), i+5)], "\n"))
		}
	}
}

// crashRE matches what the postmaster says of a child that ended otherwise than
// by itself (LogChildExit in postmaster.c), and a process of itself before.
var crashRE = regexp.MustCompile(`PANIC:|was terminated by signal|exited with exit code [2-9]`)

// Connect opens a connection, closed when the test ends.
func (db *DB) Connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := cleanupContext()
		defer cancel()
		conn.Close(ctx)
	})
	return conn
}

// Exec runs each string as one simple-protocol message, which may hold several
// statements, on a connection of its own that is closed again.
func (db *DB) Exec(t testing.TB, sql ...string) {
	t.Helper()
	db.withConn(t, func(ctx context.Context, conn *pgx.Conn) {
		for _, text := range sql {
			if _, err := conn.Exec(ctx, text, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	})
}

// Query returns the rows of one query in PostgreSQL's own text form, NULL as
// "NULL".
func (db *DB) Query(t testing.TB, sql string, args ...any) [][]string {
	t.Helper()
	var table [][]string
	db.withConn(t, func(ctx context.Context, conn *pgx.Conn) {
		args = append([]any{pgx.QueryExecModeSimpleProtocol}, args...)
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		table, err = pgx.CollectRows(rows, textRow)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	})
	return table
}

// Value returns the single value of a query with one row and one column, in
// the form of Query.
func (db *DB) Value(t testing.TB, sql string, args ...any) string {
	t.Helper()
	table := db.Query(t, sql, args...)
	if len(table) != 1 || len(table[0]) != 1 {
		t.Fatalf("%s: want one value, got %q", sql, table)
	}
	return table[0][0]
}

func textRow(row pgx.CollectableRow) ([]string, error) {
	var texts []string
	for _, raw := range row.RawValues() {
		if raw == nil {
			texts = append(texts, "NULL")
		} else {
			texts = append(texts, string(raw))
		}
	}
	return texts, nil
}

func (db *DB) withConn(t testing.TB, f func(context.Context, *pgx.Conn)) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	f(ctx, conn)
}

// cleanupContext is for what runs after the test's own context has ended.
func cleanupContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), cleanupTimeout)
}

// Copy makes a database with all that this one holds, dropped when the test ends.
// Nobody may be connected to this one.
func (db *DB) Copy(t testing.TB) *DB {
	t.Helper()
	return db.Server.newDB(t, db.Name)
}
