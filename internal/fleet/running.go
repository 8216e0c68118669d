package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// overlap is how long after a release became current dynos of the one
	// before may still run without being listed: they have 30 s to shut
	// down (Dev Center, "Dyno Shutdown Behavior"), and the API's status can
	// lag some seconds behind (heroku/cli issue 1271).
	overlap = time.Minute
	// prebootOverlap is the same with preboot, which hides the old web
	// dynos that still serve: about three minutes (Dev Center, "Preboot"),
	// four by Heroku's support, and their shutdown.
	prebootOverlap = 5 * time.Minute
)

// Facts are what Running concludes from. Releases are newest first.
type Facts struct {
	Dynos     []Dyno
	Releases  []Release
	Formation []Process
	Preboot   bool
	// Builds are the builds that releases were made of, by version, as the
	// ledger has recorded them.
	Builds map[int]string
	// This is the version of the release that asks, 0 when unknown. While
	// it is pending its code is not running.
	This int
	Now  time.Time
	// Ahead is how far the Platform API's clock is ahead of ours, as its last
	// answer told, to the second; nil when it did not.
	Ahead *time.Duration
	// Overlap takes the place of both overlaps, for tests and the demo; 0: they
	// hold.
	Overlap time.Duration
}

// Code is one build that runs, or may.
type Code struct {
	// Build is its id in the ledger, "" when it is not recorded there.
	Build    string   `json:"build,omitempty"`
	Releases []int    `json:"releases"`
	Reasons  []string `json:"because"`
	// Unlisted are those of Releases that may have dynos which the API does
	// not list.
	Unlisted []int `json:"-"`
}

// Answer says which code runs now. Without any Code nothing runs, and Reasons
// say why that is certain.
type Answer struct {
	Code    []Code   `json:"builds"`
	Reasons []string `json:"because,omitempty"`
}

// Nothing tells that no code runs.
func (a Answer) Nothing() bool { return len(a.Code) == 0 }

// Builds are the ids of all builds that run; false when some is not known.
func (a Answer) Builds() (ids []string, all bool) {
	all = true
	for _, c := range a.Code {
		if c.Build == "" {
			all = false
		} else {
			ids = append(ids, c.Build)
		}
	}
	return ids, all
}

// Running concludes which builds run. It never takes one for the only one
// because it is the newest: dynos may be of any release, and some that run are
// not listed.
func Running(f Facts) Answer {
	r := reasons{}
	for _, d := range f.Dynos {
		if d.Type != ReleaseType {
			r.add(d.Release, "%s is %s", d.Name, d.State)
		}
	}
	current, found := f.current()
	for _, p := range f.Formation {
		if found && p.Quantity > 0 && p.Type != ReleaseType {
			r.add(current.Version, "the formation has %s=%d, and v%d is current", p.Type, p.Quantity, current.Version)
		}
	}
	if found && len(r) > 0 {
		f.leaving(current, r)
	}
	f.starting(r)
	if len(r) == 0 {
		return Answer{Code: []Code{}, Reasons: []string{"no dyno runs, and every process type is scaled to 0"}}
	}
	return Answer{Code: f.code(r)}
}

// reasons are why a release counts as running, by version.
type reasons map[int]*reason

type reason struct {
	texts    []string
	unlisted bool // not by dynos and formation alone
}

func (r reasons) add(version int, format string, args ...any) {
	if r[version] == nil {
		r[version] = &reason{}
	}
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(r[version].texts, text) {
		r[version].texts = append(r[version].texts, text)
	}
}

// current is the release that dynos boot with.
func (f Facts) current() (Release, bool) {
	for _, r := range f.Releases {
		if r.Current {
			return r, true
		}
	}
	for _, r := range f.Releases { // the flag may lag
		if r.ran() {
			return r, true
		}
	}
	return Release{}, false
}

// ran tells the releases whose dynos were started at some time.
func (r Release) ran() bool { return r.Status != ReleaseFailed && r.Status != ReleasePending }

// leaving adds the releases whose dynos may not have ended yet: those that
// were current less than the overlap ago.
func (f Facts) leaving(current Release, r reasons) {
	limit, why := f.overlap(), "its dynos have 30 s to shut down"
	if f.Preboot {
		why = "preboot does not list the old dynos that still serve"
	}
	next := current
	for _, before := range f.Releases {
		if before.Version >= next.Version || !before.ran() {
			continue
		}
		age := f.Now.Sub(next.Since())
		if age >= limit {
			return
		}
		r.add(before.Version, "v%d took over from it %s ago, and %s", next.Version, max(age, 0).Round(time.Second), why)
		r[before.Version].unlisted = true
		next = before
	}
}

// Since is when a release became current at the latest.
func (r Release) Since() time.Time {
	if r.UpdatedAt.After(r.CreatedAt) {
		return r.UpdatedAt
	}
	return r.CreatedAt
}

// starting adds releases whose release command is over, or will be soon, while
// the API does not say so yet.
func (f Facts) starting(r reasons) {
	for _, other := range f.Releases {
		if other.Status == ReleasePending && other.Version != f.This && (f.This == 0 || other.Version < f.This) {
			r.add(other.Version, "v%d is pending, and its dynos may start at any time", other.Version)
			r[other.Version].unlisted = true
		}
	}
}

// code joins releases of one build.
func (f Facts) code(r reasons) []Code {
	byBuild := map[string]*Code{}
	for version, why := range r {
		build := f.build(version)
		c, ok := byBuild[build]
		if !ok {
			c = &Code{Build: build}
			byBuild[build] = c
		}
		c.Releases = append(c.Releases, version)
		if why.unlisted {
			c.Unlisted = append(c.Unlisted, version)
		}
		for _, text := range why.texts {
			c.Reasons = append(c.Reasons, fmt.Sprintf("%s: %s", versionName(version), text))
		}
	}
	all := make([]Code, 0, len(byBuild))
	for _, c := range byBuild {
		slices.Sort(c.Releases)
		slices.Sort(c.Unlisted)
		slices.Sort(c.Reasons)
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Code) int {
		return cmp.Or(cmp.Compare(b.Releases[0], a.Releases[0]), strings.Compare(a.Build, b.Build))
	})
	return all
}

func versionName(v int) string {
	if v == 0 {
		return "unknown release"
	}
	return fmt.Sprintf("v%d", v)
}

// build is that of a release: recorded, or recorded for another release of the
// same slug or image, as after a rollback or a change of config vars.
func (f Facts) build(version int) string {
	if id := f.Builds[version]; id != "" || version == 0 {
		return id
	}
	at := slices.IndexFunc(f.Releases, func(r Release) bool { return r.Version == version })
	if at < 0 {
		return ""
	}
	this := f.Releases[at]
	for _, other := range f.Releases {
		same := this.Slug != "" && other.Slug == this.Slug || this.Image != "" && other.Image == this.Image
		if id := f.Builds[other.Version]; same && id != "" {
			return id
		}
	}
	return ""
}
