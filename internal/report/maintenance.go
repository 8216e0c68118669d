package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Maintenance is what "migguard maintenance" says. Its JSON form is
// documented in docs/json.md.
type Maintenance struct {
	App string `json:"app"`
	On  bool   `json:"maintenance"`
	// Formation is the quantity of each process type now; nil: not asked.
	Formation map[string]int `json:"formation,omitempty"`
	Period    *Period        `json:"period,omitempty"` // the open one
	Last      []Period       `json:"last,omitempty"`   // that are over, newest first
	// Ledger is "used", "none", or why it could not be.
	Ledger string `json:"ledger"`
	// Planned is what a dry run would do.
	Planned []string `json:"planned,omitempty"`
	DryRun  bool     `json:"dry_run,omitempty"`
	Off     string   `json:"off_command,omitempty"` // turns it off again
}

// A Period is one time of maintenance.
type Period struct {
	State   string         `json:"state"`
	By      string         `json:"by"`
	ByHand  bool           `json:"by_hand"`
	Reason  string         `json:"reason,omitempty"`
	Release string         `json:"release,omitempty"` // vN, or the run, that works under it
	Since   time.Time      `json:"since"`
	Until   *time.Time     `json:"until,omitempty"`
	Ended   *time.Time     `json:"ended,omitempty"`
	WasOn   bool           `json:"was_on"`
	Stopped map[string]int `json:"stopped,omitempty"` // process type -> quantity before
	Breaks  []string       `json:"breaks,omitempty"`  // what the code before does not survive
	Note    string         `json:"note,omitempty"`
}

// The values of Maintenance.Ledger besides the reasons.
const (
	LedgerUsed = "used"
	LedgerNone = "none"
)

// WriteMaintenance writes it for people.
func WriteMaintenance(w io.Writer, m Maintenance, now time.Time) error {
	var b strings.Builder
	state := "off"
	if m.On {
		state = "on"
	}
	fmt.Fprintf(&b, "Maintenance mode of %s is %s.\n", m.App, state)
	for _, step := range m.Planned {
		fmt.Fprintf(&b, "would do: %s\n", step)
	}
	if m.DryRun && len(m.Planned) == 0 {
		b.WriteString("There would be nothing to do.\n")
	}
	writePeriod(&b, m, now)
	if m.Off != "" {
		fmt.Fprintf(&b, "Turn it off with: %s\n", m.Off)
	}
	if len(m.Last) > 0 {
		b.WriteString("Before:\n")
	}
	for _, p := range m.Last {
		fmt.Fprintf(&b, "  %s for %s, by %s%s\n", date(p.Since), Age(p.Ended.Sub(p.Since)), p.By, because(p.Reason))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writePeriod(b *strings.Builder, m Maintenance, now time.Time) {
	p := m.Period
	switch {
	case p == nil && m.On && !m.DryRun && m.Ledger == LedgerUsed:
		b.WriteString("  It was not migguard that turned it on.\n")
	case p == nil && m.On && !m.DryRun:
		b.WriteString("  Who turned it on is not known: there is no ledger to ask.\n")
	}
	if p == nil {
		return
	}
	fmt.Fprintf(b, "  since %s (%s), by %s%s\n", date(p.Since), Age(now.Sub(p.Since)), p.By, because(p.Reason))
	if p.Until != nil {
		fmt.Fprintf(b, "  until %s\n", date(*p.Until))
	}
	if p.Release != "" {
		fmt.Fprintf(b, "  used by %s, which is at: %s\n", p.Release, p.State)
	} else if p.State != "on" {
		fmt.Fprintf(b, "  state: %s\n", p.State)
	}
	for _, t := range slices.Sorted(maps.Keys(p.Stopped)) {
		fmt.Fprintf(b, "  %s: stopped, %d before\n", t, p.Stopped[t])
	}
	for _, broken := range p.Breaks {
		fmt.Fprintf(b, "  the code from before does not survive: %s\n", broken)
	}
	if p.Note != "" {
		fmt.Fprintf(b, "  %s\n", p.Note)
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
