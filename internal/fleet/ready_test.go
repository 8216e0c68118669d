package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

func TestRolledOut(t *testing.T) {
	t.Parallel()
	formation := []fleet.Process{{Type: "web", Quantity: 2}, {Type: "worker", Quantity: 1}, {Type: "clock"}, {Type: "release"}}
	releases := []fleet.Release{release(4, "s4", doing, 0), release(3, "s3", bad, time.Minute), current(release(2, "s2", ok, longer)), release(1, "s1", ok, longer)}
	young := []fleet.Release{current(release(2, "s2", ok, 10*time.Second)), release(1, "s1", ok, longer)}
	all := []fleet.Dyno{dyno("web.1", 2, "up"), dyno("web.2", 2, "idle"), dyno("worker.1", 2, "up")}
	for name, c := range map[string]struct {
		dynos    []fleet.Dyno
		releases []fleet.Release
		preboot  bool
		waiting  string
	}{
		"all are up":                     {all, releases, false, ""},
		"one-off and release dynos":      {append(all, dyno("run.7", 1, "up"), dyno("release.9", 4, "up")), releases, false, ""},
		"a newer release has taken over": {[]fleet.Dyno{dyno("web.1", 3, "up"), dyno("web.2", 2, "up"), dyno("worker.1", 4, "up")}, releases, false, ""},
		"one is missing":                 {all[:2], releases, false, "0 of 1 worker dynos are up at v2"},
		"none":                           {nil, releases, false, "0 of 2 web dynos are up at v2; 0 of 1 worker dynos are up at v2"},
		"one is crashing":                {[]fleet.Dyno{dyno("web.1", 2, "crashed"), all[1], all[2]}, releases, false, "web.1 of v2 is crashed; 1 of 2 web dynos are up at v2"},
		"one is old":                     {append(all, dyno("web.2", 1, "up")), releases, false, "web.2 of v1 is still up"},
		"one of a type scaled to 0":      {append(all, dyno("clock.1", 1, "up")), releases, false, "clock.1 of v1 is still up"},
		"old ones may shut down":         {all, young, false, "old dynos may not be listed for 50s more"},
		"preboot hides old ones":         {all, young, true, "old dynos may not be listed for 4m50s more"},
		"the first release":              {all, young[:1], false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, found := fleet.RolledOut(fleet.Facts{Dynos: c.dynos, Formation: formation, Releases: c.releases, Preboot: c.preboot, Now: now})
			got := strings.Join(r.Waiting, "; ")
			if !found || r.Release.Version != 2 || got != c.waiting || r.Done() != (c.waiting == "") {
				t.Errorf("v%d waits for %q, want %q", r.Release.Version, got, c.waiting)
			}
			if listed := c.waiting == "" || strings.HasPrefix(c.waiting, "old dynos"); r.Up != listed {
				t.Errorf("up: %v", r.Up)
			}
		})
	}
	if _, found := fleet.RolledOut(fleet.Facts{Releases: []fleet.Release{release(1, "s1", doing, 0)}}); found {
		t.Error("a pending release has no dynos")
	}
}
