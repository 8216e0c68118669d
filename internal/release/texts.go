package release

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/runner"
)

// sourceQueries are the texts of the source of code that runs, each once, to be asked
// about by the paths of the builds that have it. They refuse whether a database has
// seen them or not: code that is gone has none here.
func sourceQueries(code []judge.Code, path string) (queries []*replayed) {
	paths, known := pathsOf(code, path), map[string]*replayed{}
	for _, c := range code {
		if c.Contract == nil {
			continue
		}
		for _, t := range c.Contract.Texts {
			q, ok := known[t.SQL]
			if !ok {
				if q = sourceQuery(t); q != nil {
					q.asked = make([]bool, len(paths))
					queries = append(queries, q)
				}
				known[t.SQL] = q
			}
			if q != nil {
				q.asked[slices.Index(paths, pathOf(c, path))] = true
				q.of = append(q.of, c.Name)
			}
		}
	}
	return queries
}

// sourceQuery is a text as it is to be replayed; nil: there is nothing to ask.
func sourceQuery(t contract.Text) *replayed {
	uses, err := ddl.NeedsOf(t.SQL)
	if err != nil {
		return nil
	}
	at := t.At
	at.Text = runner.Masked(strings.Join(strings.Fields(t.SQL), " "))
	use := contract.Use{Origin: contract.SQL, At: at}
	return replayable(t.SQL, uses, relationsOf(uses, use), use)
}

// textsLeft counts the queries of the source of code that its contract leaves out.
func textsLeft(c judge.Code) (n int) {
	if c.Contract != nil {
		for _, s := range c.Contract.Sources {
			n = max(n, s.TextsLeft) // several scans are of the same source
		}
	}
	return n
}

// isAsked tells whether the query is asked about by the i-th path.
func (q *replayed) isAsked(i int) bool { return q.asked == nil || q.asked[i] }

// fails tells a text of the source that has failed by the i-th path when the run first
// asked: what does not work before, no migration breaks, though one may make what it
// names, and another take that away again. Nor does a server log the failure again.
func (q *replayed) fails(i int) bool {
	return q.use.Origin == contract.SQL && q.before[i].known && !q.before[i].passes
}

// first is the first path by which the query is asked about: what is known by one path
// holds for the question that was asked there.
func (q *replayed) first() int { return max(slices.Index(q.asked, true), 0) }

// seen says where the query is known from.
func (q *replayed) seen() string {
	if q.use.Origin != contract.SQL {
		return q.use.Seen()
	}
	return fmt.Sprintf("SQL at %s:%d of %s (%s)", q.use.At.File, q.use.At.Line, strings.Join(q.of, ", "), q.use.At.Text)
}
