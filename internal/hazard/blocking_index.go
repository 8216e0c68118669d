package hazard

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// BlockingIndex is an index that is built under a lock which keeps running code
// from writing to its table.
var BlockingIndex = &Hazard{
	ID:        "blocking-index",
	Kind:      BlocksTraffic,
	Code:      "MG005",
	Rewritten: true,
	Title:     "nobody can write to a table while CREATE INDEX or REINDEX builds its index",
	Explanation: `CREATE INDEX without CONCURRENTLY holds a SHARE lock on its table until its
transaction ends. INSERT, UPDATE and DELETE of the running code wait that long:
minutes on a large table, and longer if the migration goes on in the same
transaction. Reading goes on; not so for REINDEX, which has the old index under an
ACCESS EXCLUSIVE lock: whoever plans a query of the table waits for it. Requests
that wait fill the app's threads.`,
	Verdicts: `CREATE INDEX is rewritten: the index is built by CREATE INDEX CONCURRENTLY, after the migration's
transaction has committed and before the command hears of it; in a transaction
of its own right away. A run that is killed in between leaves the task in the
ledger, and the next one builds the index first. Passes as it is on a small table
(10,000 rows and 10 MB, or what small-table-rows and small-table-mb say in
migguard.toml), if no code runs, with --allow blocking-index:TABLE, and with
[policy] blocking-index = "allow". For a partitioned table the index of each
partition is built so, under the name that the server would choose; then the
statement itself runs, which attaches them and builds none. Refused where that
cannot be done: for an index on expressions that has no name; and for a
partitioned table if a partition belongs to another role, has such an index that
is not valid, has partitions and such an index itself, or would get a name for its
index that another's would have, too. REINDEX of an index or a table is rewritten
likewise, to REINDEX ... CONCURRENTLY; what that leaves when it is interrupted is
dropped before it is tried again. Refused where an index keeps an exclusion constraint,
for the server's own catalogs, with TABLESPACE, where an interrupted CONCURRENTLY has
left an index, and for a schema or database, each large table by itself.`,
	Remedy: `Leave it to migguard; or write CREATE INDEX CONCURRENTLY in a migration that runs
outside a transaction (Rails: disable_ddl_transaction! and algorithm:
:concurrently). REINDEX ... CONCURRENTLY likewise. Partitioned tables, by
hand: CREATE INDEX ON ONLY the parent, one CONCURRENTLY for each partition, then
ALTER INDEX ... ATTACH PARTITION.`,
	Bad:  `CREATE INDEX users_notes ON users (notes);`,
	Good: `CREATE INDEX CONCURRENTLY users_notes ON users (notes);`,
	Run: func(p *Pass) []Finding {
		if c, ok := p.Change.(ddl.Reindex); ok && !c.Concurrently {
			return p.reindexed(c)
		}
		c, ok := p.Change.(ddl.CreateIndex)
		if !ok || c.Concurrently {
			return nil
		}
		r, ok := p.large()
		// ONLY means nothing where there are no partitions.
		if !ok || c.Only && r.Kind == catalog.PartitionedTable {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("CREATE INDEX on %s keeps the code that is still running from writing to it until the index is built and the transaction over",
				Display(r)),
			Detail: measured(r),
			Hint: fmt.Sprintf("Use CREATE INDEX CONCURRENTLY in a migration that runs outside a transaction. Or say that nobody writes to it: %s",
				AllowBlockingIndex(r)),
		}}
	},
}

// reindexed are the large tables whose indexes REINDEX builds anew.
func (p *Pass) reindexed(c ddl.Reindex) []Finding {
	tables := p.Lookup.Inside
	if p.Lookup.Relation != nil {
		tables = []catalog.Relation{*p.Lookup.Relation}
	}
	what := "REINDEX " + strings.ToUpper(string(c.Kind))
	var found []Finding
	for _, r := range tables {
		r, ok := ifKnown(&r)
		// What is inside is listed with its partitions.
		if !ok || !p.isLarge(r) || p.Lookup.Relation == nil && r.Kind != catalog.Table && r.Kind != catalog.MaterializedView {
			continue
		}
		found = append(found, Finding{
			Relation: qualified(r),
			Message: fmt.Sprintf("%s keeps the code that is still running from writing to %s, and from reading what is planned with the index, until it is built and the transaction over",
				what, Display(r)),
			Detail: measured(r),
			Hint: fmt.Sprintf("Use %s CONCURRENTLY in a migration that runs outside a transaction. Or say that nobody uses the table: %s",
				what, AllowBlockingIndex(r)),
		})
	}
	return found
}

// AllowBlockingIndex is the exception that lets one pass.
func AllowBlockingIndex(r catalog.Relation) string { return allow("blocking-index", r, "") }

// AllowBlockingConstraint is the same for a constraint.
func AllowBlockingConstraint(r catalog.Relation) string { return allow("blocking-constraint", r, "") }

// measured is the evidence that a table is not small.
func measured(r catalog.Relation) string { return amount(Display(r), r.Size) }

func amount(of string, s *catalog.Size) string {
	switch {
	case s == nil:
		return fmt.Sprintf("How large %s is is not known.", of)
	case s.Rows == nil:
		return fmt.Sprintf("%s has %s, and was never analyzed.", of, megabytes(s.Bytes))
	}
	return fmt.Sprintf("%s has about %.0f rows in %s.", of, *s.Rows, megabytes(s.Bytes))
}

func megabytes(n int64) string {
	const mb = 1 << 20
	if n < 10*mb {
		return fmt.Sprintf("%.1f MB", float64(n)/mb)
	}
	return fmt.Sprintf("%d MB", n/mb)
}
