package guard_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

const rows = "1\tone\n2\ttwo\n"

// clients are programs that speak the protocol in their own ways. Each does
// what a migration tool does: schema statements, COPY, prepared statements, a
// transaction that is refused in the middle, and one that is not.
var clients = []struct {
	name    string
	command []string
	want    string
}{
	{"psql", []string{"psql", "-X", "-A", "-t", "-f", "testdata/clients/client.sql"}, "two\n" + rows + "1|one|\n2|two|\n"},
	{"psycopg2", []string{"/usr/bin/python3", "testdata/clients/client.py"}, rows + "[(1, 'one', None), (2, 'two', None)]\n"},
	{"ruby", []string{"ruby", "testdata/clients/client.rb"}, rows + "[[\"1\", \"one\", nil], [\"2\", \"two\", nil]]\n"},
	{"node", []string{"node", "testdata/clients/client.js"}, "[[1,\"one\",null],[2,\"two\",null]]\n"},
}

func TestRealClients(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, client := range clients {
			for _, sslmode := range []string{"disable", "prefer", "require", "verify-full"} {
				if client.name == "node" && sslmode == "prefer" {
					continue // node-postgres has no such mode
				}
				t.Run(client.name+"/"+sslmode, func(t *testing.T) {
					t.Parallel()
					r := newRig(t, db.Server.NewDB(t), gates["refusing"], nil)
					out, err := r.run(t, sslmode, client.command...)
					if err != nil || out != client.want {
						t.Errorf("got %q, want %q, %v", out, client.want, err)
					}
				})
			}
		}
	})
}

// A client says itself what is wrong with its password, or with a server that
// is not the one it trusts.
func TestRealClientsRefuse(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.New(t), gates["refusing"], nil)
	other := newRig(t, r.db, gates["refusing"], nil)
	for _, client := range clients {
		_, err := r.run(t, "require", append([]string{"env", "PGPASSWORD=wrong"}, client.command...)...)
		if err == nil || !strings.Contains(err.Error(), "password authentication failed") {
			t.Errorf("%s: %v", client.name, err)
		}
		_, err = r.run(t, "verify-full", append([]string{"env", "PGSSLROOTCERT=" + other.ca, "NODE_EXTRA_CA_CERTS=" + other.ca}, client.command...)...)
		// OpenSSL calls a wrong signature "EVP lib".
		if err == nil || !strings.Contains(err.Error(), "certificate") && !strings.Contains(err.Error(), "SSL error") {
			t.Errorf("%s: %v", client.name, err)
		}
	}
}

// run runs a client on the guard, with its address in the environment.
func (r *rig) run(t *testing.T, sslmode string, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	cache, err := pgtest.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(r.addr)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER=postgres", "PGPASSWORD="+password,
		"PGDATABASE="+r.db.Name, "PGSSLMODE="+sslmode, "PGSSLROOTCERT="+r.ca, "NODE_EXTRA_CA_CERTS="+r.ca,
		"NODE_PATH="+filepath.Join(cache, "npm", "node_modules"))
	if sslmode != "verify-full" {
		cmd.Env = append(cmd.Env, "PGSSLROOTCERT=")
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(rows), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), errors.Join(err, errors.New(stderr.String()))
	}
	return stdout.String(), nil
}

func TestPgbench(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for _, mode := range []string{"simple", "extended", "prepared"} {
			r := newRig(t, db.Server.NewDB(t), gates["every"], nil)
			if _, err := r.run(t, "disable", "pgbench", "-i", "-q"); err != nil {
				t.Fatal(err)
			}
			out, err := r.run(t, "require", "pgbench", "-M", mode, "-c", "8", "-j", "2", "-t", "150", "-n")
			if err != nil || !strings.Contains(out, "processed: 1200/1200") {
				t.Errorf("%s: %v\n%s", mode, err, out)
			}
			if n := r.db.Value(t, "SELECT count(*) FROM pgbench_history"); n != "1200" {
				t.Errorf("%s: %s rows in the history", mode, n)
			}
		}
	})
}

// Interrupting psql cancels what the server does.
func TestInterruptedPsql(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.New(t), gates["every"], nil)
	psql := `psql -X -c "select pg_sleep(3600)" & pid=$!
		until psql -X -A -t -c "select 'asleep' from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()" | grep -q asleep; do :; done
		kill -INT $pid; wait $pid`
	began := time.Now()
	// Shells ignore SIGINT for commands in the background, unless monitoring.
	_, err := r.run(t, "require", "bash", "-m", "-c", psql)
	if err == nil || !strings.Contains(err.Error(), "canceling statement due to user request") {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	gone(t, r)
}
