package report

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/migguard/migguard/internal/contract"
)

// A Run is what "migguard run" did, for --report and --format json. Its JSON
// form is documented in docs/json.md.
type Run struct {
	Version    string
	App        string
	Release    string
	Build      string
	Runner     string
	Database   string // without password
	Outcome    string
	Exit       int
	Reason     string // why it ended so, unless it succeeded
	Started    time.Time
	Duration   time.Duration
	Statements []Statement
	Running    Running
	Shims      []Shim // that stand at the end
	Dropped    []Shim // by this run
	Tasks      []Task // that this run did, or tried
	Exceptions []Exception
	Missing    []contract.Need // that models of the build name, and that are not there
}

// A Shim is one that stands, or stood.
type Shim struct {
	// ID is what "migguard shims" takes for it: kinds that the ledger keeps apart
	// have numbers of their own.
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`     // the view, or what stays though it is dropped
	Relation string `json:"relation"` // the table it shows, or belongs to
	// Waits is what a deferred drop waits for, as far as this run has asked.
	Waits   string    `json:"waits_for,omitempty"`
	Release string    `json:"release"` // that made it
	Build   string    `json:"build,omitempty"`
	Created time.Time `json:"created_at"`
	Age     string    `json:"age"`
	// Overdue: it should have gone by now.
	Overdue bool `json:"overdue,omitempty"`
	// Help says how people end what is overdue, where they can.
	Help string `json:"help,omitempty"`
}

type runJSON struct {
	Version    string          `json:"version"`
	App        string          `json:"app,omitempty"`
	Release    string          `json:"release,omitempty"`
	Build      string          `json:"build,omitempty"`
	Runner     string          `json:"runner"`
	Database   string          `json:"database"`
	Outcome    string          `json:"outcome"`
	Exit       int             `json:"exit_status"`
	Reason     string          `json:"reason,omitempty"`
	Started    time.Time       `json:"started_at"`
	DurationMS float64         `json:"duration_ms"`
	Running    Running         `json:"running"`
	Statements []statementJSON `json:"statements"`
	Shims      []Shim          `json:"shims"`
	Dropped    []Shim          `json:"dropped_shims"`
	Tasks      []Task          `json:"tasks"`
	Exceptions []Exception     `json:"exceptions"`
	Missing    []contract.Need `json:"missing"`
}

type statementJSON struct {
	Seq        int      `json:"seq"`
	Text       string   `json:"text"`
	Tag        string   `json:"tag,omitempty"`
	Verdict    string   `json:"verdict"`
	Changes    any      `json:"changes"`
	Hazards    []Hazard `json:"hazards"`
	Executed   []string `json:"executed"`
	Locks      []*Lock  `json:"locks"`
	Notes      []string `json:"notes,omitempty"`
	DurationMS float64  `json:"duration_ms"`
	Error      string   `json:"error,omitempty"`
	Detail     string   `json:"detail,omitempty"`
	Hint       string   `json:"hint,omitempty"`
}

// MarshalJSON writes durations in milliseconds and empty lists as lists.
func (r Run) MarshalJSON() ([]byte, error) {
	doc := runJSON{
		Version: r.Version, App: r.App, Release: r.Release, Build: r.Build,
		Runner: r.Runner, Database: r.Database, Outcome: r.Outcome, Exit: r.Exit,
		Reason: r.Reason, Running: r.Running, Started: r.Started.UTC(), DurationMS: ms(r.Duration),
		Statements: make([]statementJSON, 0, len(r.Statements)),
		Shims:      list(r.Shims), Dropped: list(r.Dropped), Tasks: list(r.Tasks),
		Exceptions: list(r.Exceptions), Missing: list(r.Missing),
	}
	for _, s := range r.Statements {
		doc.Statements = append(doc.Statements, statementJSON{
			Seq: s.Seq, Text: s.Text, Tag: s.Tag, Verdict: s.Verdict,
			Changes: s.Changes, Hazards: list(s.Hazards), Executed: list(s.Executed), Locks: list(s.Locks), Notes: s.Notes,
			DurationMS: ms(s.Duration), Error: s.Error, Detail: s.Detail, Hint: s.Hint,
		})
	}
	// json.Marshal would write < and > as escapes, and SQL is full of them.
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(doc)
	return b.Bytes(), err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
