package report

import (
	"fmt"
	"io"
	"strings"

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
}

// WriteRunning writes it for people, a line for each build and each reason.
func WriteRunning(w io.Writer, r Running) error {
	var b strings.Builder
	if r.Nothing() {
		fmt.Fprintf(&b, "No code runs: %s.\n", strings.Join(r.Reasons, "; "))
	}
	for _, c := range r.Code {
		build := c.Build
		if build == "" {
			build = "of unknown build (everything counts as used)"
		}
		fmt.Fprintf(&b, "%s  %s\n", releases(c.Releases), build)
		for _, why := range c.Reasons {
			fmt.Fprintf(&b, "  %s\n", why)
		}
	}
	if r.Problem != "" {
		fmt.Fprintf(&b, "%s\n", r.Problem)
	}
	_, err := io.WriteString(w, b.String())
	return err
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
