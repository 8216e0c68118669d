// Package fleet says which builds run. It has the words for what the Platform
// API tells about an app (dynos, releases, formation), joins them with the
// builds that the ledger has recorded, and gives every conclusion its reason.
// It asks nobody: what it is not told is unknown, and unknown is never nothing.
package fleet

import (
	"strconv"
	"strings"
	"time"
)

// App is what the Platform API says about an application.
type App struct {
	ID          string
	Name        string
	Maintenance bool
	// WebURL is where the router answers for the app, "" when there is no
	// such place to ask (internal routing).
	WebURL string
	Stack  string // "heroku-24", "container", "cnb"
	Space  string // name of the Private Space, "" in the Common Runtime
	// Generation is "cedar" or "fir"; "" when the API does not say.
	Generation string
}

// The states of a dyno, Platform API "dyno:state".
const (
	DynoUp       = "up"
	DynoStarting = "starting"
	DynoCrashed  = "crashed"
	DynoDown     = "down"
	DynoIdle     = "idle"
)

// ReleaseType is the dyno type of release commands. They run the new code, and
// nobody's requests.
const ReleaseType = "release"

// DynoType is the type of a dyno by its name: "web" of "web.1" (Cedar) and of
// "web-12a34b56d-e78f9" (Fir); "" for what is no dyno's name.
func DynoType(name string) string {
	if kind, _, ok := strings.Cut(name, "."); ok {
		return kind
	}
	parts := strings.Split(name, "-")
	return strings.Join(parts[:max(0, len(parts)-2)], "-")
}

// A Dyno is one that the API lists.
type Dyno struct {
	ID      string
	Name    string // "web.1", "run.9157"; not unique during a deploy
	Type    string // "web", "worker", "run", "scheduler", ReleaseType …
	State   string
	Release int // version; 0 when the API names none
	// CreatedAt is when this dyno of the name was made, in whole seconds; zero
	// when the API does not say.
	CreatedAt time.Time
	// UpdatedAt is when its state last changed.
	UpdatedAt time.Time
}

// The statuses of a release. Very old ones have none.
const (
	ReleasePending   = "pending"
	ReleaseSucceeded = "succeeded"
	ReleaseFailed    = "failed"
	ReleaseExpired   = "expired"
)

// A Release is one vN.
type Release struct {
	ID          string
	Version     int
	Status      string
	Current     bool // the one that dynos boot with
	Description string
	// Slug and Image are the id of what it runs; both "" when the API
	// names neither (container stack).
	Slug      string
	Image     string // OCI image
	CreatedAt time.Time
	UpdatedAt time.Time
}

// A Process is one entry of the formation.
type Process struct {
	Type     string
	Quantity int
	Size     string // "standard-1x"
}

// Quantities are a formation's, by process type.
func Quantities(formation []Process) map[string]int {
	q := make(map[string]int, len(formation))
	for _, p := range formation {
		q[p.Type] = p.Quantity
	}
	return q
}

// FailedVersions are the releases, as Heroku writes them, whose dynos never
// start, whatever a part of the release command has done before it failed.
func FailedVersions(releases []Release) []string {
	failed := []string{}
	for _, r := range releases {
		if r.Status == ReleaseFailed {
			failed = append(failed, "v"+strconv.Itoa(r.Version))
		}
	}
	return failed
}

// VersionNumber reads a release's version as Heroku writes it, "v42"; 0 for what
// is none.
func VersionNumber(version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
