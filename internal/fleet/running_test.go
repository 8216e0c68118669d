package fleet_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// release is one that became current so long ago.
func release(version int, slug, status string, ago time.Duration) fleet.Release {
	return fleet.Release{Version: version, Slug: slug, Status: status, CreatedAt: now.Add(-ago), UpdatedAt: now.Add(-ago)}
}

func current(r fleet.Release) fleet.Release { r.Current = true; return r }

func dyno(name string, version int, state string) fleet.Dyno {
	kind, _, _ := strings.Cut(name, ".")
	return fleet.Dyno{Name: name, Type: kind, State: state, Release: version}
}

const (
	ok     = fleet.ReleaseSucceeded
	bad    = fleet.ReleaseFailed
	doing  = fleet.ReleasePending
	longer = time.Hour
)

func TestRunning(t *testing.T) {
	t.Parallel()
	web2 := []fleet.Process{{Type: "web", Quantity: 2}, {Type: "release", Quantity: 0}}
	zero := []fleet.Process{{Type: "web", Quantity: 0}}
	steady := []fleet.Release{release(3, "s3", doing, 0), current(release(2, "s2", ok, longer)), release(1, "s1", ok, 2*longer)}
	known := map[int]string{1: "a", 2: "b", 3: "c"}
	cases := map[string]struct {
		facts  fleet.Facts
		builds string // "BUILD:RELEASES …", newest first
	}{
		"one release": {fleet.Facts{Formation: web2, Releases: steady, Builds: known, This: 3,
			Dynos: []fleet.Dyno{dyno("web.1", 2, "up"), dyno("release.9", 3, "up")}}, "b:2"},
		"old one-off dyno": {fleet.Facts{Formation: web2, Releases: steady, Builds: known, This: 3,
			Dynos: []fleet.Dyno{dyno("web.1", 2, "up"), dyno("run.77", 1, "up")}}, "b:2 a:1"},
		"crashed and idle dynos come back": {fleet.Facts{Formation: zero, Releases: steady, Builds: known, This: 3,
			Dynos: []fleet.Dyno{dyno("web.1", 1, "crashed"), dyno("worker.1", 2, "idle")}}, "b:2 a:1"},
		"between two starts no dyno is listed": {fleet.Facts{Formation: web2, Releases: steady, Builds: known, This: 3}, "b:2"},
		"nothing":                              {fleet.Facts{Formation: zero, Releases: steady, Builds: known, This: 3}, ""},
		"first deploy":                         {fleet.Facts{Releases: []fleet.Release{release(3, "s3", doing, 0), current(release(2, "", ok, 0))}, This: 3}, ""},
		"first deploy with migguard":           {fleet.Facts{Formation: web2, Releases: steady, Builds: map[int]string{3: "c"}, This: 3}, ":2"},
		"dyno of no release":                   {fleet.Facts{Formation: zero, Releases: steady, Builds: known, This: 3, Dynos: []fleet.Dyno{dyno("web.1", 0, "up")}}, ":0"},
		"just released": {fleet.Facts{Formation: web2, Builds: known, This: 3, Dynos: []fleet.Dyno{dyno("web.1", 2, "up")},
			Releases: []fleet.Release{release(3, "s3", doing, 0), current(release(2, "s2", ok, 20*time.Second)), release(1, "s1", ok, longer)}}, "b:2 a:1"},
		"preboot hides": {fleet.Facts{Formation: web2, Builds: known, This: 3, Preboot: true, Dynos: []fleet.Dyno{dyno("web.1", 2, "up")},
			Releases: []fleet.Release{release(3, "s3", doing, 0), current(release(2, "s2", ok, 3*time.Minute)), release(1, "s1", ok, longer)}}, "b:2 a:1"},
		"preboot is over": {fleet.Facts{Formation: web2, Builds: known, This: 3, Preboot: true, Dynos: []fleet.Dyno{dyno("web.1", 2, "up")},
			Releases: []fleet.Release{release(3, "s3", doing, 0), current(release(2, "s2", ok, 6*time.Minute)), release(1, "s1", ok, longer)}}, "b:2"},
		"a failed release in between": {fleet.Facts{Formation: web2, Builds: map[int]string{1: "a", 2: "b", 3: "c", 4: "d"}, This: 4,
			Dynos: []fleet.Dyno{dyno("web.1", 2, "up")}, Releases: []fleet.Release{release(4, "s4", doing, 0), release(3, "s3", bad, time.Second),
				current(release(2, "s2", ok, longer)), release(1, "s1", ok, longer)}}, "b:2"},
		"three in a minute": {fleet.Facts{Formation: web2, Builds: known, Dynos: []fleet.Dyno{dyno("web.1", 3, "up")},
			Releases: []fleet.Release{current(release(3, "s3", ok, 5*time.Second)), release(2, "s2", ok, 30*time.Second), release(1, "s1", ok, longer)}}, "c:3 b:2 a:1"},
		"config vars and rollback keep the slug": {fleet.Facts{Formation: web2, Builds: map[int]string{1: "a"},
			Releases: []fleet.Release{current(release(3, "s1", ok, longer)), release(2, "s2", ok, longer), release(1, "s1", ok, longer)}}, "a:3"},
		"Fir keeps the image": {fleet.Facts{Formation: web2, Builds: map[int]string{1: "a"},
			Releases: []fleet.Release{current(fleet.Release{Version: 2, Image: "i", Status: ok}), {Version: 1, Image: "i", Status: ok}}}, "a:2"},
		"containers have neither": {fleet.Facts{Formation: web2, Builds: map[int]string{1: "a"},
			Releases: []fleet.Release{current(fleet.Release{Version: 2, Status: ok}), {Version: 1, Status: ok}}}, ":2"},
		"another deploy is pending": {fleet.Facts{Formation: web2, Builds: known, This: 3, Dynos: []fleet.Dyno{dyno("web.1", 1, "up")},
			Releases: []fleet.Release{release(3, "s3", doing, 0), release(2, "s2", doing, 0), current(release(1, "s1", ok, longer))}}, "b:2 a:1"},
		"no release is marked current": {fleet.Facts{Formation: web2, Builds: known, This: 3,
			Releases: []fleet.Release{release(3, "s3", doing, 0), release(2, "s2", ok, longer)}}, "b:2"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.facts.Now = now
			answer := fleet.Running(c.facts)
			for _, code := range answer.Code {
				hidden := slices.ContainsFunc(code.Reasons, func(why string) bool {
					return strings.Contains(why, "took over") || strings.Contains(why, "is pending")
				})
				if hidden != (len(code.Unlisted) > 0) {
					t.Errorf("unlisted %v, because %q", code.Unlisted, code.Reasons)
				}
			}
			if got := summary(answer); got != c.builds {
				t.Errorf("runs %q, want %q", got, c.builds)
			}
			if answer.Nothing() != (len(answer.Reasons) > 0) {
				t.Errorf("nothing runs: %v, because %q", answer.Nothing(), answer.Reasons)
			}
		})
	}
}

func summary(a fleet.Answer) string {
	var parts []string
	for _, c := range a.Code {
		parts = append(parts, c.Build+":"+strings.Trim(fmt.Sprint(c.Releases), "[]"))
	}
	return strings.Join(parts, " ")
}

// TestNeverLess: more dynos never make less code run, every listed dyno's
// release is in the answer, and every conclusion has a reason.
func TestNeverLess(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5000) {
		r := rand.New(rand.NewPCG(seed, 1))
		f := fleet.Facts{Now: now, This: 6, Preboot: r.IntN(2) == 0, Builds: map[int]string{}}
		for v := 6; v > 0; v-- {
			status := []string{ok, ok, bad, fleet.ReleaseExpired}[r.IntN(4)]
			if v == 6 {
				status = doing
			}
			f.Releases = append(f.Releases, release(v, fmt.Sprint("s", r.IntN(3)), status, time.Duration(r.IntN(600*(7-v)))*time.Second))
			if r.IntN(2) == 0 {
				f.Builds[v] = f.Releases[len(f.Releases)-1].Slug
			}
		}
		f.Releases[1+r.IntN(5)].Current = true
		f.Formation = []fleet.Process{{Type: "web", Quantity: r.IntN(2)}}
		before := versions(fleet.Running(f))
		for i := range r.IntN(4) {
			f.Dynos = append(f.Dynos, dyno(fmt.Sprint("web.", i), 1+r.IntN(5), "up"))
		}
		answer := fleet.Running(f)
		after := versions(answer)
		for _, v := range before {
			if !slices.Contains(after, v) {
				t.Fatalf("seed %d: v%d runs no more when there are dynos: %v, %v", seed, v, before, after)
			}
		}
		for _, d := range f.Dynos {
			if !slices.Contains(after, d.Release) {
				t.Fatalf("seed %d: %s is of v%d, which is not in %v", seed, d.Name, d.Release, after)
			}
		}
		for _, c := range answer.Code {
			if len(c.Reasons) == 0 {
				t.Fatalf("seed %d: no reason for %v", seed, c)
			}
		}
	}
}

func versions(a fleet.Answer) (all []int) {
	for _, c := range a.Code {
		all = append(all, c.Releases...)
	}
	return all
}
