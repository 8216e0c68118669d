package cli_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// TestStaleMaintenance: the API still tells of the maintenance of a run that
// failed when the next one begins. That is not one that was on before.
func TestStaleMaintenance(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.AppConfig{})
	s.Rests(t)
	failing := s.Push(t, divides())
	s.Becomes(t, "maintenance mode is on", func(state herokutest.State) bool { return state.Maintenance })
	stale := s.Platform.Fault(herokutest.Fault{Kind: herokutest.Stale, Method: "GET", Path: "/apps/shop$", Times: herokutest.Always})
	defer stale.Remove()
	s.Ends(t, failing, herokutest.Failed)
	s.Becomes(t, "all is as before", platform.Calm)
	s.Ends(t, s.Push(t, after()), herokutest.Succeeded)
	stale.Remove()
	s.Becomes(t, "the workers are back", func(state herokutest.State) bool {
		return platform.Quantity(state, "worker") == 2 && state.RolledOut()
	})
	s.Rests(t)
	if s.State().Maintenance {
		t.Error("maintenance mode is left on, as if it had been on before")
	}
	s.WantColumns(t, "users", "remark")
	s.WantSettled(t)
}
