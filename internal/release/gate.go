package release

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/replay"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

// A gate is the guard's Gate of one run.
type gate struct {
	database  string // the one guarded; statements for others pass
	releaseID int64
	release   string // for people: "release v42"
	major     int
	policy    *judge.Policy
	existed   map[catalog.SymbolID]ddl.Name // what there was when the run began
	lockWait  time.Duration
	// cancelAfter is how long a query in the way may run; 0: none is cancelled.
	cancelAfter time.Duration
	code        []judge.Code // what runs; nil: all that was there is in use
	seen        *judge.Queries
	replay      *replay.Replay
	warnReplay  bool               // queries that fail are said, and refused nowhere
	next        *contract.Contract // of the code that is about to run; nil: unknown
	out         *report.Reporter

	mu         sync.Mutex
	harmless   map[string]bool    // names of functions that hide no change
	standing   map[string]bool    // names that shims' views have, or had
	replaced   map[uint32]bool    // shims that the run itself has taken down, or made anew
	parented   bool               // some shim is a partitioned table
	shimmed    map[uint32]bool    // tables that code knows by a shim's name, or with other columns' names
	made       map[string]bool    // relations this run has created, as it named them
	told       map[string]bool    // dangers that pass, each with the table of which that was said
	weighed    map[ddl.Shape]bool // texts that write few rows
	functions  map[string]bool    // names of functions it has created anew
	byHand     map[string]bool    // names of relations that LOCK TABLE names
	hidden     hiddenCode
	blurred    bool            // prepared statements may change what names mean, unseen
	own        *backends       // the guard's sessions
	path       *runnerPath     // where they look first; nil: nobody looks
	owes       map[string]bool // names of indexes to be built, and of their tables
	defers     bool            // something is there that a migration has dropped
	syncs      bool            // a column has a copy that is kept equal
	unkept     map[copied]bool // such that were not, when the run began
	withholds  bool            // something waits that a migration has asked for
	making     atomic.Int64    // ID of what has waited and is made; 0 in a command's run
	unfilled   []unfilledTable // rows get values there after the commit
	cache      map[string]inspected
	statements []report.Statement
	grown      chan struct{} // more of them for the ledger
	unlisted   int
	refused    int
	lockless   bool // gave up on a lock

	idle         bool // no code runs
	keeper       *keeper
	noPlatform   string // why the keeper has no machine
	unmaintained error  // why maintenance could not be had
	tasks        *tasks
	outside      *outside
}

// maxListed bounds the statements a run keeps for its report and the ledger.
// One takes about 1 kB here, and as much again when the run ends.
const maxListed = 50_000

// Act implements guard.Gate.
func (g *gate) Act(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
	p := st.Data.(plan)
	a := &act{gate: g, conn: c, plan: p, text: st.SQL, began: time.Now(), alone: c.TxStatus() == 'I'}
	if c.TxStatus() == 'E' {
		return c.Forward(ctx) // the server says why it ignores it
	}
	tag, err := "", a.knowQueries(ctx)
	if err == nil {
		tag, err = a.carryOut(ctx)
	}
	if err == nil && a.cleared != nil {
		if a.executed == nil {
			a.executed = []string{a.text}
		}
		a.executed = slices.Concat(a.cleared, a.executed)
	}
	if err == nil {
		err = a.checkKept(ctx)
	}
	if err == nil {
		err = a.trace(ctx)
	}
	if err == nil {
		err = a.lookForHidden(ctx)
	}
	err = a.unparented(g.dependent(err))
	if err != nil {
		g.forget()
	}
	if err == nil {
		a.unsaid()
	}
	w, watched := c.Witness().(*witness)
	if watched {
		w.excuse(a)
	}
	if a.plan.Alone && a.plan.Class == ddl.Schema {
		g.replay.Stale() // nobody has asked what queries do now
	}
	var waits *guard.Refusal
	if errors.As(err, &waits) && waits.Code == codeCopy {
		return tag, err // it comes again, when the copy is there
	}
	if err != nil || a.hasEffect() {
		place := g.add(a.finish(tag, err))
		if watched {
			w.last = place
		}
	}
	return tag, err
}

// Committed implements guard.Gate.
func (g *gate) Committed(ctx context.Context) {
	_ = g.tasks.all(ctx, true) // what failed is remembered, and ends the run
	g.replay.Stale()
}

// tooLong records the guard's own refusal of a message nobody has seen whole.
func (g *gate) tooLong(r *guard.Refusal) {
	g.add(report.Statement{Text: "(a statement too long to be looked at)", Verdict: string(judge.Refuse),
		Error: r.Message, Detail: r.Detail, Hint: r.Hint})
}

// hasEffect tells what belongs on record: not a query that was watched and
// turned out to be one.
func (a *act) hasEffect() bool {
	reads := a.plan.Class == ddl.Query || a.plan.Class == ddl.Copy
	return !reads || len(a.findings)+len(a.allowed)+len(a.unused)+len(a.said)+len(a.covered)+len(a.executed) > 0
}

// add puts a statement on record and returns its place there; -1 if it has none.
func (g *gate) add(s report.Statement) (place int) {
	s.Text = clip(runner.Masked(s.Text)) // it stays in logs and the ledger
	g.mu.Lock()
	s.Seq = len(g.statements) + g.unlisted + 1
	if s.Verdict == string(judge.Refuse) {
		g.refused++
	}
	if len(g.statements) < maxListed || s.Verdict != string(judge.Allow) {
		g.statements = append(g.statements, s)
		place = len(g.statements) - 1
		if len(g.statements)%recordedEach == 0 {
			select {
			case g.grown <- struct{}{}:
			default: // told already
			}
		}
	} else {
		g.unlisted++
		place = -1
	}
	g.mu.Unlock()
	g.out.Statement(s)
	return place
}

// clip bounds a text by what the ledger keeps of it. The ledger says how much
// is missing, so it gets one byte more than that; the copy lets the whole go.
func clip(text string) string {
	if len(text) <= ledger.MaxText {
		return text
	}
	return string([]byte(text[:ledger.MaxText])) + " …"
}

// hold remembers the name that a shim's view has, and its table.
func (g *gate) hold(name string, table uint32) {
	g.mu.Lock()
	g.standing[name] = true
	g.shimmed[table] = true
	g.mu.Unlock()
}

// replace remembers a shim that the run takes down, or makes anew.
func (g *gate) replace(shim uint32) {
	g.mu.Lock()
	g.replaced[shim] = true
	g.mu.Unlock()
}

// holds tells whether a shim may have that name in some schema.
func (g *gate) holds(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.standing[name]
}

// shims tells whether the view of any shim may stand.
func (g *gate) shims() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.standing) > 0
}

// An outcome is what the statements of a run came to.
type outcome struct {
	statements []report.Statement
	recorded   int // of them, in the ledger
	unlisted   int // more of them, all allowed
	refused    int
	lockless   bool // a lock could not be had
	// unmaintained is why maintenance mode could not be had.
	unmaintained error
}

func (g *gate) result() outcome {
	g.mu.Lock()
	defer g.mu.Unlock()
	return outcome{statements: g.statements, unlisted: g.unlisted, refused: g.refused, lockless: g.lockless, unmaintained: g.unmaintained}
}
