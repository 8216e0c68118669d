package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestTwoDeploysAtOnce: the second one waits for the first one's run, and goes
// on under its maintenance.
func TestTwoDeploysAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	v := s.Visit(t)
	first := s.Push(t, after())
	second := s.Push(t, using("users", "comment", createUsers, renameColumn, "ALTER TABLE users RENAME COLUMN remark TO comment"))
	s.Ends(t, first, herokutest.Succeeded)
	s.Ends(t, second, herokutest.Succeeded)
	state := s.Becomes(t, "all is as before", platform.Calm)
	s.Rests(t)
	if got := state.Current().Version; got != second.Version {
		t.Errorf("v%d is current, want v%d", got, second.Version)
	}
	s.WantColumns(t, "users", "comment")
	s.WantSettled(t)
	v.End()
	if len(v.Failures) > 0 {
		t.Errorf("%d requests failed: %q", len(v.Failures), v.Failures[0])
	}
	t.Logf("served %d, sent away %d; the second one:\n%s", v.Served, v.Sent, second.Output())
}

// TestNothingPending is a change of config vars, and a rollback.
func TestNothingPending(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	other := before()
	other.ID = "other"
	s.RollOut(t, other)
	v := s.Visit(t)
	for what, release := range map[string]func() (*herokutest.Release, error){
		"config var": func() (*herokutest.Release, error) { return s.SetConfig("COLOUR", "red") },
		"rollback":   func() (*herokutest.Release, error) { return s.Rollback(2) },
	} {
		s.Rests(t)
		r, err := release()
		if err != nil {
			t.Fatal(err)
		}
		s.Ends(t, r, herokutest.Succeeded)
		s.Becomes(t, "it is rolled out", herokutest.State.RolledOut)
		out := r.Output()
		took := tookRE.FindString(out)
		if !strings.Contains(out, "nothing is pending") || strings.Contains(out, "through the guard") || took == "" {
			t.Errorf("%s: %s", what, out)
		}
		t.Logf("%s: %s", what, took)
	}
	s.WantUntroubled(t, v)
	s.wantUnmaintained(t)
}

var tookRE = regexp.MustCompile(`succeeded: .* in [0-9.]+[µm]?s`)

// TestFirstDeploy of an app, on a database that is there already: no code runs
// that could break.
func TestFirstDeploy(t *testing.T) {
	t.Parallel()
	s := emptyShop(t, pgtest.New(t), herokutest.AppConfig{})
	s.DB.Exec(t, createUsers)
	r := s.RollOut(t, using("users", "remark", renameColumn))
	if out := r.Output(); !strings.Contains(out, "no code runs") {
		t.Error(out)
	}
	s.WantColumns(t, "users", "remark")
	s.wantUnmaintained(t)
}

// TestNoDynos: an app that is scaled to zero needs no maintenance either.
func TestNoDynos(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	if err := s.Scale(map[string]int{"web": 0, "worker": 0}); err != nil {
		t.Fatal(err)
	}
	s.Becomes(t, "no dyno is left", func(state herokutest.State) bool { return len(state.Dynos) == 0 })
	r := s.RollOut(t, after())
	if out := r.Output(); !strings.Contains(out, "scaled to 0") {
		t.Error(out)
	}
	s.WantColumns(t, "users", "remark")
	for _, state := range s.History() {
		if state.Maintenance {
			t.Fatal("it was in maintenance mode")
		}
	}
}

// TestNoDynosOfOne: another app that migrates the same database has dynos, for all that
// is known.
func TestNoDynosOfOne(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	on(s.DB.URL, "run", "--", "true").with("HEROKU_API_KEY=", "HEROKU_APP_NAME=desk", "MIGGUARD_BUILD_ID=desk-1").run(t).expect(t, 0)
	if err := s.Scale(map[string]int{"web": 0, "worker": 0}); err != nil {
		t.Fatal(err)
	}
	s.Becomes(t, "no dyno is left", func(state herokutest.State) bool { return len(state.Dynos) == 0 })
	r := s.Push(t, using("users", "id", createUsers, "ALTER TABLE users DROP COLUMN note"))
	s.Ends(t, r, herokutest.Succeeded)
	if out := r.Output(); !strings.Contains(out, "stays until no code that runs needs it") || strings.Contains(out, "no code runs") {
		t.Error(out)
	}
	s.WantColumns(t, "users", "note")
}

// TestNoDynosAtRollback: nobody knows what the build needs that is back, but that a
// later one has dropped a column.
func TestNoDynosAtRollback(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	s.RollOut(t, using("users", "id", createUsers, "ALTER TABLE users DROP COLUMN note"))
	s.Rests(t)
	if err := s.Scale(map[string]int{"web": 0, "worker": 0}); err != nil {
		t.Fatal(err)
	}
	s.Becomes(t, "no dyno is left", func(state herokutest.State) bool { return len(state.Dynos) == 0 })
	r, err := s.Rollback(s.State().Current().Version - 1)
	if err != nil {
		t.Fatal(err)
	}
	s.Ends(t, r, herokutest.Succeeded)
	if out := r.Output(); !strings.Contains(out, "stays: ") {
		t.Error(out)
	}
	s.WantColumns(t, "users", "note")
}

// TestMaintenanceBefore: what was on is left on, and workers come back.
func TestMaintenanceBefore(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	s.SetMaintenance(true)
	r := s.Push(t, after())
	s.Ends(t, r, herokutest.Succeeded)
	s.Becomes(t, "the workers are back", func(state herokutest.State) bool {
		return platform.Quantity(state, "worker") == 2 && state.RolledOut()
	})
	s.Rests(t)
	if !s.State().Maintenance {
		t.Error("maintenance mode is off")
	}
	s.WantColumns(t, "users", "remark")
	s.WantSettled(t)
}

// TestScaledMeanwhile: what somebody sets under maintenance stays.
func TestScaledMeanwhile(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	// Settling begins with it, so the scaling comes before.
	held := s.Platform.Fault(herokutest.Fault{Kind: herokutest.Unavailable, Method: "PATCH", Path: "/apps/shop/formation$", Skip: 1, Times: herokutest.Always})
	s.Ends(t, s.Push(t, after()), herokutest.Succeeded)
	if err := s.Scale(map[string]int{"worker": 3}); err != nil {
		t.Fatal(err)
	}
	s.Becomes(t, "maintenance mode is off", func(state herokutest.State) bool { return !state.Maintenance })
	held.Remove()
	s.Rests(t)
	if got := platform.Quantity(s.State(), "worker"); got != 3 {
		t.Errorf("%d workers, want those 3 that somebody has set", got)
	}
	s.WantSettled(t)
}
