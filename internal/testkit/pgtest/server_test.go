package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestParseMajors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value string
		want  []int
	}{
		{"all", []int{14, 15, 16, 17, 18}},
		{"18", []int{18}},
		{"18, 14,18", []int{14, 18}},
		{"13", nil},
		{"19", nil},
		{"14,", nil},
		{"newest", nil},
	}
	for _, test := range tests {
		got, err := parseMajors(test.value)
		if !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("parseMajors(%q) = %v, %v; want %v", test.value, got, err, test.want)
		}
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	Each(t, func(t *testing.T, db *DB) {
		version := db.Value(t, "SHOW server_version")
		if !strings.HasPrefix(version, db.Server.Version) {
			t.Errorf("server %s calls itself %s", db.Server.Version, version)
		}
		if n := db.Value(t, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"); n != "0" {
			t.Errorf("a fresh database has %s relations", n)
		}
		db.Exec(t, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, NULL)")
		got := db.Query(t, "SELECT a, b, $1::int8 FROM t", 7)
		if len(got) != 1 || !slices.Equal(got[0], []string{"1", "NULL", "7"}) {
			t.Errorf("got %q", got)
		}
	})
}

func TestDatabasesAreDropped(t *testing.T) {
	t.Parallel()
	var db *DB
	t.Run("inner", func(t *testing.T) {
		db = New(t)
		db.Connect(t) // still open at the end
	})
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err == nil {
		conn.Close(t.Context())
	}
	if !isSQLState(err, invalidCatalogName) {
		t.Errorf("connect to a dropped database: %v", err)
	}
}

func TestPasswordAndTLS(t *testing.T) {
	t.Parallel()
	Each(t, func(t *testing.T, db *DB) {
		encrypted := strings.Replace(db.URL, "sslmode=disable",
			"sslmode=verify-full&sslrootcert="+db.Server.CAFile, 1)
		wrong := strings.Replace(db.URL, db.Server.Password, "wrong", 1)
		socket := fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s", db.Server.SocketDir,
			db.Server.Port, db.Server.User, db.Server.Password, db.Name)

		conn, err := pgx.Connect(t.Context(), encrypted)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		var tls bool
		err = conn.QueryRow(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&tls)
		if err != nil || !tls {
			t.Errorf("sslmode=verify-full: encrypted %t, %v", tls, err)
		}
		if conn, err := pgx.Connect(t.Context(), socket); err != nil {
			t.Error(err)
		} else {
			conn.Close(t.Context())
		}
		if _, err := pgx.Connect(t.Context(), wrong); !isSQLState(err, invalidPassword) {
			t.Errorf("wrong password: %v", err)
		}
	})
}

// SQLSTATEs by PostgreSQL's own names.
const (
	invalidPassword    = "28P01"
	invalidCatalogName = "3D000"
)

func isSQLState(err error, code string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == code
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := StartFor(t, Options{Settings: map[string]string{
		"default_transaction_read_only": "on",
		"cluster_name":                  "it's",
	}})
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var readOnly, name string
	err = conn.QueryRow(t.Context(), "SELECT current_setting('transaction_read_only'), current_setting('cluster_name')").
		Scan(&readOnly, &name)
	if err != nil || readOnly != "on" || name != "it's" {
		t.Errorf("got %q, %q, %v", readOnly, name, err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(s.dir); running(s.PID()) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("server runs: %t, its folder: %v", running(s.PID()), err)
	}
}

// It changes TMPDIR, so that what is left behind is all its own.
func TestStartShowsTheLog(t *testing.T) {
	dir := openTempDir(t)
	t.Setenv("TMPDIR", dir)
	_, err := Start(t.Context(), Options{Settings: map[string]string{"shared_buffers": "much"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers": "much"`) {
		t.Errorf("start with a bad setting: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestStartIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("start under a cancelled context: %v", err)
	}
}

func TestMissingMajorNamesTheRemedy(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Major: oldestMajor - 1})
	if err == nil || !strings.Contains(err.Error(), "postgresql 13 not found") ||
		!strings.Contains(err.Error(), "make setup") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDatabase(b *testing.B) {
	s := StartFor(b, Options{})
	for b.Loop() {
		if err := s.CreateDatabase(b.Context(), "bench"); err != nil {
			b.Fatal(err)
		}
		if err := s.DropDatabase(b.Context(), "bench"); err != nil {
			b.Fatal(err)
		}
	}
}
