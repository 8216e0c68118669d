package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// A statusDocument is what the tests look at of status --format json.
type statusDocument struct {
	App     string
	Running struct {
		Source, Problem string
		Builds          []struct {
			Build    string
			Releases []int
			Because  []string
		}
		Because []string
		Since   map[int]time.Time
	}
	Shims       []struct{ Name, Relation string }
	Maintenance *struct {
		Maintenance bool
		Period      *struct{ By, Reason string }
	}
	Runs []struct {
		Release, Build, Outcome string
		Exit                    *int       `json:"exit_status"`
		Settled                 *time.Time `json:"settled_at"`
	}
}

func readStatus(t *testing.T, c call) (doc statusDocument) {
	t.Helper()
	c.args = []string{"status", "--format", "json"}
	r := c.run(t)
	r.expect(t, 0)
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatalf("%v:\n%s", err, r.stdout)
	}
	return doc
}

// sameAsPlatform compares it with what the platform has. Releases that may
// still have dynos which are not listed are none of its business.
func (doc statusDocument) sameAsPlatform(t *testing.T, s *stage) {
	t.Helper()
	state := s.app.State()
	var got, want []string
	for _, b := range doc.Running.Builds {
		for _, why := range b.Because {
			if strings.HasSuffix(why, " is up") {
				got = append(got, why)
			}
		}
		for _, v := range b.Releases {
			if since := state.Releases[v-1].UpdatedAt.Truncate(time.Second); !doc.Running.Since[v].Equal(since) {
				t.Errorf("v%d since %v, want %v", v, doc.Running.Since[v], since)
			}
		}
	}
	for _, d := range state.Dynos {
		if d.Listed() && d.State == herokutest.Up {
			want = append(want, fmt.Sprintf("v%d: %s is up", d.Release, d.Name))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if doc.Running.Source != "platform-api" || doc.Running.Problem != "" || !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %q", doc.Running, want)
	}
	if doc.Maintenance == nil || doc.Maintenance.Maintenance != state.Maintenance {
		t.Errorf("maintenance %+v, want %t", doc.Maintenance, state.Maintenance)
	}
}

// TestStatus follows an app from its first day with migguard.
func TestStatus(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	first := readStatus(t, s.call())
	first.sameAsPlatform(t, s)
	if len(first.Running.Builds) != 1 || first.Running.Builds[0].Build != "" || len(first.Runs)+len(first.Shims) != 0 {
		t.Errorf("without a ledger: %+v", first)
	}
	s.call("status").with("MIGGUARD_OVERLAP=1h").run(t).says(t, "RUNNING\nv1, v2  of unknown build (everything counts as used), since 2", "  v2: worker.1 is up",
		"SHIMS\nNo shims stand.\n", "TASKS\nNothing is owed.\n", "MAINTENANCE\nMaintenance mode of shop is off.\n", "RUNS\nNone yet.\n")
	if got := s.db.Value(t, "select count(*) from pg_namespace where nspname = 'migguard'"); got != "0" {
		t.Error("the status has made a ledger")
	}

	s.migrate(t, "one", "CREATE TABLE users (id int PRIMARY KEY, note text)", 0)
	s.rollOut(t)
	s.migrate(t, "two", "ALTER TABLE users RENAME TO members", 0)
	s.rollOut(t)
	s.migrate(t, "three", "ALTER TABLE members RENAME COLUMN id TO key", 77)
	if _, err := s.app.RunDyno("exec sleep 1000"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.app.Await(ctx, func(s herokutest.State) bool { return s.Running("run", 4) == 1 && s.RolledOut() }); err != nil {
		t.Fatal(err)
	}
	s.maintenance("on", "--reason", "fire").with("DATABASE_URL="+s.db.URL).run(t).expect(t, 0)
	doc := readStatus(t, s.call())
	doc.sameAsPlatform(t, s)
	if b := doc.Running.Builds[0]; b.Build != "two" || b.Releases[0] != 4 {
		t.Errorf("the first of what runs: %+v", b)
	}
	if len(doc.Shims) != 1 || doc.Shims[0].Name != "public.users" || doc.Maintenance.Period == nil || doc.Maintenance.Period.Reason != "fire" {
		t.Errorf("%+v", doc)
	}
	var runs []string
	for _, r := range doc.Runs {
		runs = append(runs, fmt.Sprint(r.Release, " ", r.Build, " ", r.Outcome, " ", *r.Exit, " ", r.Settled != nil))
	}
	if want := []string{"v5 three refused 77 false", "v4 two succeeded 0 false", "v3 one succeeded 0 false"}; !slices.Equal(runs, want) {
		t.Errorf("runs %q, want %q", runs, want)
	}
	s.call("status").with("MIGGUARD_OVERLAP=1h").run(t).says(t, "v4  two, since 2", "run.1", "v3  one, since 2", "took over from it", "public.users", "two",
		"MAINTENANCE\nMaintenance mode of shop is on.\n  since", "by jane@", ": fire", "RELEASE", "v5", "refused", "v4", "succeeded")
}

// TestStatusOfNothing has no dyno, or one that nobody can be asked about.
func TestStatusOfNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	noToken := s.call("status").with("HEROKU_API_KEY=")
	noToken.run(t).says(t, "unknown release  of unknown build", "no ledger in this database, so no release is recorded", "No shims stand.", "None yet.")
	s.migrate(t, "one", "CREATE TABLE users (id int PRIMARY KEY)", 0)
	noToken.run(t).says(t, "v3  one, since 2", "v3 was the last to succeed; without a token of the Platform API other builds may run as well", "SHIMS")
	if doc := readStatus(t, noToken); doc.Running.Source != "ledger" || doc.Maintenance != nil || doc.Running.Problem != "" {
		t.Errorf("without a token: %+v", doc)
	}
	if err := s.app.Scale(map[string]int{"worker": 0}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := s.app.Await(ctx, func(s herokutest.State) bool { return len(s.Dynos) == 0 }); err != nil {
		t.Fatal(err)
	}
	s.call("status").run(t).says(t, "RUNNING\nNo code runs: no dyno runs, and every process type is scaled to 0.\n")
	if doc := readStatus(t, s.call()); doc.Running.Builds == nil || len(doc.Running.Builds) > 0 || len(doc.Running.Because) != 1 {
		t.Errorf("without dynos: %+v", doc.Running)
	}
}

// TestStatusWithoutPlatform says what the ledger knows, and why only that.
func TestStatusWithoutPlatform(t *testing.T) {
	t.Parallel()
	s := newStage(t, herokutest.AppConfig{})
	s.migrate(t, "one", "CREATE TABLE users (id int PRIMARY KEY)", 0)
	for _, kind := range []herokutest.Kind{herokutest.Unauthorized, herokutest.Forbidden, herokutest.NotFound, herokutest.Unavailable} {
		fault := s.Fault(herokutest.Fault{Kind: kind, Times: herokutest.Always})
		doc := readStatus(t, s.call())
		fault.Remove()
		if doc.Running.Source != "ledger" || doc.Running.Builds[0].Build != "one" || doc.Maintenance != nil ||
			!strings.Contains(doc.Running.Problem, "which code runs is not known: ") || !strings.Contains(doc.Running.Problem, string(kind)) {
			t.Errorf("%s: %+v", kind, doc)
		}
	}
	// One call of several is enough to know nothing for sure.
	one := s.Fault(herokutest.Fault{Kind: herokutest.Forbidden, Path: "/releases", Times: herokutest.Always})
	defer one.Remove()
	if doc := readStatus(t, s.call()); doc.Running.Source != "ledger" || len(doc.Runs) != 1 || !strings.Contains(doc.Running.Problem, "403") {
		t.Errorf("%+v", doc)
	}
}

func TestStatusErrors(t *testing.T) {
	t.Parallel()
	s := newHerokuApp(t)
	for _, tt := range []struct {
		args, env string
		code      int
		want      string
	}{
		{"", "DATABASE_URL=", 64, "no database: set DATABASE_URL"},
		{"", "DATABASE_URL=postgres://u:" + planted + "@127.0.0.1:1/none", 69, "connect to 127.0.0.1:1: connection refused"},
		{"now", "", 64, `"now" is not expected here`},
		{"--format xml", "", 64, "text or json"},
		{"--config nosuch.toml", "", 64, "nosuch.toml"},
		{"--ap shop", "", 64, `"migguard status"`},
		{"--app sh_op", "DATABASE_URL=postgres://u@127.0.0.1:1/none", 64, "is no app name"},
	} {
		c := s.maintenance().with(tt.env)
		c.args = append([]string{"status"}, strings.Fields(tt.args)...)
		if r := c.run(t); r.code != tt.code || r.stdout != "" || !strings.Contains(r.stderr, tt.want) {
			t.Errorf("%s %s: exit status %d, stdout %q, stderr %s", tt.args, tt.env, r.code, r.stdout, r.stderr)
		}
	}
}
