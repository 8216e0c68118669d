package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Lock is one that a statement has taken and its transaction has kept.
type Lock struct {
	Mode     string // in PostgreSQL's words
	Relation string
	// Held is from when the statement asked for it to the transaction's end.
	Held time.Duration
	// Rewritten: the relation has another file since.
	Rewritten bool
	// Unexpected: the statement's text did not foretell the lock, or that the
	// relation is written anew.
	Unexpected bool
}

// MarshalJSON writes the time in milliseconds.
func (l Lock) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Mode       string  `json:"mode"`
		Relation   string  `json:"relation"`
		MS         float64 `json:"ms"`
		Rewritten  bool    `json:"rewritten,omitempty"`
		Unexpected bool    `json:"unexpected,omitempty"`
	}{l.Mode, l.Relation, ms(l.Held), l.Rewritten, l.Unexpected})
}

// blocking are the modes that stop reads or writes, the strongest first.
var blocking = []string{"ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE"}

// StrongestFirst orders locks: those not foretold, then by their mode, and by name.
func StrongestFirst(a, b Lock) int {
	switch {
	case a.Unexpected != b.Unexpected && a.Unexpected:
		return -1
	case a.Unexpected != b.Unexpected:
		return 1
	}
	if c := slices.Index(blocking, a.Mode) - slices.Index(blocking, b.Mode); c != 0 {
		return c
	}
	return strings.Compare(a.Relation, b.Relation)
}

// NotForetold is said of locks that no statement was said to take: code that the
// texts do not show took them, or migguard is wrong about a statement.
const NotForetold = " (not foretold)"

// heldNamed bounds the relations in a line.
const heldNamed = 3

// Held tells, in one line, which locks that stop reads or writes a transaction has
// held, of code that runs.
func (r *Reporter) Held(locks []Lock) {
	if len(locks) == 0 {
		return
	}
	var texts []string
	for _, l := range locks[:min(len(locks), heldNamed)] {
		text := fmt.Sprintf("%s of %s for %v", l.Mode, l.Relation, round(l.Held))
		if l.Unexpected {
			text += NotForetold
		}
		texts = append(texts, text)
	}
	if more := len(locks) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("%d more", more))
	}
	r.Line("held     %s", strings.Join(texts, ", "))
}
