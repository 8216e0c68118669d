package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// settlesWithin is how long maintenance mode may outlast the start of the last
// new dyno. The Platform API is asked every 5 s.
const settlesWithin = 10 * time.Second

// most is how many requests of the Platform API one deploy may cost. The
// allowance is 4500, of which 75 a minute come back.
const most = 75

// TestColumnRenameUnderMaintenance is the same deploy on every kind of app.
func TestColumnRenameUnderMaintenance(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]herokutest.AppConfig{
		"common runtime": {},
		"preboot":        {Features: []string{herokutest.Preboot}, Formation: map[string]int{"web": 2, "worker": 2}},
		"private space":  {Space: "space", Formation: map[string]int{"web": 3, "worker": 2}},
		"container":      {Stack: "container"},
		"fir":            {Fir: true, Space: "space"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, config)
			s.Rests(t)
			v := s.Visit(t)
			calls := len(s.Platform.Calls())
			r := s.Push(t, after())
			s.Ends(t, r, herokutest.Succeeded)
			s.Becomes(t, "all is as before", platform.Calm)
			s.Rests(t)
			s.WantUntroubled(t, v)
			s.WantColumns(t, "users", "remark")
			if v.Sent == 0 {
				t.Error("nobody was sent away")
			}
			s.wantCourse(t, r)
			if calls = len(s.Platform.Calls()) - calls; calls > most {
				t.Errorf("%d requests of the Platform API, more than %d", calls, most)
			}
			t.Logf("served %d, sent away %d, %d requests of the Platform API", v.Served, v.Sent, calls)
		})
	}
}

// wantCourse looks at every state that the app was in since a release that
// needed maintenance.
func (s *shop) wantCourse(t *testing.T, r *herokutest.Release) {
	t.Helper()
	var up, off time.Time // the new web dynos; maintenance mode
	turns := 0
	was := false
	for _, state := range s.History() {
		if len(state.Releases) < r.Version {
			continue
		}
		if state.Maintenance != was {
			was, turns = state.Maintenance, turns+1
		}
		out := state.Current().Version == r.Version
		if out && up.IsZero() && state.RolledOut() {
			up = state.At
		}
		switch {
		case out && !state.Maintenance && off.IsZero():
			off = state.At
			if n := serving(state, r.Version-1); n > 0 {
				t.Errorf("maintenance mode was turned off while %d old web dynos served", n)
			}
		case out && platform.Quantity(state, "worker") == 0 && !state.Maintenance:
			t.Errorf("at %v the workers are stopped and maintenance mode is off", state.At)
		}
	}
	if turns != 2 {
		t.Errorf("maintenance mode was turned %d times, want on and off", turns)
	}
	if took := off.Sub(up); up.IsZero() || off.IsZero() || took > settlesWithin {
		t.Errorf("maintenance mode ended %v after the last new dyno was up (%v, %v)", took, up, off)
	} else {
		t.Logf("maintenance mode ended %v after the last new dyno was up", took)
	}
}

// serving counts the web dynos of a release that get requests.
func serving(s herokutest.State, version int) (n int) {
	for _, d := range s.Dynos {
		if d.Type == "web" && d.Release == version && d.Serving && !d.Draining {
			n++
		}
	}
	return n
}

// settled is a policy by which the new dynos drop what the old ones have needed.
const settled = "contract = \"settled\"\n"

// TestTableRename has a shim and no maintenance. It is dropped by the new
// dynos, or where they do not, by the next release.
func TestTableRename(t *testing.T) {
	t.Parallel()
	for name, hookless := range map[string]bool{"settled": false, "next release": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, herokutest.AppConfig{})
			v := s.Visit(t)
			next := using("people", "note", createUsers, renameTable)
			if next.Hookless = hookless; !hookless {
				next.Policy = settled
			}
			r := s.RollOut(t, next)
			s.WantColumns(t, "people", "note")
			if !strings.Contains(r.Output(), "shimmed") {
				t.Errorf("no shim: %s", r.Output())
			}
			if hookless {
				s.WantColumns(t, "users", "note")
				s.Rests(t)
			}
			platform.Eventually(t, "the shim is dropped", func() bool {
				if hookless { // right after a release its old dynos may still run
					next.ID += "-again"
					s.RollOut(t, next)
				}
				return s.DB.Value(t, "SELECT count(*) FROM migguard.shim WHERE dropped_at IS NULL") == "0"
			})
			s.WantColumns(t, "users", "")
			s.WantUntroubled(t, v)
			if v.Sent > 0 {
				t.Errorf("%d requests were sent away", v.Sent)
			}
			s.wantUnmaintained(t)
		})
	}
}

// wantUnmaintained fails if maintenance mode was ever on or a worker stopped.
func (s *shop) wantUnmaintained(t *testing.T) {
	t.Helper()
	for _, state := range s.History() {
		if state.Maintenance || state.Current().Artifact != nil && platform.Quantity(state, "worker") != 2 {
			t.Fatalf("at %v: maintenance %t, workers %d", state.At, state.Maintenance, platform.Quantity(state, "worker"))
		}
	}
}

// TestRefusedDeploy changes nothing: the old dynos go on.
func TestRefusedDeploy(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]herokutest.AppConfig{
		"no policy": {},
		"no token":  {ConfigVars: map[string]string{"HEROKU_API_KEY": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, config)
			s.Rests(t)
			v := s.Visit(t)
			dynos := ids(s.State())
			next, want := after(), "heroku authorizations:create"
			if name == "no policy" {
				next.Policy, want = "[policy]\nrenamed-column = \"refuse\"\n"+stopsWorkers, "renamed-column"
			}
			r := s.Push(t, next)
			s.Ends(t, r, herokutest.Failed)
			if r.ExitStatus() != 77 || !strings.Contains(r.Output(), want) {
				t.Errorf("exit status %d, want 77 and %q: %s", r.ExitStatus(), want, r.Output())
			}
			if now := ids(s.State()); !slices.Equal(now, dynos) {
				t.Errorf("dynos %q, want %q", now, dynos)
			}
			s.WantColumns(t, "users", "note")
			s.WantUntroubled(t, v)
			s.wantUnmaintained(t)
		})
	}
}

func ids(s herokutest.State) (all []string) {
	for _, d := range s.Dynos {
		if !d.OneOff {
			all = append(all, fmt.Sprintf("%s %s pid %d", d.Name, d.ID, d.PID))
		}
	}
	slices.Sort(all)
	return all
}
