package release

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
)

// Replay has the server analyse the queries of running code before a transaction
// changes the schema, and once more when it is about to commit. Nothing of them is
// executed.
const (
	// replayBudget bounds the analysis before a commit: strong locks are held.
	replayBudget = 200 * time.Millisecond
	// knowBudget bounds that before the transaction's first gated statement.
	knowBudget = 2 * time.Second
)

// A replay is what queries of running code do. Its fields but those under mu do not
// change.
type replay struct {
	queries []*replayed // those that may refuse first, then the most called
	paths   []string    // each search_path that sessions of running code have
	warn    bool        // what fails is said, and refused nowhere
	budget  time.Duration
	ahead   time.Duration

	mu    sync.Mutex // held while it is looked at
	known bool       // how the queries fare now
}

// A replayed is a query that the database has seen, or that stands in the source.
type replayed struct {
	use       contract.Use // with its calls and text, of no relation
	of        []string     // the builds in whose source it stands
	asked     []bool       // by which of the paths; nil: by all
	relations []contract.Relation
	question  guard.Question
	other     string // way to ask it, where the server does not take this one; "": none
	byRule    bool   // the question only has the same tables and columns
	before    []fate // by each of the paths
}

// A fate is what the server makes of a query. The zero fate is not known.
type fate struct {
	known, passes bool
	returns       string
}

// shownQuery is how much of a query's text is shown, in bytes.
const shownQuery = 500

// utility matches what needs tables, and is no evidence of columns.
var utility = regexp.MustCompile(`(?is)^(?:\s+|/\*.*?\*/|--[^\n]*\n)*(?:truncate|lock)\b`)

// dumped matches what pg_dump sends of each table, with the role of an application often:
// the lock before it reads, and COPY by which it names every column, in a form that others
// hardly write (dumpTableData_copy, src/bin/pg_dump/pg_dump.c).
var dumped = regexp.MustCompile(`(?s)^(?i:copy) \S.*\..* \(.*\) (?i:to) stdout;?$|(?i)^(?:\s+|/\*.*?\*/|--[^\n]*\n)*lock\b.*\bin\s+access\s+share\s+mode(?:\s+nowait)?\s*;?\s*$`)

// indirect matches what a server does not analyse before it runs.
var indirect = regexp.MustCompile(`(?is)^(?:\s+|/\*.*?\*/|--[^\n]*\n)*(?:truncate|lock|copy|prepare)\b`)

// replayable is a query as it is to be replayed; nil: it is of the server's or
// migguard's own tables, or nothing that can be analysed.
func replayable(text string, uses ddl.Uses, relations []contract.Relation, use contract.Use) *replayed {
	if len(relations) == 0 && len(uses.Needs) > 0 {
		return nil
	}
	if len(use.At.Text) > shownQuery {
		use.At.Text = strings.ToValidUTF8(use.At.Text[:shownQuery], "") + " …"
	}
	q := &replayed{use: use, relations: relations, question: guard.Question{SQL: text}}
	if indirect.MatchString(text) {
		var err error
		if q.question.SQL, err = ddl.Analysable(text); err != nil {
			return nil
		}
	} else {
		q.other = text
	}
	for _, n := range uses.Needs {
		q.question.Planned = q.question.Planned || len(n.Arbiters) > 0
		q.byRule = q.byRule || n.OnTable == "COPY" || strings.HasSuffix(n.OnTable, "TRUNCATE")
	}
	q.question.Parameters = ddl.Parameters(text)
	// Bind has 16 bits for their number.
	q.question.Planned = q.question.Planned && q.question.Parameters < 1<<15
	return q
}

// otherwise changes the question to another that the server may take, once for each
// way there is: written anew, or without planning, where a parameter's type takes no
// NULL.
func (q *replayed) otherwise(code string) bool {
	switch {
	case code == codeSyntaxError && q.other != "":
		sql, err := ddl.Analysable(q.other)
		q.other = ""
		if err != nil || sql == q.question.SQL {
			return false
		}
		q.question.SQL = sql
		return true
	case q.question.Planned && !strings.HasPrefix(code, "42"):
		q.question.Planned = false
		return true
	}
	return false
}

// refuses tells a query that no transaction may break: it may be that of code that
// runs.
func (q *replayed) refuses() bool { return q.use.Recent != contract.No }

// touches tells whether the query names one of some relations.
func (q *replayed) touches(all []ddl.Name) bool {
	return slices.ContainsFunc(q.relations, func(r contract.Relation) bool {
		return slices.ContainsFunc(all, func(n ddl.Name) bool { return isCalled(r.Name, n) })
	})
}

// isCalled tells whether a query's name can be a relation's.
func isCalled(n contract.Name, relation ddl.Name) bool {
	return n.Name == relation.Name && (n.Schema == "" || relation.Schema == "" || n.Schema == relation.Schema)
}

// names tells whether the query may use a column of a relation; an empty one is any.
func (q *replayed) names(relation ddl.Name, column string) bool {
	return slices.ContainsFunc(q.relations, func(r contract.Relation) bool {
		return isCalled(r.Name, relation) && (column == "" || slices.ContainsFunc(r.Uses, func(u contract.Use) bool {
			return u.Star || u.Reads.Has(column) || u.Updates.Has(column) || u.Inserts.Has(column)
		}))
	})
}

// replay is that of a run, of what the database has seen and of what stands in the
// source. path is the search_path that the application's sessions have by themselves.
func (r *Run) replay(path string) *replay {
	p := &replay{warn: r.WarnReplay, budget: replayBudget, ahead: knowBudget, paths: pathsOf(r.codeRuns, path)}
	all := sourceQueries(r.codeRuns, path)
	if r.counted != nil {
		all = slices.Concat(r.counted.replayed, all)
	}
	p.queries = slices.SortedStableFunc(slices.Values(all), func(a, b *replayed) int {
		if a.refuses() != b.refuses() {
			if a.refuses() {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.use.Calls, a.use.Calls)
	})
	for _, q := range p.queries {
		q.before = make([]fate, len(p.paths))
	}
	return p
}

// pathsOf are the search paths by which code sees the schema. Temporary tables are
// the session's own, so they come last.
func pathsOf(code []judge.Code, path string) (paths []string) {
	for _, c := range code {
		if its := pathOf(c, path); !slices.Contains(paths, its) {
			paths = append(paths, its)
		}
	}
	return paths
}

// pathOf is by which path one build's sessions see it.
func pathOf(c judge.Code, path string) string {
	its := "pg_temp"
	if path != "" {
		its = path + ", " + its
	}
	if c.Overlay != "" {
		its = c.Overlay + ", " + its
	}
	return its
}

// ofPath says whose sessions find something by a path.
func ofPath(path string) string {
	if first := pg.FirstSchema(path); pg.LeadsToOverlay(path) {
		return " in a session that looks into " + first + " first"
	}
	return ""
}

// stale says that something may have changed what queries do.
func (p *replay) stale() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = false
}

// A brokenQuery is one that passed before, and why it does not now.
type brokenQuery struct {
	*replayed
	path string
	why  *guard.ServerError
}

// reason is the server's, or what that means for a query that was asked in another
// form.
func (b brokenQuery) reason() string {
	if code := b.why.SQLState(); b.byRule && code != codeUndefinedTable && code != codeUndefinedColumn {
		return "what it names is no table any more"
	}
	return fmt.Sprintf("%s (%s)", b.why.Response.Message, b.why.SQLState())
}

func (b brokenQuery) String() string {
	return b.seen() + ": " + b.reason() + ofPath(b.path)
}
