package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

// Where it is known from which code runs.
const (
	FromPlatform = "platform-api"
	FromLedger   = "ledger"
)

// Running is which code runs, and why we think so.
type Running struct {
	Source string `json:"source"`
	fleet.Answer
	// Problem is why the Platform API was not the source, when it was asked.
	Problem string `json:"problem,omitempty"`
	// Since is from when on a release's dynos may have run, by its version.
	Since map[int]time.Time `json:"since,omitempty"`
	// Steering is of each build, in their order; none: not asked.
	Steering []Steering `json:"steering,omitempty"`
}

// Steering says whether all dynos of a build look into its overlay schema first.
type Steering struct {
	Build   string `json:"build,omitempty"`
	Overlay string `json:"overlay,omitempty"` // the schema; "" when it is not proven
	Why     string `json:"not_proven,omitempty"`
}

// From tells from when on the dynos of a release may have run. It is kept for
// the releases that do run.
func (r *Running) From(version int, at time.Time) {
	for _, c := range r.Code {
		if slices.Contains(c.Releases, version) {
			if r.Since == nil {
				r.Since = map[int]time.Time{}
			}
			r.Since[version] = at
		}
	}
}

// WriteRunning writes it for people, a line for each build and each reason.
func WriteRunning(w io.Writer, r Running) error {
	var b strings.Builder
	if r.Nothing() {
		fmt.Fprintf(&b, "No code runs: %s.\n", strings.Join(r.Reasons, "; "))
	}
	for i, c := range r.Code {
		build := c.Build
		if build == "" {
			build = "of unknown build (everything counts as used)"
		}
		fmt.Fprintf(&b, "%s  %s%s\n", releases(c.Releases), build, r.since(c.Releases))
		for _, why := range c.Reasons {
			fmt.Fprintf(&b, "  %s\n", why)
		}
		if i >= len(r.Steering) {
			continue
		}
		if s := r.Steering[i]; s.Overlay != "" {
			fmt.Fprintf(&b, "  steered: each of its dynos looks into %s first\n", s.Overlay)
		} else {
			fmt.Fprintf(&b, "  not steered: %s\n", s.Why)
		}
	}
	if r.Problem != "" {
		fmt.Fprintf(&b, "%s\n", r.Problem)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// since is the oldest of some releases' times; "" when none is known.
func (r Running) since(versions []int) string {
	var first time.Time
	for _, v := range versions {
		if at := r.Since[v]; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		return ""
	}
	return ", since " + date(first)
}

func releases(versions []int) string {
	parts := make([]string, 0, len(versions))
	for _, v := range versions {
		if v > 0 {
			parts = append(parts, fmt.Sprintf("v%d", v))
		}
	}
	if len(parts) == 0 {
		return "unknown release"
	}
	return strings.Join(parts, ", ")
}

// ReleaseName is what people call a release: by its vN, or else by the run in the ledger.
func ReleaseName(version string, id int64) string {
	if version != "" {
		return "release " + version
	}
	return fmt.Sprintf("run %d", id)
}
