package cli_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/herokutest"
)

// TestStaleMaintenance: the API still tells of the maintenance of a run that
// failed when the next one begins. That is not one that was on before.
func TestStaleMaintenance(t *testing.T) {
	t.Parallel()
	s := newShop(t, herokutest.Config{}, herokutest.AppConfig{})
	s.rested(t)
	divides := after()
	divides.id, divides.migrations = "divides", []string{createUsers, renameColumn + ";\nSELECT 1/0"}
	failing := s.release(t, divides)
	s.await(t, "maintenance mode is on", func(state herokutest.State) bool { return state.Maintenance })
	stale := s.platform.Fault(herokutest.Fault{Kind: herokutest.Stale, Method: "GET", Path: "/apps/shop$", Times: herokutest.Always})
	defer stale.Remove()
	s.ends(t, failing, herokutest.Failed)
	s.await(t, "all is as before", calm)
	s.ends(t, s.release(t, after()), herokutest.Succeeded)
	stale.Remove()
	s.await(t, "the workers are back", func(state herokutest.State) bool {
		return quantity(state, "worker") == 2 && state.RolledOut()
	})
	s.rested(t)
	if s.State().Maintenance {
		t.Error("maintenance mode is left on, as if it had been on before")
	}
	s.wantColumns(t, "users", "remark")
	s.wantSettled(t)
}
