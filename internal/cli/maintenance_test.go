package cli_test

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// says fails unless stdout holds the texts, in this order.
func (r result) says(t *testing.T, texts ...string) {
	t.Helper()
	rest := r.stdout
	for _, text := range texts {
		_, after, found := strings.Cut(rest, text)
		if !found {
			t.Fatalf("stdout does not say %q (there):\n%s", text, r.stdout)
		}
		rest = after
	}
}

// TestMaintenanceOnLaptop has no database, so the command says how to restore.
func TestMaintenanceOnLaptop(t *testing.T) {
	t.Parallel()
	s := newHerokuApp(t)
	r := s.maintenance("status").run(t)
	r.expect(t, 0)
	r.says(t, "Maintenance mode of shop is off.")

	r = s.maintenance("on", "--stop", "worker", "--dry-run").run(t)
	r.expect(t, 0)
	r.says(t, "would do: turn maintenance mode on", "would do: worker: 2 -> 0")
	s.want(t, false, 2)

	r = s.maintenance("on", "--stop", "worker", "--reason", "fire", "--wait").run(t)
	r.expect(t, 0, "worker: 2 -> 0", "the router answers 503")
	r.says(t, "is on", "by jane@", ": fire", "worker: stopped, 2 before",
		"Turn it off with: migguard maintenance off --app shop --restore worker=2")
	s.want(t, true, 0)

	r = s.maintenance("on").run(t)
	r.expect(t, 0)
	s.want(t, true, 0)
	r = s.maintenance("status").run(t)
	r.says(t, "is on", "Who turned it on is not known")

	r = s.maintenance("off", "--restore", "worker=2", "--dry-run").run(t)
	r.expect(t, 0)
	r.says(t, "would do: worker: 0 -> 2", "would do: turn maintenance mode off")
	s.want(t, true, 0)
	for range 2 {
		r = s.maintenance("off", "--restore", "worker=2").run(t)
		r.expect(t, 0)
		r.says(t, "Maintenance mode of shop is off.")
		s.want(t, false, 2)
	}
	s.maintenance("off").run(t).expect(t, 0, "no ledger says which process types were stopped")
	s.want(t, false, 2)
}

// TestMaintenanceWithLedger needs nothing but "off".
func TestMaintenanceWithLedger(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		s := newHerokuApp(t)
		command := func(args ...string) result {
			t.Helper()
			r := s.maintenance(args...).with("DATABASE_URL="+db.URL, "DYNO=run.1234").run(t)
			r.expect(t, 0)
			return r
		}
		command("status").says(t, "is off")
		if got := db.Value(t, "select count(*) from pg_namespace where nspname = 'migguard'"); got != "0" {
			t.Error("the status has made a ledger")
		}
		for range 2 {
			command("on", "--stop", "worker", "--reason", "fire").says(t, "by dyno run.1234: fire", "worker: stopped, 2 before",
				"off --app shop\n")
			s.want(t, true, 0)
		}
		var status struct {
			Maintenance bool
			Ledger      string
			Formation   map[string]int
			Period      struct {
				State, By, Reason string
				Stopped           map[string]int
			}
		}
		r := command("status", "--format", "json")
		if err := json.Unmarshal([]byte(r.stdout), &status); err != nil {
			t.Fatal(err)
		}
		if !status.Maintenance || status.Ledger != "used" || status.Formation["worker"] != 0 ||
			status.Period.By != "dyno run.1234" || status.Period.Stopped["worker"] != 2 {
			t.Errorf("%+v", status)
		}
		for range 2 {
			command("off").says(t, "is off")
			s.want(t, false, 2)
		}
		command("status").says(t, "is off", "Before:", "by dyno run.1234: fire")
		platform.Eventually(t, "the ledger is not locked", func() bool {
			return db.Value(t, "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())") == "0"
		})
	})
}

// TestMaintenanceWithBrokenDatabase works as without one, and says so.
func TestMaintenanceWithBrokenDatabase(t *testing.T) {
	t.Parallel()
	s := newHerokuApp(t)
	nowhere := "DATABASE_URL=postgres://u:" + planted + "@127.0.0.1:1/none"
	r := s.maintenance("on", "--stop", "worker").with(nowhere).run(t)
	r.expect(t, 0, "the ledger is not used: connect to 127.0.0.1:1: connection refused")
	r.says(t, "off --app shop --restore worker=2")
	s.want(t, true, 0)
	s.maintenance("status").with(nowhere).run(t).expect(t, 0, "the ledger is not used")
	s.maintenance("off", "--restore", "worker=2").with(nowhere).run(t).expect(t, 0, "the ledger is not used")
	s.want(t, false, 2)
}

// TestMaintenanceFor ends with its time, and with a signal.
func TestMaintenanceFor(t *testing.T) {
	t.Parallel()
	s := newHerokuApp(t)
	db := pgtest.New(t)
	r := s.maintenance("on", "--for", "1s", "--stop", "worker").run(t)
	r.expect(t, 0, "worker: 2 -> 0", "worker: back to 2", "is off: its time was up")
	r.says(t, "is on", "until ")
	s.want(t, false, 2)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		running := s.maintenance("on", "--for", "1h", "--stop", "worker").with("DATABASE_URL=" + db.URL).start(t)
		running.stdout.await(t, "Turn it off with")
		s.want(t, true, 0)
		if err := running.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		running.wait(t).expect(t, 0, "is off: it was turned on by a process that was told to end")
		s.want(t, false, 2)
	}
	running := s.maintenance("on", "--for", "1h", "--stop", "worker").with("DATABASE_URL=" + db.URL).start(t)
	running.stdout.await(t, "Turn it off with")
	_ = running.Process.Kill()
	running.wait(t)
	if got := db.Value(t, "select until > now() + interval '50 minutes' from migguard.maintenance where closed_at is null"); got != "t" {
		t.Errorf("the end is not in the ledger: %s", got)
	}
	s.maintenance("off").with("DATABASE_URL="+db.URL).run(t).expect(t, 0)
	s.want(t, false, 2)
}

func TestMaintenanceErrors(t *testing.T) {
	t.Parallel()
	s := newHerokuApp(t)
	for _, tt := range []struct {
		args string
		env  []string
		code int
		want string
	}{
		{"on --for 0", nil, 64, `--for 0s: it has to be longer than nothing`},
		{"on --for -5m", nil, 64, `--for -5m0s: it has to be longer than nothing`},
		{"on --for soon", nil, 64, `"migguard maintenance on --help"`},
		{"on --stop wroker", nil, 64, `--stop: "wroker" is no process type of this app; there are: worker`},
		{"on --stop wroker --dry-run", nil, 64, `"wroker" is no process type`},
		{"on --stop worker,", nil, 64, `process types, comma-separated`},
		{"off --restore worker", nil, 64, `worker=2,clock=1`},
		{"off --restore worker=-1", nil, 64, `worker=2,clock=1`},
		{"off --restore wroker=2", nil, 64, `there are: worker`},
		{"off --frce", nil, 64, `--frce is no flag of "migguard maintenance off"`},
		{"off now", nil, 64, `"now" is not expected here`},
		{"of", nil, 64, `"of" is not known: migguard maintenance on, off or status`},
		{"status --format xml", nil, 64, `text or json`},
		{"status", []string{"HEROKU_API_KEY="}, 64, "heroku authorizations:create"},
		{"status", []string{"HEROKU_API_KEY=" + planted}, 64, "heroku authorizations:create"},
		{"status", []string{"HEROKU_APP_NAME="}, 64, "give --app NAME; in a dyno its name comes with: heroku labs:enable runtime-dyno-metadata"},
		{"status --app nope", nil, 64, "no access to it"},
	} {
		r := s.maintenance(strings.Fields(tt.args)...).with(tt.env...).run(t)
		if r.code != tt.code || r.stdout != "" || !strings.Contains(r.stderr, tt.want) {
			t.Errorf("%s %v: exit status %d, stdout %q, stderr %s\nwant %d, %s", tt.args, tt.env, r.code, r.stdout, r.stderr, tt.code, tt.want)
		}
	}
	s.want(t, false, 2)
	down := s.Fault(herokutest.Fault{Kind: herokutest.Unavailable, Times: herokutest.Always})
	defer down.Remove()
	began := time.Now()
	s.maintenance("on").run(t).expect(t, 69, "status.heroku.com")
	t.Logf("an API that is down is given up after %v", time.Since(began).Round(time.Second))
}
