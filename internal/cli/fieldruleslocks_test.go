package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// Requests that come while a migration waits for one that is not over.
const (
	aWrite = "UPDATE accounts SET level = level WHERE email = 'other'"
	aRead  = "SELECT email FROM accounts"
)

// lockRules are the cases of a lock that requests queue up behind. A stall is a
// failure: requests time out long before anything has an error.
var lockRules = []struct {
	name     string // the case's number first
	sql      string
	requests []string // that wait for the migration without migguard
	does     string   // as fieldRule.does
	then     string
}{
	{"H5 create index", "CREATE INDEX by_score ON accounts (score)", []string{aWrite}, "rewrite", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_score'::regclass"},
	{"H9 remove index", "DROP INDEX accounts_name", []string{aWrite, aRead}, "allow", "SELECT to_regclass('accounts_name') IS NULL"},
	{"D1 not null column in a large table", "ALTER TABLE accounts ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()", []string{aWrite, aRead}, "rewrite", "SELECT count(*) = count(DISTINCT token) FROM accounts"},
	{"D5 not null in a large table", "ALTER TABLE accounts ALTER bio SET NOT NULL", []string{aWrite, aRead}, "rewrite", "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'bio'"},
	{"X2 a long lock", "ALTER TABLE accounts RENAME TO members", []string{aWrite, aRead}, "shim: table-view", viewStands},
}

// TestFieldRulesOnLocks has a request in a transaction that does not end. The
// migration has to wait for it, and without migguard those that come later wait for
// the migration; behind it they are answered while the transaction and the migration
// still wait.
func TestFieldRulesOnLocks(t *testing.T) {
	t.Parallel()
	for _, server := range pgtest.Servers(t) {
		base := server.NewDB(t)
		base.Exec(t, oldcode.Schema(), "INSERT INTO accounts (email, bio) VALUES ('long', 'b'), ('other', 'b')")
		for _, rule := range lockRules {
			t.Run(fmt.Sprintf("pg%d/%s", server.Major, strings.ReplaceAll(rule.name, " ", "_")), func(t *testing.T) {
				t.Run("alone", func(t *testing.T) {
					db := base.Copy(t)
					end := longRequest(t, db)
					migration := db.Connect(t)
					migrated := sends(t, migration, rule.sql)
					awaitBlocked(t, db, migration)
					var answers []<-chan error
					for _, sql := range rule.requests {
						conn := db.Connect(t)
						answers = append(answers, sends(t, conn, sql))
						awaitBlockedBy(t, db, conn, migration)
					}
					end()
					for _, answer := range append(answers, migrated) {
						if err := <-answer; err != nil && !strings.Contains(err.Error(), "does not exist") {
							t.Error(err)
						}
					}
				})
				t.Run("guarded", func(t *testing.T) {
					db := base.Copy(t)
					on(db.URL, "run", "--build", "old", "--", "true").run(t).expect(t, 0)
					end := longRequest(t, db)
					dir := t.TempDir()
					writeFile(t, dir, "migguard.toml", largeTables+constraintsAtOnce)
					run := on(db.URL, "run", "--build", "new", "--format", "json", "--", `psql "$DATABASE_URL" -Xqc "`+rule.sql+`"`).in(dir).start(t)
					platform.Eventually(t, "the migration waits", func() bool { return db.Value(t, waitsForLock+" AND pid <> pg_backend_pid()") == "t" })
					for range 3 {
						for _, sql := range []string{aWrite, aRead} {
							// Who waits for the migration waits for the long request, too, which
							// does not end before.
							db.Exec(t, "SET lock_timeout = '30s'", sql)
						}
					}
					if run.stdout.String() != "" {
						t.Errorf("the run is over: it did not wait\n%s", run.stdout)
					}
					end()
					if did := whatItDid(t, run.wait(t)); did != rule.does {
						t.Errorf("migguard: %s, want %s", did, rule.does)
					}
					db.Exec(t, aWrite, aRead)
					isTrue(t, db, rule.then)
				})
			})
		}
	}
}

// longRequest has written a row, and holds its locks until end is called.
func longRequest(t *testing.T, db *pgtest.DB) (end func()) {
	t.Helper()
	conn := db.Connect(t)
	for _, sql := range []string{"BEGIN", "UPDATE accounts SET level = 2 WHERE email = 'long'"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		t.Helper()
		if _, err := conn.Exec(t.Context(), "COMMIT"); err != nil {
			t.Fatal(err)
		}
	}
}

// sends executes a statement beside the test.
func sends(t *testing.T, conn *pgx.Conn, sql string) <-chan error {
	answer := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		answer <- err
	}()
	return answer
}

// waitsForLock tells whether a session waits for another one's lock.
const waitsForLock = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

func awaitBlocked(t *testing.T, db *pgtest.DB, conn *pgx.Conn) {
	t.Helper()
	platform.Eventually(t, "the migration waits", func() bool {
		return db.Value(t, waitsForLock+" AND pid = $1", conn.PgConn().PID()) == "t"
	})
}

func awaitBlockedBy(t *testing.T, db *pgtest.DB, conn, by *pgx.Conn) {
	t.Helper()
	platform.Eventually(t, "a request waits for the migration", func() bool {
		return db.Value(t, "SELECT $1::int = ANY (pg_blocking_pids($2::int))", by.PgConn().PID(), conn.PgConn().PID()) == "t"
	})
}
