package maintenance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ledger"
)

// A Decision is what becomes of maintenance after a run that did not succeed.
type Decision struct {
	Stay bool
	Why  string // a clause
	// Commands mend what the decision leaves: one line each, ready to be
	// pasted. Empty unless Stay.
	Commands []string
}

// Decide says what becomes of the maintenance of a run that did not succeed.
// committed tells that a part of its migration was; breaks are the ledger's.
// What breaks the running code decides, not how the run ended: without a break
// the code that ran before fits the schema, so its requests are let in again.
func Decide(p ledger.Period, committed bool, breaks []ledger.Break) Decision {
	switch {
	case len(breaks) > 0:
		return Decision{
			Stay:     true,
			Why:      "the running code does not survive what was committed: " + listBreaks(breaks),
			Commands: OffCommands(p),
		}
	case committed:
		return Decision{Why: "a part was committed, and the running code still fits the schema"}
	}
	return Decision{Why: "nothing was committed"}
}

// OffCommands turn maintenance off and restore the formation: by migguard, or,
// without it, by Heroku's own.
func OffCommands(p ledger.Period) []string {
	commands := []string{"migguard maintenance off --app " + p.App}
	if scale := Restore(p); scale != "" {
		commands = append(commands, "heroku ps:scale "+strings.ReplaceAll(scale, ",", " ")+" --app "+p.App)
	}
	return append(commands, "heroku maintenance:off --app "+p.App)
}

// Restore are the quantities of the stopped types before, as "off --restore"
// takes them: "clock=1,worker=2". It is empty when none was stopped.
func Restore(p ledger.Period) string {
	var parts []string
	for _, t := range slices.Sorted(slices.Values(p.Stopped)) {
		parts = append(parts, fmt.Sprintf("%s=%d", t, p.Formation[t]))
	}
	return strings.Join(parts, ",")
}

// listBreaks names each hazard with its relations and columns once.
func listBreaks(breaks []ledger.Break) string {
	seen := map[string]bool{}
	for _, b := range breaks {
		seen[b.String()] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), ", ")
}
