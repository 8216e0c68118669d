package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func mapFS(files ...string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

// up runs the embedded runner to its end and returns what it printed.
func up(t *testing.T, db *pgtest.DB, e *Embedded) (Exit, string, error) {
	t.Helper()
	e.Dir = "migrations"
	var out bytes.Buffer
	c := Command{Name: "goose", Embedded: e}
	exit, err := c.Run(t.Context(), Options{DatabaseURL: db.URL, Stdout: &out, Stderr: &out})
	return exit, regexp.MustCompile(`\([0-9.]+[µm]?s\)`).ReplaceAllString(out.String(), "(TIME)"), err
}

func pendingNames(t *testing.T, db *pgtest.DB, e *Embedded) string {
	t.Helper()
	list, err := e.Pending(t.Context(), db.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		names = append(names, m.Name)
	}
	return strings.Join(names, " ")
}

func TestEmbeddedGoose(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		files := mapFS(
			"00001_a.sql", "-- +goose Up\nCREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n-- +goose Down\nDROP TABLE a;\n",
			"00002_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON a (id);\n",
			"notes.sql", "nonsense")
		e := &Embedded{Files: files}
		if got := pendingNames(t, db, e); got != "00001_a.sql 00002_b.sql" {
			t.Errorf("pending before: %q", got)
		}
		if got := db.Value(t, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); got != "0" {
			t.Errorf("Pending created %s tables", got)
		}
		exit, out, err := up(t, db, e)
		want := "applied migrations/00001_a.sql (TIME)\napplied migrations/00002_b.sql (TIME)\n"
		if exit.Code != 0 || err != nil || out != want {
			t.Errorf("got %+v, %v, %q", exit, err, out)
		}
		if got := pendingNames(t, db, e); got != "" {
			t.Errorf("pending after: %q", got)
		}
		if _, out, err := up(t, db, e); err != nil || out != "migrations: nothing to apply\n" {
			t.Errorf("second run: %q, %v", out, err)
		}
		if got := db.Value(t, "SELECT count(*) FROM a"); got != "1" {
			t.Errorf("%s rows", got)
		}
	})
}

// A version below the highest applied one is pending, and goose refuses it.
func TestEmbeddedOutOfOrder(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	files := mapFS("2_b.sql", "-- +goose Up\nCREATE TABLE b ();\n")
	e := &Embedded{Files: files, Table: "public.versions"}
	if _, _, err := up(t, db, e); err != nil {
		t.Fatal(err)
	}
	files["1_a.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE a ();\n")}
	if got := pendingNames(t, db, e); got != "1_a.sql" {
		t.Errorf("pending: %q", got)
	}
	exit, _, err := up(t, db, e)
	if exit.Code != 1 || err == nil || !strings.Contains(err.Error(), "missing (out-of-order)") {
		t.Errorf("got %+v, %v", exit, err)
	}
}

// The server's message, detail and hint reach the user, with the place.
func TestEmbeddedGooseError(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	e := &Embedded{Files: mapFS(
		"1_a.sql", "-- +goose Up\nCREATE TABLE a ();\n",
		"2_b.sql", "-- +goose Up\r\nCREATE TABLE b ();\r\n\r\n-- why\r\n-- +goose StatementBegin\r\nDO $$ BEGIN\r\n"+
			"RAISE EXCEPTION 'old code reads it' USING ERRCODE = 'MG001', DETAIL = 'column x', HINT = 'wait';\r\n"+
			"END $$;\r\n-- +goose StatementEnd\r\n")}
	exit, out, err := up(t, db, e)
	want := "migrations/2_b.sql:6: ERROR: old code reads it (SQLSTATE MG001)\n" +
		"  6 | DO $$ BEGIN\n  detail: column x\n  hint: wait\napplied before it: 1_a.sql"
	if exit.Code != 1 || err == nil || err.Error() != want || out != "applied migrations/1_a.sql (TIME)\n" {
		t.Errorf("got %+v, %q, error:\n%v\nwant:\n%s", exit, out, err, want)
	}
	var migration *MigrationError
	var refusal *pgconn.PgError
	if !errors.As(err, &migration) || !errors.As(err, &refusal) || refusal.Code != "MG001" {
		t.Errorf("error is not typed: %v", err)
	}
	if got := db.Value(t, "SELECT coalesce(to_regclass('b')::text, 'rolled back')"); got != "rolled back" {
		t.Errorf("table: %s", got)
	}
	if got := pendingNames(t, db, e); got != "2_b.sql" {
		t.Errorf("pending: %q", got)
	}
}

func TestEmbeddedErrorAtCommit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	e := &Embedded{Files: mapFS("1_a.sql", "-- +goose Up\n"+
		"CREATE TABLE a (id int PRIMARY KEY, up int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"+
		"INSERT INTO a VALUES (1, 2);\n")}
	_, _, err := up(t, db, e)
	if err == nil || !strings.HasPrefix(err.Error(), "migrations/1_a.sql: at COMMIT: ERROR: insert or update") {
		t.Errorf("got %v", err)
	}
}

func TestEmbeddedSyntaxErrorsStopBeforeAnything(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	e := &Embedded{Files: mapFS("1_a.sql", "-- +goose Up\nCREATE TABLE a ();\n", "2_b.sql", "-- +goose Up\nCREATE TABLE b ()\n")}
	_, out, err := up(t, db, e)
	if err == nil || !strings.Contains(err.Error(), "missing semicolon") || out != "" {
		t.Errorf("got %q, %v", out, err)
	}
}

// SIGTERM cancels the statement that waits, and its transaction is gone when
// the run returns.
func TestEmbeddedSignalRollsBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "CREATE TABLE locked ()")
	blocker := db.Connect(t)
	if _, err := blocker.Exec(t.Context(), "BEGIN; LOCK TABLE locked"); err != nil {
		t.Fatal(err)
	}
	e := &Embedded{Dir: "migrations", Files: mapFS("1_a.sql",
		"-- +goose Up\nCREATE TABLE a ();\nALTER TABLE locked ADD COLUMN x int;\n")}
	signals := make(chan os.Signal, 1)
	ended := make(chan Exit, 1)
	go func() {
		exit, err := Command{Embedded: e}.Run(t.Context(), Options{DatabaseURL: db.URL, Signals: signals})
		if err != nil {
			t.Error(err)
		}
		ended <- exit
	}()
	watcher := db.Connect(t)
	for waiting, deadline := false, time.Now().Add(30*time.Second); !waiting; {
		err := watcher.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks
			WHERE NOT granted AND relation = 'locked'::regclass)`).Scan(&waiting)
		if err != nil || time.Now().After(deadline) {
			t.Fatal("the migration does not wait for its lock", err)
		}
	}
	signals <- syscall.SIGTERM
	if got, want := <-ended, (Exit{Code: 143, Signal: syscall.SIGTERM}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := db.Value(t, "SELECT coalesce(to_regclass('a')::text, 'rolled back')"); got != "rolled back" {
		t.Errorf("table: %s", got)
	}
	if got := pendingNames(t, db, e); got != "1_a.sql" {
		t.Errorf("pending: %q", got)
	}
}

func TestEmbeddedUnreachable(t *testing.T) {
	t.Parallel()
	e := &Embedded{Dir: "migrations", Files: mapFS("1_a.sql", gooseFile)}
	exit, err := Command{Embedded: e}.Run(t.Context(),
		Options{DatabaseURL: "postgres://u:s3cret@127.0.0.1:1/app?sslmode=disable"})
	if exit.Code != 1 || err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %+v, %v", exit, err)
	}
}

// BenchmarkPending is what a run with nothing to do pays for finding that out,
// on a connection it has anyway: 200 files, all applied.
func BenchmarkPending(b *testing.B) {
	db := pgtest.New(b)
	files := mapFS()
	for i := range 200 {
		files[fmt.Sprintf("%05d_x.sql", i+1)] = &fstest.MapFile{Data: []byte(gooseFile)}
	}
	dir := b.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		b.Fatal(err)
	}
	e := &Embedded{Dir: "migrations", Files: os.DirFS(dir), Table: "versions"}
	db.Exec(b, "CREATE TABLE versions AS SELECT g::bigint AS version_id FROM generate_series(0, 200) g")
	conn := db.Connect(b)
	for b.Loop() {
		if list, err := e.Pending(b.Context(), conn); err != nil || len(list) > 0 {
			b.Fatal(list, err)
		}
	}
}
