package report

import (
	"fmt"
	"io"
	"strings"
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
	var b strings.Builder
	margin := fmt.Sprintf("%-5s %-10s ", "", "")
	for _, c := range checks {
		fmt.Fprintf(&b, "%-5s %-10s %s\n", c.State, c.Name, strings.ReplaceAll(c.Text, "\n", "\n"+margin))
		if c.Fix != "" {
			fmt.Fprintf(&b, "%s-> %s\n", margin, c.Fix)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
