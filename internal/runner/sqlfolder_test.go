package runner

import (
	"errors"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func upSQL(files ...string) *Embedded {
	return &Embedded{Format: FormatUpSQL, Files: mapFS(files...)}
}

func TestUpSQL(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	e := upSQL(
		"1_a.up.sql", "CREATE TABLE a (t text);\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;"+
			" INSERT INTO a VALUES ('-- +goose Down;\n')",
		"1_a.down.sql", "nonsense",
		"2_b.up.sql", "-- alone\nCREATE INDEX CONCURRENTLY i ON a (t);",
		"10_c.up.sql", "BEGIN; CREATE TABLE c (); COMMIT;",
		"11_d.up.sql", "-- nothing\n")
	exit, out, err := up(t, db, e)
	want := "applied migrations/1_a.up.sql (TIME)\napplied migrations/2_b.up.sql (TIME)\n" +
		"applied migrations/10_c.up.sql (TIME)\napplied migrations/11_d.up.sql (TIME)\n"
	if exit.Code != 0 || err != nil || out != want {
		t.Fatalf("got %+v, %v, %q", exit, err, out)
	}
	if got := db.Value(t, "SELECT t FROM a"); got != "-- +goose Down;\n" {
		t.Errorf("the file was not sent as it is: %q", got)
	}
	if got := db.Value(t, "SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM goose_db_version"); got != "0 1 2 10 11" {
		t.Errorf("versions: %s", got)
	}
	if got := pendingNames(t, db, e); got != "" {
		t.Errorf("pending: %q", got)
	}
}

// A file and its record are one transaction.
func TestUpSQLError(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	exit, _, err := up(t, db, upSQL("1_a.up.sql", "-- üüüüüüüüüü\nCREATE TABLE a ();\nSELECT nothing\nFROM a;\n"))
	want := "migrations/1_a.up.sql:3: ERROR: column \"nothing\" does not exist (SQLSTATE 42703)\n" +
		"  3 | SELECT nothing"
	if exit.Code != 1 || err == nil || err.Error() != want {
		t.Errorf("got %+v, error:\n%v\nwant:\n%s", exit, err, want)
	}
	if got := db.Value(t, "SELECT coalesce(to_regclass('a')::text, 'rolled back')"); got != "rolled back" {
		t.Errorf("table: %s", got)
	}
}

func TestUpSQLOpenTransaction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	e := upSQL("1_a.up.sql", "BEGIN; CREATE TABLE a ();")
	_, _, err := up(t, db, e)
	if !errors.Is(err, errOpenTransaction) {
		t.Errorf("got %v", err)
	}
	if got := pendingNames(t, db, e); got != "1_a.up.sql" {
		t.Errorf("pending: %q", got)
	}
}

func TestUpSQLOfAnotherTool(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ table, want string }{
		{"CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)", "golang-migrate"},
		{"CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, checksum bytea)", "sqlx"},
		{"CREATE TABLE schema_migrations (version varchar PRIMARY KEY)", ""}, // Rails' or dbmate's
	} {
		db := pgtest.New(t)
		db.Exec(t, test.table)
		e := upSQL("1_a.up.sql", "CREATE TABLE a ();")
		exit, _, err := up(t, db, e)
		var owner *OwnerError
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.table, err)
		case test.want == "":
		case exit.Code != 1 || !errors.As(err, &owner) || owner.Tool != test.want ||
			!strings.Contains(err.Error(), "migguard run -- ") || !strings.Contains(err.Error(), "migrations"):
			t.Errorf("%s: got %+v, %v", test.table, exit, err)
		}
	}
}

func TestListMigrationsErrors(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*Embedded{
		"version 0 is reserved": upSQL("000_a.up.sql", "", "1_b.up.sql", ""),
		"have the same version": upSQL("1_a.up.sql", "", "001_b.up.sql", ""),
	} {
		if _, err := listMigrations(e.Files, e.Format); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// What needsNoTransaction says is what the server says.
func TestNeedsNoTransaction(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"SELECT 1; SAVEPOINT a; RELEASE a":              false,
		"SELECT 'COMMIT'; -- COMMIT\n":                  false,
		"CREATE TABLE t ()":                             false,
		"CREATE INDEX i ON t (a)":                       false,
		"REINDEX TABLE t":                               false,
		"ANALYZE t":                                     false,
		"DO $$ BEGIN COMMIT; END $$":                    false,
		"no SQL at all":                                 false,
		"begin; SELECT 1; end":                          true,
		"SELECT 1; ROLLBACK":                            true,
		"CREATE INDEX CONCURRENTLY i ON t (a)":          true,
		"DROP INDEX CONCURRENTLY i":                     true,
		"REINDEX (VERBOSE, CONCURRENTLY) TABLE t":       true,
		"REINDEX SCHEMA public":                         true,
		"VACUUM t":                                      true,
		"CLUSTER":                                       true,
		"ALTER SYSTEM SET work_mem = '1MB'":             true,
		"CREATE DATABASE d":                             true,
		"ALTER TABLE t DETACH PARTITION p CONCURRENTLY": true,
		"ALTER TABLE t DETACH PARTITION p":              false,
	} {
		if got := needsNoTransaction(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
