package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Summary writes a run's last lines.
func (r *Reporter) Summary(run Run) {
	counts := map[string]int{}
	failed := 0
	var hazards []string // of what was refused
	for _, s := range run.Statements {
		if s.Error == "" || s.Verdict == "refuse" {
			counts[s.Verdict]++
		}
		for _, h := range s.Hazards {
			if s.Verdict == "refuse" && !h.Allowed && !h.Unused && !h.Said && !slices.Contains(hazards, h.ID) {
				hazards = append(hazards, h.ID)
			}
		}
		if s.Error != "" && s.Verdict != "refuse" {
			failed++
		}
	}
	parts := []string{count(len(run.Statements), "schema statement")}
	for _, verdict := range []string{"rewrite", "shim", "refuse"} {
		if n := counts[verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, past[verdict]))
		}
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	r.Line("%s%s%s: %s in %v", r.bold, run.Outcome, r.reset, strings.Join(parts, ", "), round(run.Duration))
	if run.Reason != "" {
		r.Line("%s", run.Reason)
	}
	for _, id := range hazards {
		r.Line("more about it: migguard explain %s", id)
	}
}

var past = map[string]string{"rewrite": "rewritten", "shim": "shimmed", "refuse": "refused"}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Age is how long ago in the two largest units: "3d 4h", "2m 10s".
func Age(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	var parts []string
	for _, u := range units {
		n := d / u.size
		d -= n * u.size
		if n > 0 || len(parts) > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", n, u.name))
		}
		if len(parts) == 2 {
			break
		}
	}
	if len(parts) == 0 {
		return "0s"
	}
	return strings.Join(parts, " ")
}
