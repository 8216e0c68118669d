package scan_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// talk is a program that does what it is told, a line each, and answers "done".
type talk struct {
	in  io.Writer
	out *bufio.Reader
	err *bytes.Buffer
}

func start(t *testing.T, db *pgtest.DB, dir string, command ...string) *talk {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DATABASE_URL="+db.URL, "PYTHONDONTWRITEBYTECODE=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{in, bufio.NewReader(out), &bytes.Buffer{}}
	cmd.Stderr = k.err
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return k
}

func (k *talk) do(t *testing.T, what string) {
	t.Helper()
	if err := k.try(what); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, k.err)
	}
}

func (k *talk) try(what string) error {
	if _, err := fmt.Fprintln(k.in, what); err != nil {
		return err
	}
	answer, err := k.out.ReadString('\n')
	if err == nil && answer != "done\n" {
		return fmt.Errorf("it answered %q", answer)
	}
	return err
}

// forget has the database forget the queries it has seen; those of other tests'
// databases stay.
func forget(t *testing.T, db *pgtest.DB) {
	t.Helper()
	db.Exec(t, "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()")
}

// eachSent asks the database which queries it has seen, and gives each of their columns.
func eachSent(t *testing.T, db *pgtest.DB, do func(table, column, query string)) {
	t.Helper()
	for _, row := range db.Query(t, `SELECT query FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database() WHERE toplevel`) {
		uses, err := ddl.NeedsOf(row[0])
		if err != nil {
			continue // BEGIN and the like, with marks in them
		}
		for _, n := range uses.Needs {
			if strings.HasPrefix(n.Relation.Name, "pg_") {
				continue
			}
			for _, column := range slices.Concat(n.Reads.Names, n.Updates.Names, n.Inserts.Names) {
				do(n.Relation.Name, column, row[0])
			}
		}
	}
}

// sent checks that the contract has each column of a query that the database has seen
// as used. It gives how many.
func sent(t *testing.T, db *pgtest.DB, c *contract.Contract) (columns int) {
	t.Helper()
	eachSent(t, db, func(table, column, query string) {
		columns++
		if a := c.Column(contract.Name{Name: table}, column, contract.AnyWay); a.Verdict != contract.Yes {
			t.Errorf("%s.%s: %s, and it was sent: %s", table, column, a.Verdict, query)
		}
	})
	return columns
}

// TestSQLAlchemyRuns: an application really runs; each column it sends is in the
// contract, and what the contract says no to can go while it runs.
func TestSQLAlchemyRuns(t *testing.T) {
	t.Parallel()
	const dir = "testdata/sqlalchemy"
	c := scanned(t, dir)
	pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
		app := start(t, db, dir, "/usr/bin/python3", "app.py")
		db.Exec(t, "CREATE TABLE partly (id serial PRIMARY KEY, n int)", "CREATE TABLE wholly (id serial PRIMARY KEY, n int)")
		app.do(t, "make")
		tables := db.Query(t, `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`)
		for _, table := range tables {
			db.Exec(t, fmt.Sprintf("ALTER TABLE %s ADD COLUMN spare int", table[0]))
		}
		db.Exec(t, "CREATE EXTENSION pg_stat_statements")
		app.do(t, "load")
		forget(t, db)
		app.do(t, "act")
		if n := sent(t, db, c); n < 60 {
			t.Errorf("only %d columns were sent", n)
		}
		for _, table := range tables {
			name := contract.Name{Name: table[0]}
			for _, row := range db.Query(t, `SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid = $1::regclass`, table[0]) {
				want := contract.Yes
				if row[0] == "spare" && table[0] != "wholly" {
					want = contract.No
				}
				if a := c.Column(name, row[0], contract.AnyWay); a.Verdict != want {
					t.Errorf("%s.%s: %s, want %s: %+v", table[0], row[0], a.Verdict, want, a.Reasons)
				}
			}
			if table[0] != "wholly" {
				db.Exec(t, fmt.Sprintf("ALTER TABLE %s DROP COLUMN spare", table[0]))
			}
		}
		app.do(t, "act")
		db.Exec(t, "ALTER TABLE wholly DROP COLUMN spare")
		if err := app.try("act"); err == nil {
			t.Error("a model of every column did without one")
		}
	})
}
