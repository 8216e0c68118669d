package cli_test

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestDisconnects is a client that is gone in the middle of a message, with a
// transaction open.
func TestDisconnects(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "CREATE TABLE users (id int)")
		before := appCatalog(t, db)
		for name, piece := range map[string][]byte{
			"within a header":       {'Q', 0},
			"behind a header":       header('Q', 1000),
			"within a query":        append(header('Q', 1000), "ALTER TABLE users DROP"...),
			"within a long query":   append(header('Q', 1<<30), "INSERT INTO users"...),
			"with a bad length":     header('Q', 0),
			"with an unknown type":  append(header('~', 4), "garbage"...),
			"within a parse":        append(header('P', 400), "\x00ALTER TABLE users DROP"...),
			"without a farewell":    nil,
			"with an empty message": header('Q', 4),
		} {
			disconnect(t, db, name, piece)
		}
		sameCatalog(t, before, appCatalog(t, db))
	})
}

// header is that of a message of length bytes, which count themselves.
func header(kind byte, length uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{kind}, length)
}

func disconnect(t *testing.T, db *pgtest.DB, name string, piece []byte) {
	t.Helper()
	run, stdin := shell(t, db, `echo "url $DATABASE_URL."; read line`)
	run.stdout.await(t, ".\n")
	_, guarded, _ := strings.Cut(run.stdout.String(), "url ")
	guarded, _, _ = strings.Cut(guarded, ".\n")
	conn, err := pgconn.Connect(t.Context(), guarded)
	if err != nil {
		t.Fatalf("%s: through the guard: %v", name, err)
	}
	if _, err := conn.Exec(t.Context(), "BEGIN; ALTER TABLE users ADD COLUMN email text; CREATE TABLE half (id int)").ReadAll(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	raw, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Conn.Write(piece); err != nil {
		t.Fatal(err)
	}
	if err := raw.Conn.Close(); err != nil {
		t.Fatal(err)
	}
	platform.Eventually(t, "the backend is gone: "+name, func() bool { return backends(t, db, "migguard") == 0 })
	_ = stdin.Close()
	if r := run.wait(t); r.code != 1 { // read(1) at the end of its input
		t.Fatalf("%s: exit status %d\n%s", name, r.code, r.stderr)
	}
}

// shell starts "migguard run" on a shell line. Its input is open until closed.
func shell(t *testing.T, db *pgtest.DB, line string, flags ...string) (*started, io.Closer) {
	t.Helper()
	r, w := io.Pipe()
	c := on(db.URL, append(append([]string{"run"}, flags...), "--", "sh", "-c", line)...)
	c.stdin = r
	s := c.start(t)
	t.Cleanup(func() { _ = w.Close() }) // before what start waits for
	return s, w
}

// backends counts the sessions of others in the database, but for those of some
// names.
func backends(t testing.TB, db *pgtest.DB, but ...string) int {
	t.Helper()
	return len(db.Query(t, `SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name <> ALL ($1)`, append([]string{}, but...)))
}
