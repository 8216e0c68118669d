package ledger

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// patience bounds every wait for something that ought to happen.
const patience = 2 * time.Minute

// victimVariable makes the test binary be a migguard that gets killed: the
// value names what it does (victims), victimURL where.
const (
	victimVariable = "LEDGER_VICTIM"
	victimURL      = "LEDGER_VICTIM_URL"
)

func TestMain(m *testing.M) {
	if do, ok := victims[os.Getenv(victimVariable)]; ok {
		if err := do(context.Background(), os.Getenv(victimURL)); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

var victims = map[string]func(context.Context, string) error{
	"hold":  hold,
	"story": story,
}

// victim is the command that runs one, with its standard output.
func victim(t *testing.T, what, url string, env ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = slices.Concat(os.Environ(), []string{victimVariable + "=" + what, victimURL + "=" + url}, env)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, bufio.NewReader(out)
}

func parse(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// open is Open, closed when the test ends.
func open(t *testing.T, url string) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), parse(t, url), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// locked is open and Lock.
func locked(t *testing.T, url string) *Ledger {
	t.Helper()
	l := open(t, url)
	if err := l.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	return l
}

// begin starts a release of build.
func begin(t *testing.T, l *Ledger, build string) int64 {
	t.Helper()
	id, err := l.Begin(t.Context(), Release{Build: build, Migguard: "1.2.3", Command: "bin/migrate"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func finish(t *testing.T, l *Ledger, id int64, outcome Outcome) {
	t.Helper()
	if err := l.Finish(t.Context(), id, outcome, 0, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// release is begin and finish.
func release(t *testing.T, l *Ledger, build string, outcome Outcome) int64 {
	t.Helper()
	id := begin(t, l, build)
	finish(t, l, id, outcome)
	return id
}

// loginRole makes a role without rights and returns its URL and its name, as
// SQL. It stays until the server goes, which is when this process ends.
func loginRole(t *testing.T, db *pgtest.DB, name string) (string, string) {
	t.Helper()
	name += "_" + db.Name
	role := pgx.Identifier{name}.Sanitize()
	db.Exec(t, "create role "+role+" login password 'pw'")
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "pw")
	return u.String(), role
}

// A tapped connection tells before and after each write.
type tapped struct {
	net.Conn
	before, after func()
}

func (c tapped) Write(b []byte) (int, error) {
	c.before()
	n, err := c.Conn.Write(b)
	c.after()
	return n, err
}

func tap(cfg *pgx.ConnConfig, before, after func()) {
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return tapped{conn, before, after}, nil
	}
}

// hold takes the lock, says so, and waits to be killed.
func hold(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	l, err := Open(ctx, cfg, Options{})
	if err != nil {
		return err
	}
	if err := l.Lock(ctx, 0, nil); err != nil {
		return err
	}
	if _, err := l.Begin(ctx, Release{Build: "held", Version: "v42", Migguard: "1.2.3"}); err != nil {
		return err
	}
	_, err = io.WriteString(os.Stdout, "held\n")
	<-ctx.Done()
	return errors.Join(err, ctx.Err())
}
