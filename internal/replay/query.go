package replay

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/seen"
)

// A Query is one that the database has seen, or that stands in the source.
type Query struct {
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

// indirect matches what a server does not analyse before it runs.
var indirect = regexp.MustCompile(`(?is)^(?:\s+|/\*.*?\*/|--[^\n]*\n)*(?:truncate|lock|copy|prepare)\b`)

// queryOf is a query as it is to be replayed; nil: it is of the server's or migguard's
// own tables, or nothing that can be analysed.
func queryOf(sent seen.Query) *Query {
	if len(sent.Relations) == 0 && len(sent.Uses.Needs) > 0 {
		return nil
	}
	text, use := sent.Text, sent.Use
	if len(use.At.Text) > shownQuery {
		use.At.Text = strings.ToValidUTF8(use.At.Text[:shownQuery], "") + " …"
	}
	q := &Query{use: use, relations: sent.Relations, question: guard.Question{SQL: text}}
	if indirect.MatchString(text) {
		var err error
		if q.question.SQL, err = ddl.Analysable(text); err != nil {
			return nil
		}
	} else {
		q.other = text
	}
	for _, n := range sent.Uses.Needs {
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
func (q *Query) otherwise(code string) bool {
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
func (q *Query) refuses() bool { return q.use.Recent != contract.No }

// touches tells whether the query names one of some relations.
func (q *Query) touches(all []ddl.Name) bool {
	return slices.ContainsFunc(q.relations, func(r contract.Relation) bool {
		return slices.ContainsFunc(all, func(n ddl.Name) bool { return isCalled(r.Name, n) })
	})
}

// isCalled tells whether a query's name can be a relation's.
func isCalled(n contract.Name, relation ddl.Name) bool {
	return n.Name == relation.Name && (n.Schema == "" || relation.Schema == "" || n.Schema == relation.Schema)
}

// Names tells whether the query may use a column of a relation; an empty one is any.
func (q *Query) Names(relation ddl.Name, column string) bool {
	return slices.ContainsFunc(q.relations, func(r contract.Relation) bool {
		return isCalled(r.Name, relation) && (column == "" || slices.ContainsFunc(r.Uses, func(u contract.Use) bool {
			return u.Star || u.Reads.Has(column) || u.Updates.Has(column) || u.Inserts.Has(column)
		}))
	})
}

// IsPrepared tells a query that SQL's own PREPARE has prepared.
func (q *Query) IsPrepared() bool { return q.use.Prepared }

// Mentions tells whether something's name may be in the query.
func (q *Query) Mentions(name string) bool { return strings.Contains(q.question.SQL, name) }

// IsCounted tells a query that the database has seen.
func (q *Query) IsCounted() bool { return q.use.Origin == contract.Query }

// isAsked tells whether the query is asked about by the i-th path.
func (q *Query) isAsked(i int) bool { return q.asked == nil || q.asked[i] }

// fails tells a text of the source that has failed by the i-th path when the run first
// asked: what does not work before, no migration breaks, though one may make what it
// names, and another take that away again. Nor does a server log the failure again.
func (q *Query) fails(i int) bool {
	return q.use.Origin == contract.SQL && q.before[i].known && !q.before[i].passes
}

// first is the first path by which the query is asked about: what is known by one path
// holds for the question that was asked there.
func (q *Query) first() int { return max(slices.Index(q.asked, true), 0) }

// Seen says where the query is known from.
func (q *Query) Seen() string {
	if q.use.Origin != contract.SQL {
		return q.use.Seen()
	}
	return fmt.Sprintf("SQL at %s:%d of %s (%s)", q.use.At.File, q.use.At.Line, strings.Join(q.of, ", "), q.use.At.Text)
}
