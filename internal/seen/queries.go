package seen

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
)

// evident matches a query that shows what code uses: not DDL.
var evident = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^(?:\s+|/\*.*?\*/|--[^\n]*\n|\()*(?:select|insert|update|delete|merge|with|prepare|declare|copy|truncate)\b`)
})

// utility matches what needs tables, and is no evidence of columns.
var utility = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)^(?:\s+|/\*.*?\*/|--[^\n]*\n)*(?:truncate|lock)\b`)
})

// dumped matches what pg_dump sends of each table, with the role of an application often:
// the lock before it reads, and COPY by which it names every column, in a form that others
// hardly write (dumpTableData_copy, src/bin/pg_dump/pg_dump.c).
var dumped = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)^(?i:copy) \S.*\..* \(.*\) (?i:to) stdout;?$|(?i)^(?:\s+|/\*.*?\*/|--[^\n]*\n)*lock\b.*\bin\s+access\s+share\s+mode(?:\s+nowait)?\s*;?\s*$`)
})

// Evidence is what the queries show of what code uses. It is worked out once, as
// thousands of texts may have to be parsed for it.
func (c *Counted) Evidence() *judge.Queries {
	if c.evidence == nil {
		c.evidence = c.shown()
	}
	return c.evidence
}

// Queries are those whose texts could be read, of code that is gone, too.
func (c *Counted) Queries() []Query {
	c.Evidence()
	return c.read
}

func (c *Counted) shown() *judge.Queries {
	if c.why != "" {
		return &judge.Queries{Contract: &contract.Contract{}, Blind: "which queries the database has seen is not known: " + c.why,
			Known: "Queries that the database has seen are not known: " + c.why + "."}
	}
	var relations, earlier []contract.Relation
	var unread []string
	asked, old, long := 0, 0, 0
	for _, q := range c.seen.Queries {
		calls, recent := c.calls(q)
		shows := evident().MatchString(q.Text) || q.Text == ""
		if calls <= 0 || !shows && !utility().MatchString(q.Text) || dumped().MatchString(q.Text) {
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
		read, err := QueryOf(q.Text, contract.Use{Origin: contract.Query, Calls: calls, Since: c.seen.Since.UTC(), Recent: recent})
		if err != nil {
			if shows && (!gone || c.young) {
				unread = append(unread, read.Use.At.Text)
			}
			continue
		}
		c.read = append(c.read, read)
		switch {
		case !shows:
		case !gone:
			relations = append(relations, read.Relations...)
			if len(read.Relations) > 0 {
				asked++
			}
		case c.young:
			read.Use.Recent = contract.Unknown
			earlier = append(earlier, relationsOf(read.Uses, read.Use)...)
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
