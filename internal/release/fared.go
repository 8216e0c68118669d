package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/replay"
)

// codeBrokenQuery is the SQLSTATE of a transaction after which a query of running code
// does not pass.
const codeBrokenQuery = "MG058"

// conclude says what was found, and refuses what breaks running code.
func (a *act) conclude(f replay.Fared) error {
	var passing []replay.Broken
	if a.warnReplay {
		passing, f.Broken = f.Broken, nil
	}
	a.sayOf("a query of the code that is still running fails from now on, and replay = \"warn\" lets it", passing)
	a.sayOf("a query of the code that is still running fails from now on, by what an exception or maintenance mode allows", f.Excused)
	a.sayOf("a query would fail from now on that code which is gone has sent", f.Weak)
	if judge.Unprepared(a.code) {
		f.Returning = slices.DeleteFunc(f.Returning, func(q *replay.Query) bool { return !q.IsPrepared() })
	}
	if len(f.Returning) > 0 {
		a.notes = append(a.notes, fmt.Sprintf("a query returns other columns from now on, and fails once in each session that has prepared it (0A000)%s: %s",
			among(len(f.Returning)), f.Returning[0].Seen()))
	}
	if f.Unsure > 0 {
		a.notes = append(a.notes, fmt.Sprintf("not replayed: %d of the queries that name what the transaction has changed (%v were over, or a lock was in the way)", f.Unsure, a.replay.Budget))
	}
	if len(f.Broken) == 0 {
		return nil
	}
	r := &guard.Refusal{Code: codeBrokenQuery,
		Message: "a query of the code that is still running fails after this transaction: " + f.Broken[0].Reason(),
		Detail:  "It is " + spokenQueries(f.Broken) + ". That is so when the transaction is about to commit, which is rolled back instead; before, it passes.",
		Hint:    "Keep what the query needs until no code that runs sends it. "}
	if slices.ContainsFunc(f.Broken, func(b replay.Broken) bool { return b.IsCounted() }) {
		r.Hint += "If code that is gone has sent it, let the database forget it: " + a.seen.Forget + ". "
	}
	r.Hint += "What an exception ([[allow]]) lets a statement do is only said, and with replay = \"warn\" all is."
	return r
}

// sayOf says which queries fail.
func (a *act) sayOf(what string, broken []replay.Broken) {
	if len(broken) > 0 {
		a.notes = append(a.notes, what+": "+spokenQueries(broken))
	}
}

func among(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", one of %d", n)
}

// shownQueries bounds those that a message shows.
const shownQueries = 3

func spokenQueries(broken []replay.Broken) string {
	var said []string
	for i, b := range broken {
		if i == shownQueries {
			said = append(said, fmt.Sprintf("and %d more", len(broken)-shownQueries))
			break
		}
		said = append(said, b.String())
	}
	return strings.Join(said, "; ")
}

// excuse remembers what an act was allowed to break.
func (w *witness) excuse(a *act) {
	for _, f := range a.allowed {
		w.excused = append(w.excused, f.Finding)
	}
	w.excused = append(w.excused, a.broken...)
}

// Excuses implements replay.Allowed, for a change of what the query names, or of a
// function and the like whose name is in it.
func (w *witness) Excuses(q *replay.Query) bool {
	return slices.ContainsFunc(w.excused, func(f hazard.Finding) bool {
		if f.Hazard.Kind != hazard.BreaksCode || f.Hazard.Tolerable || f.Hazard.Passing { // none fails in analysis
			return false
		}
		for _, r := range w.relations {
			if r.isCalled(f.Relation) {
				return q.Names(r.name, f.Column)
			}
		}
		_, name, _ := strings.Cut(f.Relation, ".")
		return q.Mentions(name)
	})
}

// HasTold implements replay.Allowed.
func (w *witness) HasTold(q *replay.Query) bool {
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	for _, r := range w.relations {
		if w.gate.told[r.name.String()] && q.Names(r.name, "") {
			return true
		}
	}
	return false
}
