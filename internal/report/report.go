// Package report turns what a run did into what people and programs read: one
// line per event while it happens, a summary and a JSON document at its end.
// Every sentence a user reads that is not an error is written here. It decides
// nothing.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// A Statement is what was done to one statement of the runner.
type Statement struct {
	Seq      int
	Text     string
	Tag      string // as the runner was answered; empty after an error
	Verdict  string
	Changes  any // marshals to an array
	Hazards  []Hazard
	Executed []string // SQL in its place; empty: the statement itself
	Locks    []*Lock  // it has taken, of those that queries do not take
	Notes    []string // for people
	Duration time.Duration
	Error    string // what the runner was told
	Detail   string
	Hint     string
}

// A Hazard is one finding.
type Hazard struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Relation string `json:"relation"`
	Column   string `json:"column,omitempty"`
	Message  string `json:"message"`
	Evidence string `json:"evidence"`
	// Allowed says that it was let pass: by an exception or the policy, for
	// the Reason that this gives.
	Allowed   bool   `json:"allowed,omitempty"`
	AllowedBy string `json:"allowed_by,omitempty"`
	Reason    string `json:"reason,omitempty"`
	// Said: it was let pass, and told, as each session meets it once.
	Said bool `json:"said,omitempty"`
	// Unused: no code that runs needs it, says its contract.
	Unused bool `json:"unused,omitempty"`
}

// A Reporter writes a run's events, each a line of its own with the prefix
// "migguard: ", as a release log needs it.
type Reporter struct {
	mu      sync.Mutex
	w       io.Writer
	bold    string
	reset   string
	verbose bool
}

// New returns a Reporter that writes to w, in colour when that is wanted.
func New(w io.Writer, color, verbose bool) *Reporter {
	r := &Reporter{w: w, verbose: verbose}
	if color {
		r.bold, r.reset = "\x1b[1m", "\x1b[0m"
	}
	return r
}

// Color tells whether f is a terminal that wants colour (no-color.org).
func Color(f *os.File, off bool) bool {
	if off || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Line writes one event.
func (r *Reporter) Line(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	fmt.Fprintf(r.w, "migguard: %s\n", strings.ReplaceAll(text, "\n", "\n          "))
}

// Statement writes what was done to a statement, unless it simply ran.
func (r *Reporter) Statement(s Statement) {
	if s.Verdict != "refuse" && s.Error == "" {
		r.allowed(s)
	}
	switch {
	case s.Verdict == "refuse":
		r.Line("%srefused%s  %s\n%s\nwhy   %s\nhelp  %s", r.bold, r.reset, oneLine(s.Text), s.Error, s.Detail, s.Hint)
	case s.Error != "":
		return // the runner prints it
	case s.Verdict == "shim", s.Verdict == "rewrite":
		r.Line("%s%s%s  %s\n%s", r.bold, past[s.Verdict], r.reset, oneLine(s.Text), strings.Join(s.Notes, "\n"))
	default:
		for _, n := range s.Notes {
			r.Line("%s", n)
		}
		if r.verbose {
			r.Line("ran      %s (%s)", oneLine(s.Text), round(s.Duration))
		}
	}
}

func objectName(h Hazard) string {
	if h.Column == "" {
		return h.Relation
	}
	return h.Relation + "." + h.Column
}

// Waiting tells that a statement does not get its lock, and who is in the way,
// as far as that is known.
func (r *Reporter) Waiting(text string, wait time.Duration, inTheWay []string) {
	r.Line("waiting  %s\nanother transaction uses the table; trying again for up to %v", oneLine(text), round(wait))
	for _, who := range inTheWay {
		r.Line("in the way: %s", oneLine(who))
	}
}

// Cancelled tells of a query that was cancelled because it was in the way.
func (r *Reporter) Cancelled(who string, after time.Duration) {
	r.Line("cancelled a query that ran for more than %v: %s", round(after), oneLine(who))
}

// lineLength bounds a statement in a line of the log, in bytes.
const lineLength = 120

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= lineLength {
		return s
	}
	cut := lineLength
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + " ..."
}

// round leaves three digits of a duration.
func round(d time.Duration) time.Duration {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond)
	case d < time.Second:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(10 * time.Millisecond)
}

// WriteJSON writes one indented document.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
