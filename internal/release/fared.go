package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
)

// codeBrokenQuery is the SQLSTATE of a transaction after which a query of running code
// does not pass.
const codeBrokenQuery = "MG058"

// fared is how queries fared that were replayed.
type fared struct {
	*witness
	asked     int // they passed before
	unsure    int // of these, or not known to have passed
	broken    []brokenQuery
	excused   []brokenQuery // a change of what they name is allowed
	weak      []brokenQuery // which code that is gone has sent
	returning []*replayed   // other columns than before, and sent since the last release
}

// hear takes what the server says of a query by the i-th path.
func (f *fared) hear(q *replayed, i int, path, returns string, err *guard.ServerError) {
	switch {
	case err == nil && returns != q.before[i].returns:
		if q.use.Recent == contract.Yes && !f.excuses(q) && !f.hasTold(q) {
			f.returning = append(f.returning, q)
		}
	case err == nil:
	case undecided(err.SQLState()):
		f.unsure++
	case !q.refuses():
		f.weak = append(f.weak, brokenQuery{q, path, err})
	case f.excuses(q):
		f.excused = append(f.excused, brokenQuery{q, path, err})
	default:
		f.broken = append(f.broken, brokenQuery{q, path, err})
	}
}

// asIs tells that every query does what it did.
func (f *fared) asIs() bool {
	return len(f.broken)+len(f.excused)+len(f.weak)+len(f.returning) == 0
}

// conclude says what was found, and refuses what breaks running code.
func (a *act) conclude(f fared) error {
	var passing []brokenQuery
	if a.replay.warn {
		passing, f.broken = f.broken, nil
	}
	a.sayOf("a query of the code that is still running fails from now on, and replay = \"warn\" lets it", passing)
	a.sayOf("a query of the code that is still running fails from now on, by what an exception or maintenance mode allows", f.excused)
	a.sayOf("a query would fail from now on that code which is gone has sent", f.weak)
	if len(f.returning) > 0 {
		a.notes = append(a.notes, fmt.Sprintf("a query returns other columns from now on, and fails once in each session that has prepared it (0A000)%s: %s",
			among(len(f.returning)), f.returning[0].seen()))
	}
	if f.unsure > 0 {
		a.notes = append(a.notes, fmt.Sprintf("not replayed: %d of the queries that name what the transaction has changed (%v were over, or a lock was in the way)", f.unsure, a.replay.budget))
	}
	if len(f.broken) == 0 {
		return nil
	}
	r := &guard.Refusal{Code: codeBrokenQuery,
		Message: "a query of the code that is still running fails after this transaction: " + f.broken[0].reason(),
		Detail:  "It is " + spokenQueries(f.broken) + ". That is so when the transaction is about to commit, which is rolled back instead; before, it passes.",
		Hint:    "Keep what the query needs until no code that runs sends it. "}
	if slices.ContainsFunc(f.broken, func(b brokenQuery) bool { return b.use.Origin == contract.Query }) {
		r.Hint += "If code that is gone has sent it, let the database forget it: " + a.seen.Forget + ". "
	}
	r.Hint += "What an exception ([[allow]]) lets a statement do is only said, and with replay = \"warn\" all is."
	return r
}

// sayOf says which queries fail.
func (a *act) sayOf(what string, broken []brokenQuery) {
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

func spokenQueries(broken []brokenQuery) string {
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

// excuses tells a query that a change may break which is allowed: of what the query
// names, or of a function and the like whose name is in it.
func (w *witness) excuses(q *replayed) bool {
	return slices.ContainsFunc(w.excused, func(f hazard.Finding) bool {
		if f.Hazard.Kind != hazard.BreaksCode || f.Hazard.Tolerable || f.Hazard.Passing { // none fails in analysis
			return false
		}
		for _, r := range w.relations {
			if r.isCalled(f.Relation) {
				return q.names(r.name, f.Column)
			}
		}
		_, name, _ := strings.Cut(f.Relation, ".")
		return strings.Contains(q.question.SQL, name)
	})
}

// hasTold tells a query of a relation of which it was said that its prepared
// statements fail once.
func (w *witness) hasTold(q *replayed) bool {
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	for _, r := range w.relations {
		if w.gate.told[r.name.String()] && q.names(r.name, "") {
			return true
		}
	}
	return false
}
