package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

// TestUnsteered breaks each condition once.
func TestUnsteered(t *testing.T) {
	t.Parallel()
	type world struct {
		dynos []fleet.Dyno
		code  fleet.Code
		boots []fleet.Boot
	}
	for name, c := range map[string]struct {
		change func(*world)
		why    string
	}{
		"all have":             {func(*world) {}, ""},
		"of no known id":       {func(w *world) { w.boots[0].DynoID, w.boots[0].Version = "", 0 }, ""},
		"within the error":     {func(w *world) { w.boots[0].At = now.Add(-2 * time.Second) }, ""},
		"another build's dyno": {func(w *world) { w.dynos = append(w.dynos, fleet.Dyno{Name: "web.9", Type: "web", Release: 3}) }, ""},
		"a release dyno":       {func(w *world) { w.dynos = append(w.dynos, fleet.Dyno{Name: "release.1", Type: "release", Release: 2}) }, ""},
		"unknown build":        {func(w *world) { w.code.Build = "" }, "its build id is not known"},
		"hidden":               {func(w *world) { w.code.Unlisted = []int{1} }, "dynos of v1 may run that the Platform API does not list"},
		"not listed":           {func(w *world) { w.dynos = nil }, "none of its dynos is listed"},
		"one has not":          {func(w *world) { w.boots = w.boots[1:] }, "web.1 has not announced"},
		"a one-off dyno": {func(w *world) {
			w.dynos = append(w.dynos, fleet.Dyno{Name: "run.7", Type: "run", Release: 2, CreatedAt: now})
		}, "run.7 has not announced"},
		"crashed":               {func(w *world) { w.dynos[1].State = fleet.DynoCrashed }, "worker.1 is crashed"},
		"created when?":         {func(w *world) { w.dynos[0].CreatedAt = time.Time{} }, "does not say since when there is web.1"},
		"of the one before":     {func(w *world) { w.boots[0].At = now.Add(-3 * time.Second) }, "is of an earlier dyno of the name"},
		"of the one before, id": {func(w *world) { w.boots[0].DynoID = "x" }, "web.1 has not announced"},
		"of another build":      {func(w *world) { w.boots[0].Build = "a" }, "web.1 has not announced"},
		"of another release":    {func(w *world) { w.boots[0].Version = 1 }, "web.1 has not announced"},
		"of another schema":     {func(w *world) { w.boots[0].Schema = "mg_a" }, "web.1 has not announced"},
	} {
		w := world{
			dynos: []fleet.Dyno{{ID: "1", Name: "web.1", Type: "web", State: fleet.DynoUp, Release: 2, CreatedAt: now},
				{ID: "2", Name: "worker.1", Type: "worker", State: fleet.DynoUp, Release: 2, CreatedAt: now}},
			code: fleet.Code{Build: "b", Releases: []int{1, 2}},
			boots: []fleet.Boot{{Dyno: "web.1", DynoID: "1", Version: 2, Build: "b", Schema: "mg_b", At: now.Add(time.Second)},
				{Dyno: "worker.1", DynoID: "2", Version: 2, Build: "b", Schema: "mg_b", At: now.Add(time.Hour)}},
		}
		c.change(&w)
		why := fleet.Facts{Dynos: w.dynos}.Unsteered(w.code, "mg_b", w.boots)
		if why != c.why && (c.why == "" || !strings.Contains(why, c.why)) {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
}

func TestDynoType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"web.1": "web", "run.9157": "run", "release.1": "release", "web-12a34b56d-e78f9": "web",
		"release-notes.1": "release-notes", "release-12a34b56d-e78f9": "release", "run-jobs-12a34b56d-e78f9": "run-jobs", "": "", "web": "", "a-b": ""} {
		if got := fleet.DynoType(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
