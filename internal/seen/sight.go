package seen

import (
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

// aDay is how long queries have to have been counted for where nobody says: what code
// does every night, it has done.
const aDay = 24 * time.Hour

// InSight is since when none of the queries has been forgotten, and from when on one
// that is not among them is taken not to be sent; zero where the server does not tell.
func (c *Counted) InSight() (whole, telling time.Time) {
	if c.why != "" {
		return time.Time{}, time.Time{}
	}
	return c.whole, c.whole.Add(c.enough)
}

// look finds out since when none of the queries has been forgotten. What was forgotten
// between two runs may have been a moment ago: for want of room; by a reset of one
// database, role or query, which does not count as one; on a server that took over; and
// in a copy of the database its queries are not.
func (c *Counted) look(recorded ledger.Seen, released time.Time) {
	c.young = c.seen.At.Sub(released) < c.enough
	c.whole = c.seen.Since
	if recorded.Whole.After(c.whole) {
		c.whole = recorded.Whole
	}
	forgot := c.seen.Evictions != recorded.Evictions
	switch {
	case c.reset:
		forgot = c.seen.Evictions != 0
	case len(recorded.Queries) == 0:
		forgot = forgot || !recorded.Whole.IsZero()
	default:
		at := make(map[queryKey]int64, len(c.before))
		for key, q := range c.before {
			if key != all {
				at[key] = least(q)
			}
		}
		forgot = forgot || lacks(c.seen, at)
	}
	if forgot {
		c.whole = c.seen.At
	}
}

// lacks tells that a query is not there any more, or was counted anew, which has been
// run at least so often.
func lacks(now pg.Seen, least map[queryKey]int64) bool {
	calls := make(map[queryKey]int64, len(now.Queries))
	for _, q := range now.Queries {
		calls[queryKey{q.Role, q.ID}] = q.Calls
	}
	for key, n := range least {
		if is, there := calls[key]; there && is < n || !there && now.Whole {
			return true
		}
	}
	return false
}

// blind is why code may send what is not among the queries, with what to do next; empty:
// all that it does in a day was counted. long are queries whose texts are too long.
func (c *Counted) blind(long int) string {
	s, counted := c.seen, c.seen.At.Sub(c.whole)
	again := "release again after " + c.whole.Add(c.enough).UTC().Format("2006-01-02 15:04 UTC")
	switch {
	case s.Off != "":
		return "the database does not count all queries (" + s.Off + ")"
	case s.Since.IsZero():
		return "since when pg_stat_statements counts is not known (ALTER EXTENSION pg_stat_statements UPDATE)"
	case s.Hidden > 0:
		return fmt.Sprintf("queries of other roles may not be read (%d; GRANT pg_read_all_stats)", s.Hidden)
	case !s.Whole:
		return fmt.Sprintf("the database has seen more than %d queries, and only so many are looked at", pg.MaxSeen)
	case long > 0:
		return fmt.Sprintf("queries that the database has seen are too long to be read (%d)", long)
	case counted >= c.enough:
		return ""
	case c.whole.Equal(s.Since):
		return fmt.Sprintf("pg_stat_statements has counted for %s only: %s", report.Age(counted), again)
	case s.Evictions > 0:
		return fmt.Sprintf("pg_stat_statements has had no room for all queries, %s ago at the latest (pg_stat_statements.max): %s", report.Age(counted), again)
	}
	return fmt.Sprintf("pg_stat_statements was seen to have forgotten queries %s ago: %s", report.Age(counted), again)
}
