package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Unknown is the verdict on a statement that only the run can judge.
const Unknown = "unknown"

// A Plan is what "migguard plan" says: what a run would do now.
type Plan struct {
	Version  string  `json:"version"`
	App      string  `json:"app,omitempty"`
	Runner   string  `json:"runner"`
	Database string  `json:"database"` // without password
	Running  Running `json:"running"`
	// Rehearsed says that the statements are those that the runner has sent to a clone.
	Rehearsed bool `json:"rehearsed"`
	// Migrations are those that are pending, in their order.
	Migrations []Planned `json:"migrations"`
	Due        []Shim    `json:"due_shims"` // that a run would end before them
	Shims      []Shim    `json:"shims"`     // that stay
	Tasks      []Task    `json:"tasks"`     // that a run would do first
	// Refused, Unknown and Maintenance count statements.
	Refused     int `json:"refused"`
	Unknown     int `json:"unknown"`
	Maintenance int `json:"maintenance"`
}

// A Planned migration is one that is pending.
type Planned struct {
	File string `json:"file"`
	// Unread is why its statements are not known.
	Unread     string     `json:"unread,omitempty"`
	Statements []Foreseen `json:"statements"`
}

// A Foreseen statement is one that changes the schema, or may.
type Foreseen struct {
	Text    string   `json:"text"`
	Verdict string   `json:"verdict"` // Unknown, or a verdict of a run
	Hazards []Hazard `json:"hazards"`
	// Executed is SQL in its place, as far as it is known.
	Executed []string `json:"executed"`
	// Takes is how long the tasks that it leaves for after the commit may take.
	Takes *Span    `json:"takes,omitempty"`
	Notes []string `json:"notes,omitempty"`
	// Error, Detail and Hint are what the command would be told; of an unknown
	// verdict Detail is why it is.
	Error  string `json:"error,omitempty"`
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// A Span is how long something may take, guessed from a size. In JSON its ends are in
// seconds.
type Span struct {
	Least, Most time.Duration
	Of          string // the size
}

// MarshalJSON implements json.Marshaler.
func (s Span) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Least float64 `json:"least_seconds"`
		Most  float64 `json:"most_seconds"`
		Of    string  `json:"of"`
	}{s.Least.Seconds(), s.Most.Seconds(), s.Of})
}

// Plus is both, one after the other; nil is nothing.
func (s *Span) Plus(other *Span) *Span {
	if s == nil || other == nil {
		return cmp.Or(s, other)
	}
	return &Span{s.Least + other.Least, s.Most + other.Most, other.Of}
}

func (s Span) String() string {
	return fmt.Sprintf("after the commit, for some %v to %v (%s)", s.Least, s.Most, s.Of)
}

// Count fills in what the plan counts, and makes empty lists of nil ones.
func (p *Plan) Count() {
	p.Migrations, p.Due, p.Shims, p.Tasks = list(p.Migrations), list(p.Due), list(p.Shims), list(p.Tasks)
	for i, m := range p.Migrations {
		p.Migrations[i].Statements = list(m.Statements)
		if m.Unread != "" {
			p.Unknown++
		}
		for _, s := range m.Statements {
			switch s.Verdict {
			case Unknown:
				p.Unknown++
			case "refuse":
				p.Refused++
			case "maintenance":
				p.Maintenance++
			}
		}
	}
}

// WritePlan writes it for people.
func WritePlan(w io.Writer, p Plan) error {
	fmt.Fprintln(w, "RUNNING")
	if err := WriteRunning(w, p.Running); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nFIRST")
	for _, s := range p.Due {
		fmt.Fprintf(w, "dropped: %s of %s, which no code needs any more\n", s.Name, s.Release)
	}
	for _, t := range p.Tasks {
		fmt.Fprintf(w, "%s: %s of %s\n", t.Done, t.What, t.Release)
	}
	if len(p.Due)+len(p.Tasks) == 0 {
		fmt.Fprintln(w, "Nothing is due.")
	}
	if len(p.Shims) > 0 {
		fmt.Fprintln(w, "\nSHIMS")
		for _, s := range p.Shims {
			fmt.Fprintf(w, "%s of %s stays: %s\n", s.Name, s.Release, s.Waits)
		}
	}
	fmt.Fprintln(w, "\nPENDING")
	for _, m := range p.Migrations {
		if p.Rehearsed {
			m.File += ", as rehearsed"
		}
		writePlanned(w, m)
	}
	if len(p.Migrations) == 0 {
		none := "No migration is pending."
		if p.Rehearsed {
			none = "The command has changed no schema in the rehearsal."
		}
		fmt.Fprintln(w, none)
	}
	_, err := fmt.Fprintf(w, "\n%s\n", p.conclusion())
	return err
}

func writePlanned(w io.Writer, m Planned) {
	fmt.Fprintln(w, m.File)
	if m.Unread != "" {
		fmt.Fprintf(w, "  judged at the run: %s\n", m.Unread)
	}
	for _, s := range m.Statements {
		verdict := s.Verdict
		if verdict == Unknown {
			verdict = "at the run"
		}
		fmt.Fprintf(w, "  %-10s  %s\n", verdict, oneLine(s.Text))
		lines := []string{}
		switch s.Verdict {
		case "refuse":
			lines = []string{s.Error, "why   " + s.Detail, "help  " + s.Hint}
		case Unknown:
			lines = []string{s.Detail}
		default:
			for _, h := range s.Hazards {
				if !h.Unused && !h.Allowed {
					lines = append(lines, h.Message+" ("+h.ID+")")
				}
			}
			for _, sql := range s.Executed {
				lines = append(lines, "instead: "+oneLine(sql))
			}
		}
		if s.Takes != nil {
			lines = append(lines, s.Takes.String())
		}
		for _, line := range append(lines, s.Notes...) {
			fmt.Fprintf(w, "              %s\n", strings.ReplaceAll(line, "\n", "\n              "))
		}
	}
}

func (p Plan) conclusion() string {
	said := []string{"Nothing would be refused, as far as it is known."}
	if p.Refused > 0 {
		said = []string{count(p.Refused, "statement") + " would be refused."}
	}
	if p.Maintenance > 0 {
		said = append(said, count(p.Maintenance, "statement")+" would need maintenance mode.")
	}
	if p.Unknown > 0 {
		said = append(said, fmt.Sprintf("Only the run judges %d.", p.Unknown))
	}
	return strings.Join(said, " ")
}
