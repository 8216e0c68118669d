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
	if r.counted.why != "" {
		return &judge.Queries{Contract: &contract.Contract{}, Blind: true, Known: "Queries that the database has seen are not known: " + r.counted.why + "."}
	}
	var relations []contract.Relation
	asked, old, unread := 0, 0, r.counted.seen.Hidden
	for _, q := range r.counted.seen.Queries {
		calls, recent := r.counted.calls(q)
		shows := evident.MatchString(q.Text)
		if calls <= 0 || !shows && !utility.MatchString(q.Text) || dumped.MatchString(q.Text) {
			continue
		}
		uses, err := ddl.NeedsOf(q.Text)
		switch {
		case !shows:
		case recent == contract.No: // sent by code that is gone
			old++
		case err != nil:
			unread++
		}
		if err != nil {
			continue
		}
		text := runner.Masked(strings.Join(strings.Fields(q.Text), " ")) // before 16, DECLARE keeps its constants
		use := contract.Use{Origin: contract.Query, At: contract.Evidence{Text: text},
			Calls: calls, Since: r.counted.seen.Since.UTC(), Recent: recent}
		shown := relationsOf(uses, use)
		if again := replayable(q.Text, uses, shown, use); again != nil {
			r.counted.replayed = append(r.counted.replayed, again)
		}
		if !shows || recent == contract.No {
			continue
		}
		if len(shown) > 0 {
			asked++
		}
		relations = append(relations, shown...)
	}
	schema := pgx.Identifier{r.counted.seen.Schema}.Sanitize()
	return &judge.Queries{Contract: contract.New(contract.Source{Scanner: "pg_stat_statements"}, relations, nil),
		Known: known(r.counted.seen, asked, old, unread), Forget: "SELECT " + schema + ".pg_stat_statements_reset()"}
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
