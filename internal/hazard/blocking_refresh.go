package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// BlockingRefresh is a materialized view that nobody can read while its query
// runs.
var BlockingRefresh = &Hazard{
	ID:        "blocking-refresh",
	Kind:      BlocksTraffic,
	Code:      "MG008",
	Rewritten: true,
	Title:     "nobody can read a materialized view while REFRESH runs its query",
	Explanation: `REFRESH MATERIALIZED VIEW without CONCURRENTLY holds an ACCESS EXCLUSIVE lock on the
view while its query runs, and until its transaction ends. Reads of the running code
wait that long. After WITH NO DATA they fail (55000) until the view is refreshed. How
long the query takes is judged by the size of the view and of what it reads, the
tables under other views included; what a function reads is not known.`,
	Verdicts: `Rewritten to REFRESH ... CONCURRENTLY, in the same transaction, if the view has a
unique index that this can use: on columns alone, without a predicate. Otherwise
refused. Under maintenance mode, if migguard.toml has [policy] blocking-refresh =
"maintenance". Passes as it is if the view and what it reads are small together
(10,000 rows and 10 MB, or what small-table-rows and small-table-mb say in
migguard.toml), if the view has no data yet, if no code runs, with
--allow blocking-refresh:VIEW, and with [policy] blocking-refresh = "allow".`,
	Remedy: `CREATE UNIQUE INDEX CONCURRENTLY on columns that tell the view's rows apart, in a
migration that runs outside a transaction; then REFRESH MATERIALIZED VIEW
CONCURRENTLY, which lets others read.`,
	Given: `CREATE MATERIALIZED VIEW digest AS SELECT mood, count(*) FROM users GROUP BY mood;
CREATE UNIQUE INDEX digest_mood ON digest (mood);`,
	Bad:  `REFRESH MATERIALIZED VIEW digest;`,
	Good: `REFRESH MATERIALIZED VIEW CONCURRENTLY digest;`,
	Run: func(p *Pass) []Finding {
		c, ok := p.Change.(ddl.RefreshMaterializedView)
		if !ok || c.Concurrently {
			return nil
		}
		r, ok := p.known()
		if !ok || r.Kind != catalog.MaterializedView || !r.Populated {
			return nil
		}
		f := Finding{
			Relation: qualified(r),
			Message: fmt.Sprintf("REFRESH MATERIALIZED VIEW %s keeps the code that is still running from reading it until its query has run and the transaction is over",
				Display(r)),
			Detail: amount(Display(r)+", with what it reads,", r.Size),
			Hint: fmt.Sprintf("Use REFRESH MATERIALIZED VIEW CONCURRENTLY, for which the view needs a unique index. Or say that nobody reads it: %s",
				AllowBlockingRefresh(r)),
		}
		switch {
		case c.WithNoData:
			f.Message = fmt.Sprintf("after REFRESH MATERIALIZED VIEW %s WITH NO DATA the code that is still running cannot read it", Display(r))
			f.Detail = existed(r.Kind.String())
			f.Hint = "Leave WITH NO DATA out. Or say that nobody reads it: " + AllowBlockingRefresh(r)
		case !p.isLarge(r):
			return nil
		}
		return []Finding{f}
	},
}

// AllowBlockingRefresh is the exception that lets one pass.
func AllowBlockingRefresh(r catalog.Relation) string { return allow("blocking-refresh", r, "") }
