package ledger

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestFirstUse(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		locked(t, db.URL)
		if got, want := db.Value(t, "select version from migguard.schema_version"), strconv.Itoa(schemaVersion); got != want {
			t.Errorf("schema version %s, want %s", got, want)
		}
		bare := db.Query(t, `
			select c.relname, a.attname
			from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
			where c.relnamespace = 'migguard'::regnamespace and c.relkind = 'r'
			  and c.relname <> 'schema_version' and col_description(c.oid, a.attnum) is null`)
		if len(bare) > 0 {
			t.Errorf("columns without a comment: %v", bare)
		}
	})
}

// A ledger that is up to date costs one round trip after the login.
func TestOpenIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		locked(t, db.URL)
		var writes atomic.Int64
		cfg := parse(t, db.URL)
		tap(cfg, func() { writes.Add(1) }, func() {})
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		login := writes.Swap(0)
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		writes.Store(0)
		l, err := Open(t.Context(), cfg, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if got := writes.Load() - login; got != 1 {
			t.Errorf("%d messages after the login, want 1", got)
		}
		if l.version != schemaVersion {
			t.Errorf("version %d, want %d", l.version, schemaVersion)
		}
		var interval string
		if err := l.conn.QueryRow(t.Context(), "show client_connection_check_interval").Scan(&interval); err != nil || interval != "1s" {
			t.Errorf("client_connection_check_interval = %s, %v", interval, err)
		}
	})
}

// TestLoginsAreDropped: what is given up while nobody answers ends at once, and what has
// logged in leaves the server having set nothing.
func TestLoginsAreDropped(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var writes atomic.Int32
	cfg := parse(t, db.URL)
	tap(cfg, func() { writes.Add(1) }, func() {})
	login := Dial(t.Context(), cfg, Options{})
	<-login.done
	before := writes.Load()
	login.Drop()
	if n := writes.Load() - before; n != 1 { // Terminate
		t.Errorf("%d messages after the login", n)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	accepted := make(chan struct{})
	go func() {
		conn, err := mute.Accept()
		if err == nil {
			close(accepted)
			_, _ = io.Copy(io.Discard, conn) // until it is closed
			_ = conn.Close()
		}
	}()
	login = Dial(t.Context(), parse(t, "postgres://u:p@"+mute.Addr().String()+"/d"), Options{})
	<-accepted
	login.Drop()
	if login.conn != nil || login.err == nil {
		t.Errorf("a login that nobody answered: %v", login.err)
	}
}

func TestNoLedger(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	l := open(t, db.URL)
	_, err := l.Shims(t.Context())
	if !errors.Is(err, ErrNoLedger) {
		t.Errorf("Shims: %v, want ErrNoLedger", err)
	}
	if got := db.Value(t, "select count(*) from pg_namespace where nspname = 'migguard'"); got != "0" {
		t.Error("reading made a schema")
	}
}

func TestTwoFirstUsesAtOnce(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		const runs = 6
		cfg := parse(t, db.URL)
		errs := make(chan error, runs)
		for range runs {
			go func() { errs <- firstUse(t.Context(), cfg) }()
		}
		for range runs {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

func firstUse(ctx context.Context, cfg *pgx.ConnConfig) error {
	l, err := Open(ctx, cfg, Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	return l.Lock(ctx, patience, nil)
}

func TestNoRightToCreate(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		url, role := loginRole(t, db, "Poor\"") // a name that needs quotes
		l := open(t, url)
		var refused *CreateError
		if err := l.Lock(t.Context(), 0, nil); !errors.As(err, &refused) {
			t.Fatalf("Lock: %v, want a CreateError", err)
		}
		if want := `GRANT CREATE ON DATABASE "` + db.Name + `" TO ` + role; refused.Grant != want {
			t.Errorf("grant: %s, want %s", refused.Grant, want)
		}
		db.Exec(t, refused.Grant)
		if err := l.Lock(t.Context(), 0, nil); err != nil {
			t.Errorf("after that grant: %v", err)
		}
	})
}

// An owner may make the schema for a role that may create none.
func TestSchemaMadeForUs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	url, role := loginRole(t, db, "guest")
	db.Exec(t, "create schema migguard authorization "+role)
	locked(t, url)
}

func TestLedgerOfAnotherRole(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	owner, ownerRole := loginRole(t, db, "owner")
	stranger, _ := loginRole(t, db, "stranger")
	db.Exec(t, "grant create on database "+db.Name+" to "+ownerRole)
	if err := locked(t, owner).Close(); err != nil {
		t.Fatal(err)
	}
	var refused *CreateError
	_, err := Open(t.Context(), parse(t, stranger), Options{})
	if !errors.As(err, &refused) {
		t.Fatalf("Open: %v, want a CreateError", err)
	}
	db.Exec(t, refused.Grant)
	begin(t, locked(t, stranger), "b1")
}

func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "alter database "+db.Name+" set default_transaction_read_only = on")
		err := open(t, db.URL).Lock(t.Context(), 0, nil)
		if sqlState(err) != "25006" {
			t.Errorf("Lock: %v, want SQLSTATE 25006", err)
		}
	})
}

// Roles and databases carry settings that would end or cripple a session which
// has to idle through a long migration.
func TestHostileSettings(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, "alter database "+db.Name+" set idle_session_timeout = '700ms'",
		"alter database "+db.Name+" set statement_timeout = '1s'",
		"alter database "+db.Name+" set default_transaction_isolation = 'serializable'",
		"create schema trap",
		"create function trap.now() returns timestamptz language sql as $$ select '2000-01-01'::timestamptz $$",
		"alter database "+db.Name+" set search_path = trap, pg_catalog")
	l := locked(t, db.URL)
	release(t, l, "b1", Succeeded)
	if got := db.Value(t, "select count(*) from migguard.release where started_at > '2020-01-01'"); got != "1" {
		t.Error("another schema's function was called")
	}
	select {
	case err := <-l.Lost():
		t.Error(err)
	case <-time.After(2 * pingEvery):
	}
}
