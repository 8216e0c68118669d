package cli_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestPoolers: a pooler that keeps no session is refused, with advice that
// works.
func TestPoolers(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"statement", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			pooled := startBouncer(t, db, mode)
			before := wholeCatalog(t, db)
			app := newSQL(t, "goose", "first")
			on(pooled, "run").in(app).run(t).
				expect(t, 77, "is a connection pooler in "+mode+" mode", "set MIGGUARD_DATABASE_URL to the direct URL")
			sameCatalog(t, before, wholeCatalog(t, db))
			on(pooled, "run").in(app).with("MIGGUARD_DATABASE_URL="+db.URL).run(t).expect(t, 0, "succeeded")
		})
	}
}

// startBouncer runs a real PgBouncer in front of the database and returns the
// URL that leads through it.
func startBouncer(t *testing.T, db *pgtest.DB, mode string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "migguard-bouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	probe := listen(t)
	address := probe.Addr().String()
	_ = probe.Close()
	_, port, _ := net.SplitHostPort(address)
	writeFile(t, dir, "users", fmt.Sprintf("%q %q\n", db.Server.User, db.Server.Password))
	writeFile(t, dir, "ini", fmt.Sprintf("[databases]\n* = host=%s port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\n"+
		"unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = %s/users\npool_mode = %s\n",
		db.Server.Host, db.Server.Port, port, dir, mode))
	cmd := exec.Command("/usr/sbin/pgbouncer", "--quiet", filepath.Join(dir, "ini"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() == 0 { // which it refuses to be
		cmd.SysProcAttr.Credential = nobody(t)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (run \"make setup\")", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	platform.Eventually(t, "PgBouncer listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = address
	return u.String()
}

func nobody(t *testing.T) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// TestStandby: a server becomes a hot standby when it recovers from a crash
// with standby.signal in its folder.
func TestStandby(t *testing.T) {
	t.Parallel()
	server := pgtest.StartFor(t, pgtest.Options{})
	db := &pgtest.DB{URL: server.URL("postgres"), Server: server}
	writeFile(t, db.Value(t, "SHOW data_directory"), "standby.signal", "")
	backend, err := strconv.Atoi(db.Value(t, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(backend, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	platform.Eventually(t, "the server is a standby", func() bool {
		conn, err := pgx.Connect(t.Context(), db.URL)
		if err != nil {
			return false
		}
		defer conn.Close(t.Context())
		var standby bool
		return conn.QueryRow(t.Context(), "SELECT pg_is_in_recovery()").Scan(&standby) == nil && standby
	})
	on(db.URL, "run").in(newSQL(t, "goose", "first")).run(t).
		expect(t, 69, "is a read-only standby (a follower): use the URL of the leader")
	r := on(db.URL, "shims").run(t)
	if r.expect(t, 0); !strings.Contains(r.stdout, "No shims stand.") {
		t.Errorf("shims on a standby: %s", r.stdout)
	}
}
