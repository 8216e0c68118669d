package report

import (
	"fmt"
	"io"
)

// The states of a check.
const (
	CheckOK   = "ok"
	CheckWarn = "warn"
	CheckFail = "fail"
)

// A Check is one thing that "migguard doctor" looked at.
type Check struct {
	Name  string `json:"check"`
	State string `json:"state"`
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"` // a command or a line, unless State is ok
}

// WriteChecks writes them for people.
func WriteChecks(w io.Writer, checks []Check) error {
	for _, c := range checks {
		fmt.Fprintf(w, "%-5s %-10s %s\n", c.State, c.Name, c.Text)
		if c.Fix != "" {
			fmt.Fprintf(w, "%16s -> %s\n", "", c.Fix)
		}
	}
	return nil
}
