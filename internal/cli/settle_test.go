package cli_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// shimmed is a stage with a shim whose build is gone: one thing to settle.
func shimmed(t *testing.T) *stage {
	t.Helper()
	s := newStage(t, herokutest.AppConfig{})
	s.contract = "settled"
	s.migrate(t, "one", "CREATE TABLE users (id int PRIMARY KEY)", 0)
	s.rollOut(t)
	s.migrate(t, "two", "ALTER TABLE users RENAME TO members", 0)
	s.rollOut(t)
	wantShims(t, s.db, "table-view public.users public.members release v4 two")
	return s
}

func (s *stage) wantSettled(t *testing.T, version, want string) {
	t.Helper()
	if got := s.db.Value(t, "select settled_at is not null from migguard.release where version = $1", version); got != want {
		t.Errorf("%s is settled: %s, want %s", version, got, want)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	for _, flag := range []string{"", " --wait"} {
		s.call(strings.Fields("settle"+flag)...).run(t).expect(t, 0, "migguard: settled\n")
	}
	if got := s.db.Value(t, "select count(*) from pg_namespace where nspname = 'migguard'"); got != "0" {
		t.Error("settle has made a ledger")
	}

	s = shimmed(t)
	s.wantSettled(t, "v4", "f")
	s.call("settle", "--wait").run(t).expect(t, 0, "dropped the shim public.users of release v4: the builds that used it are gone", "settled")
	wantShims(t, s.db)
	s.wantSettled(t, "v4", "t")
	if r := s.call("settle", "--wait").run(t); r.stderr != "migguard: settled\n" || r.code != 0 {
		t.Errorf("once more: %d, %s", r.code, r.stderr)
	}
}

// TestSettleInBackground is silent, whatever it does.
func TestSettleInBackground(t *testing.T) {
	t.Parallel()
	s := shimmed(t)
	if r := s.call("settle", "--background", "--deadline", "20m").run(t); r != (result{}) {
		t.Errorf("%+v", r)
	}
	wantShims(t, s.db)
	s.wantSettled(t, "v4", "t")
}

// TestSettleWithout is what it takes to settle, missing. In the background what
// is not set up is not worth a line, and all else is worth one.
func TestSettleWithout(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	for _, tt := range []struct {
		name, env, flags string
		code             int
		want             string
		silent           bool
	}{
		{"token", "HEROKU_API_KEY=", "", 64, "no token of the Platform API; give the app one: heroku config:set HEROKU_API_KEY=", true},
		{"app", "HEROKU_APP_NAME=", "", 64, "no app: give --app NAME", true},
		{"database", "DATABASE_URL=", "", 64, "no database: set DATABASE_URL", true},
		{"good URL", "DATABASE_URL=postgres://u:" + planted + "%zz@db/x", "", 64, "database URL: ", false},
		{"server", "DATABASE_URL=postgres://u:" + planted + "@127.0.0.1:1/none", "--deadline 1ms", 69, "connect to 127.0.0.1:1: connection refused", false},
		{"password", "DATABASE_URL=" + as(t, s.db.URL, s.db.Server.User, planted, ""), "", 69, "password authentication failed", false},
		{"session", "DATABASE_URL=" + startBouncer(t, s.db, "transaction"), "", 77, "set MIGGUARD_DATABASE_URL to the direct URL", false},
		{"good token", "HEROKU_API_KEY=" + planted, "", 64, "heroku authorizations:create", false},
		{"right app", "HEROKU_APP_NAME=nope", "", 64, "no access to it", false},
		{"good file", "", "--config nosuch.toml", 64, "nosuch.toml", false},
		{"time", "MIGGUARD_OVERLAP=1h", "--deadline 1ms", 75, "v3 has not settled 1ms after its release: old dynos may not be listed for", false},
	} {
		if tt.name == "time" {
			s.rollOut(t) // takes over from v2
		}
		for _, how := range []string{"", "--wait", "--background"} {
			r := s.call(append([]string{"settle"}, strings.Fields(how+" "+tt.flags)...)...).with(tt.env).run(t)
			lines := strings.Count(r.stderr, "\n")
			switch {
			case how != "--background":
				if r.code != tt.code || r.stdout != "" || !strings.Contains(r.stderr, tt.want) || strings.Contains(r.stderr, "settled\n") {
					t.Errorf("without %s, %s: exit status %d, stdout %q, stderr %s", tt.name, how, r.code, r.stdout, r.stderr)
				}
			case tt.silent:
				if r != (result{}) {
					t.Errorf("without %s in the background: %+v", tt.name, r)
				}
			case r.code != 0 || r.stdout != "" || lines != 1 || !strings.HasPrefix(r.stderr, "migguard: settle: ") || !strings.Contains(r.stderr, tt.want):
				t.Errorf("without %s in the background: exit status %d, stdout %q, stderr %s", tt.name, r.code, r.stdout, r.stderr)
			}
		}
	}
	if r := s.call("settle", "--deadline", "soon").run(t); r.code != 64 || !strings.Contains(r.stderr, `"migguard settle --help"`) {
		t.Errorf("%+v", r)
	}
}

// TestSettleWithoutPlatform gives the Platform API up, and says so.
func TestSettleWithoutPlatform(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	down := s.Fault(herokutest.Fault{Kind: herokutest.Unavailable, Times: herokutest.Always})
	defer down.Remove()
	background := s.call("settle", "--background", "--deadline", "1ms").start(t)
	s.call("settle", "--wait", "--deadline", "1ms").run(t).expect(t, 69, "status.heroku.com")
	if r := background.wait(t); r.code != 0 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "status.heroku.com") {
		t.Errorf("%+v", r)
	}
}

// settleLock is the advisory lock of the one that settles.
const settleLock = 0x6d6967736574746c

// TestTwoSettles: one works, and who does not wait says that it does not.
func TestTwoSettles(t *testing.T) {
	t.Parallel()
	s := shimmed(t)
	other := s.db.Connect(t)
	if _, err := other.Exec(t.Context(), "select pg_advisory_lock($1)", settleLock); err != nil {
		t.Fatal(err)
	}
	r := s.call("settle").run(t)
	if r.expect(t, 0, "another settle is at work"); strings.Contains(r.stderr, "settled") {
		t.Errorf("it claims to have settled:\n%s", r.stderr)
	}
	two := []*started{s.call("settle", "--wait").start(t), s.call("settle", "--wait").start(t)}
	wantShims(t, s.db, "table-view public.users public.members release v4 two")
	if _, err := other.Exec(t.Context(), "select pg_advisory_unlock($1)", settleLock); err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, one := range two {
		r := one.wait(t)
		r.expect(t, 0, "settled\n")
		said += r.stderr
	}
	if n := strings.Count(said, "dropped the shim"); n != 1 {
		t.Errorf("the shim was dropped %d times:\n%s", n, said)
	}
	wantShims(t, s.db)
}
