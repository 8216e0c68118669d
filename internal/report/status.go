package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// A Status is what "migguard status" says.
type Status struct {
	Version     string       `json:"version"`
	App         string       `json:"app,omitempty"`
	Running     Running      `json:"running"`
	Shims       []Shim       `json:"shims"`
	Tasks       []Task       `json:"tasks"`
	Maintenance *Maintenance `json:"maintenance,omitempty"` // nil: not asked
	Runs        []PastRun    `json:"runs"`                  // newest first
}

// A PastRun is one run of the ledger.
type PastRun struct {
	Release  string     `json:"release"`
	Build    string     `json:"build,omitempty"`
	Outcome  string     `json:"outcome"`
	Exit     *int       `json:"exit_status,omitempty"`
	Started  time.Time  `json:"started_at"`
	Finished *time.Time `json:"finished_at,omitempty"`
	// Settled is when only this release's code was running.
	Settled *time.Time `json:"settled_at,omitempty"`
}

// WriteStatus writes it for people.
func WriteStatus(w io.Writer, s Status, now time.Time) error {
	fmt.Fprintln(w, "RUNNING")
	if err := WriteRunning(w, s.Running); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nSHIMS")
	if err := Shims(w, s.Shims); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nTASKS")
	if err := Tasks(w, s.Tasks); err != nil {
		return err
	}
	if s.Maintenance != nil {
		fmt.Fprintln(w, "\nMAINTENANCE")
		if err := WriteMaintenance(w, *s.Maintenance, now); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nRUNS")
	return writeRuns(w, s.Runs, now)
}

func writeRuns(w io.Writer, runs []PastRun, now time.Time) error {
	if len(runs) == 0 {
		_, err := fmt.Fprintln(w, "None yet.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "RELEASE\tBUILD\tOUTCOME\tBEGAN\tTOOK\tWINDOW")
	for _, r := range runs {
		build := r.Build
		if build == "" {
			build = "unknown"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s ago\t%s\t%s\n", r.Release, build, r.Outcome,
			Age(now.Sub(r.Started)), between(&r.Started, r.Finished), between(r.Finished, r.Settled))
	}
	return t.Flush()
}

// between is "-" where one of the two has not come.
func between(from, to *time.Time) string {
	if from == nil || to == nil {
		return "-"
	}
	return Age(to.Sub(*from))
}
