package report

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// The states of a task.
const (
	TaskOwed = "owed"
	TaskDone = "done"
)

// A Task is work that a committed migration owes, or owed.
type Task struct {
	ID       int64
	Kind     string
	Relation string // the table
	Object   string // the index, constraint or column, unquoted
	SQL      string
	Release  string // that owes it
	State    string
	Duration time.Duration // of the last try; 0: not tried by this run
	Error    string        // why it is owed still

	// What it is about, and what was done to that, for people: "index x",
	// "built", "while others could write".
	What, Done, Meanwhile string
}

// MarshalJSON writes the duration in milliseconds.
func (t Task) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID         int64   `json:"id"`
		Kind       string  `json:"kind"`
		Relation   string  `json:"relation"`
		Object     string  `json:"object"`
		SQL        string  `json:"sql"`
		Release    string  `json:"release"`
		State      string  `json:"state"`
		DurationMS float64 `json:"duration_ms,omitempty"`
		Error      string  `json:"error,omitempty"`
	}{t.ID, t.Kind, t.Relation, t.Object, t.SQL, t.Release, t.State, ms(t.Duration), t.Error})
}

// Task writes that one is done, or why it came to nothing.
func (r *Reporter) Task(t Task, note string) {
	if note != "" {
		r.Line("%s of %s is not %s: %s", t.What, t.Release, t.Done, note)
		return
	}
	r.Line("%s%-8s%s %s on %s in %v, %s", r.bold, t.Done, r.reset, t.What, t.Relation, round(t.Duration), t.Meanwhile)
}

// Tasks writes a table of what is owed.
func Tasks(w io.Writer, tasks []Task) error {
	if len(tasks) == 0 {
		_, err := fmt.Fprintln(w, "Nothing is owed.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tKIND\tOBJECT\tTABLE\tOWED BY\tLAST TRY")
	for _, task := range tasks {
		last := task.Error
		if last == "" {
			last = "-"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s\n", task.ID, task.Kind, task.Object, task.Relation, task.Release, oneLine(last))
	}
	return t.Flush()
}
