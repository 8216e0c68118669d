package release

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/runner"
)

// evident matches a query that shows what code uses: not DDL.
var evident = regexp.MustCompile(`(?is)^(?:\s+|/\*.*?\*/|--[^\n]*\n|\()*(?:select|insert|update|delete|merge|with|prepare|declare|copy|truncate)\b`)

// seenQueries is the evidence that the database has of what code uses; nil where
// there is no contract that it could correct. Thousands of texts may have to be
// parsed for it, so that is done once.
func (r *Run) seenQueries() *judge.Queries {
	if r.counted == nil || len(r.codeRuns) == 0 {
		return nil
	}
	if r.counted.queries == nil {
		r.counted.queries = r.readQueries()
	}
	return r.counted.queries
}

func (r *Run) readQueries() *judge.Queries {
	c := r.counted
	if c.why != "" {
		return &judge.Queries{Contract: &contract.Contract{}, Blind: "which queries the database has seen is not known: " + c.why,
			Known: "Queries that the database has seen are not known: " + c.why + "."}
	}
	var relations, earlier []contract.Relation
	var unread []string
	asked, old, long := 0, 0, 0
	for _, q := range c.seen.Queries {
		calls, recent := c.calls(q)
		shows := evident.MatchString(q.Text) || q.Text == ""
		if calls <= 0 || !shows && !utility.MatchString(q.Text) || dumped.MatchString(q.Text) {
			continue
		}
		gone := recent == contract.No // code that is gone has sent it
		if shows && gone {
			old++
		}
		if q.Text == "" {
			if !gone || c.young {
				long++
			}
			continue
		}
		text := runner.Masked(strings.Join(strings.Fields(q.Text), " ")) // before 16, DECLARE keeps its constants
		uses, err := ddl.NeedsOf(q.Text)
		if err != nil {
			if shows && (!gone || c.young) {
				unread = append(unread, text)
			}
			continue
		}
		use := contract.Use{Origin: contract.Query, At: contract.Evidence{Text: text},
			Calls: calls, Since: c.seen.Since.UTC(), Recent: recent}
		shown := relationsOf(uses, use)
		if again := replayable(q.Text, uses, shown, use); again != nil {
			c.replayed = append(c.replayed, again)
		}
		switch {
		case !shows:
		case !gone:
			relations = append(relations, shown...)
			if len(shown) > 0 {
				asked++
			}
		case c.young:
			use.Recent = contract.Unknown
			earlier = append(earlier, relationsOf(uses, use)...)
		}
	}
	is := &judge.Queries{Contract: contract.New(contract.Source{Scanner: "pg_stat_statements"}, relations, nil),
		Blind: c.blind(long), Unread: unread, Known: known(c.seen, asked, old, len(unread)+long+c.seen.Hidden),
		Forget: "SELECT " + pgx.Identifier{c.seen.Schema}.Sanitize() + ".pg_stat_statements_reset()"}
	if earlier != nil {
		is.Earlier = contract.New(contract.Source{Scanner: "pg_stat_statements", Whole: true, Upserts: true, Rows: true}, earlier, nil)
	}
	return is
}

// relationsOf says what a query uses, of all but the server's and migguard's own
// tables. It reads the columns it names: SELECT * works without any of them, if it
// is prepared anew.
func relationsOf(uses ddl.Uses, use contract.Use) (relations []contract.Relation) {
	for _, n := range uses.Needs {
		switch n.Relation.Schema {
		case "migguard":
			return nil
		case "pg_catalog", "information_schema":
			continue
		}
		use.Reads, use.Updates = contract.Named(n.Reads.Names...), columnsOf(n.Updates)
		use.Adds, use.Inserts, use.Arbiters = n.Adds, columnsOf(n.Inserts), nil
		for _, a := range n.Arbiters {
			use.Arbiters = append(use.Arbiters, contract.Arbiter{Name: a.Name, Columns: a.Columns, Expressions: a.Expressions, Partial: a.Partial})
		}
		use.Star, use.OnTable = n.Star, n.OnTable
		relations = append(relations, contract.Relation{Name: contract.Name{Schema: n.Relation.Schema, Name: n.Relation.Name}, Uses: []contract.Use{use}})
	}
	return relations
}

func columnsOf(c ddl.ColumnSet) contract.Columns {
	if c.All {
		return contract.Every()
	}
	return contract.Named(c.Names...)
}

func known(s pg.Seen, asked, old, unread int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Nor does any of %d queries that the database has seen", asked)
	if !s.Since.IsZero() {
		fmt.Fprintf(&b, " since %s", s.Since.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if old > 0 {
		fmt.Fprintf(&b, "; %d more were not sent since the last release", old)
	}
	if unread > 0 {
		fmt.Fprintf(&b, "; %d more could not be read", unread)
	}
	if !s.Whole {
		fmt.Fprintf(&b, "; only the %d most called were looked at", pg.MaxSeen)
	}
	if s.Evictions > 0 {
		fmt.Fprintf(&b, "; there was not room for all, %d times", s.Evictions)
	}
	return b.String() + "."
}
