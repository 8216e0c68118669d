package pg

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
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A bouncer is a real PgBouncer in front of a database.
type bouncer struct {
	mode       string // pool_mode
	size       int    // default_pool_size
	roundRobin int    // server_round_robin
}

// start runs PgBouncer until the test ends and returns its URL for db. A port that nobody
// had may be somebody's when PgBouncer wants it: then another one is tried.
func (b bouncer) start(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if port := freePort(t); b.listens(t, db.Server, port) {
			u.Host = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			return u.String()
		}
	}
}

// listens runs it on a port, and tells whether it could have that.
func (b bouncer) listens(t *testing.T, s *pgtest.Server, port int) bool {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		path = "/usr/sbin/pgbouncer" // Debian's, not on everybody's PATH
	}
	uid, gid := unprivileged(t)
	dir, err := os.MkdirTemp("", "migguard-bouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	write(t, dir, "users.txt", fmt.Sprintf("%q %q\n", s.User, s.Password))
	ini := write(t, dir, "pgbouncer.ini", fmt.Sprintf(`
[databases]
* = host=%s port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s/users.txt
pool_mode = %s
default_pool_size = %d
server_round_robin = %d
`, s.Host, s.Port, port, dir, b.mode, b.size, b.roundRobin))
	if err := chownAll(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, ini)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid != os.Getuid() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (install the package pgbouncer)", err)
	}
	said := func() string {
		text, _ := os.ReadFile(log.Name())
		return string(text)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said())
		}
	})
	for deadline := time.Now().Add(patience); ; {
		switch text := said(); {
		case strings.Contains(text, "listening on 127.0.0.1:"+strconv.Itoa(port)):
			return true
		case strings.Contains(text, "nowhere to listen on"):
			return false
		case time.Now().After(deadline):
			t.Fatal(text)
		}
	}
}

// unprivileged is who PgBouncer runs as: it refuses to be root.
func unprivileged(t *testing.T) (uid, gid int) {
	t.Helper()
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid()
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid
}

func chownAll(dir string, uid, gid int) error {
	return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.TrimLeft(text, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
