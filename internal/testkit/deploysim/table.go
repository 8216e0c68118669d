package deploysim

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Table writes results as a table with one row each, and below it one line for
// each kind of failure, lost write and dead dyno.
func Table(w io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "scenario\tpg\tmode\trelease\tstatements\tfailed\tp50\tp99\tlongest stall\twindow\tnew failed\tlost writes")
	for _, r := range results {
		major, _, _ := strings.Cut(r.PG, ".")
		cells := []string{
			r.Scenario, major, r.Mode, release(r),
			fmt.Sprint(r.Old.Statements), fmt.Sprint(r.Old.Failed),
			short(r.Old.P50), short(r.Old.P99), short(r.Old.Stall), window(r),
			newFailed(r), fmt.Sprint(r.Lost),
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, line := range details(results) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// JSON writes results as an array of objects.
func JSON(w io.Writer, results []Result) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(results)
}

func release(r Result) string {
	if r.Exit == 0 {
		return string(r.Outcome)
	}
	return fmt.Sprintf("%s (exit %d)", r.Outcome, r.Exit)
}

func window(r Result) string {
	if r.Window == 0 {
		return "-"
	}
	return short(r.Window)
}

func newFailed(r Result) string {
	if r.New.Statements == 0 {
		return "-"
	}
	return fmt.Sprint(r.New.Failed)
}

// short keeps three digits or so: 0.31ms, 12.4ms, 1.28s.
func short(m Millis) string {
	d := time.Duration(m)
	switch {
	case d < time.Millisecond:
		d = d.Round(10 * time.Microsecond)
		return fmt.Sprintf("%.2fms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%.1fms", d.Seconds()*1000)
	default:
		return fmt.Sprintf("%.2fs", d.Seconds())
	}
}

func details(results []Result) []string {
	var lines []string
	for _, r := range results {
		major, _, _ := strings.Cut(r.PG, ".")
		about := fmt.Sprintf("%s, pg %s, %s", r.Scenario, major, r.Mode)
		for _, build := range []struct {
			name string
			sum  Summary
		}{{"old", r.Old}, {"new", r.New}} {
			for _, code := range slices.Sorted(maps.Keys(build.sum.Failures)) {
				f := build.sum.Failures[code]
				lines = append(lines, fmt.Sprintf("%s: %s code: %s ×%d: %s", about, build.name, code, f.Count, f.First))
			}
		}
		for _, what := range r.LostExamples {
			lines = append(lines, fmt.Sprintf("%s: lost: %s", about, what))
		}
		for _, who := range r.Dead {
			lines = append(lines, fmt.Sprintf("%s: dead dyno: %s", about, who))
		}
	}
	return lines
}
