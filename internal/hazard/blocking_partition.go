package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// BlockingPartition is a new partition for which a table is read through while
// nobody can use it.
var BlockingPartition = &Hazard{
	ID:    "blocking-partition",
	Kind:  BlocksTraffic,
	Code:  "MG009",
	Title: "a table is locked while a new partition's bounds are checked against its rows",
	Explanation: `ATTACH PARTITION reads all rows of the table that becomes a partition, to see that they
belong there, builds the indexes it lacks, and checks foreign keys it lacks. It, and
CREATE TABLE ... PARTITION OF, read all rows of the DEFAULT partition too, to see that
none belongs into the new one. Both tables are under an ACCESS EXCLUSIVE lock meanwhile
and until the transaction ends, and with CREATE TABLE the whole partitioned table:
reads and writes of the running code wait that long. The server reads nothing where a
valid CHECK constraint proves what it wants to know.`,
	Verdicts: `migguard tries it on empty copies of the tables, and looks which of them the server
reads. Refused if one of these is large. Under maintenance mode, if migguard.toml has
[policy] blocking-partition = "maintenance". Passes where a constraint proves the
bounds, on small tables (10,000 rows and 10 MB, or what small-table-rows and
small-table-mb say in migguard.toml), if no code runs, with --allow
blocking-partition:TABLE, the table being the one that is read, and with [policy]
blocking-partition = "allow". Counted as read without a trial: a table attached as
DEFAULT beside other partitions, or below a partition of another table.`,
	Remedy: `Before it, add a CHECK with the bounds to the table that is attached, NOT NULL included,
and one that excludes them to the DEFAULT partition: NOT VALID, then VALIDATE, which
migguard does for you. Give the table the indexes and foreign keys of the parent. Instead
of CREATE TABLE ... PARTITION OF create the table LIKE the parent, and attach it, which
lets others use the rest of the partitioned table.`,
	Given: `CREATE TABLE people (LIKE users) PARTITION BY RANGE (id);`,
	Bad:   `ALTER TABLE people ATTACH PARTITION users FOR VALUES FROM (0) TO (1000);`,
	Good:  `CREATE TABLE people_0 (LIKE users); ALTER TABLE people ATTACH PARTITION people_0 FOR VALUES FROM (0) TO (1000);`,
	Run: func(p *Pass) []Finding {
		var what string
		var found []Finding
		switch c := p.Change.(type) {
		case ddl.AttachPartition:
			what = "ATTACH PARTITION"
			if r, ok := p.large(); ok && p.Lookup.Trial.Works() {
				found = append(found, scanned(r, what, fmt.Sprintf("%s, or builds an index of it or checks its foreign keys", Display(r)),
					"Add a CHECK with the bounds to it first, and what indexes and foreign keys of the parent it lacks."))
			}
		case ddl.CreateTable:
			if c.PartitionOf.Name == "" || p.Lookup.Relation != nil { // it is there
				return nil
			}
			what = "CREATE TABLE ... PARTITION OF"
		default:
			return nil
		}
		if r, ok := ifKnown(p.Lookup.DefaultPartition); ok && p.isLarge(r) && p.Lookup.DefaultTrial.Works() {
			found = append(found, scanned(r, what, "the DEFAULT partition "+Display(r),
				"Add a CHECK to it first that excludes the new partition's bounds."))
		}
		return found
	},
}

func scanned(r catalog.Relation, what, read, hint string) Finding {
	return Finding{
		Relation: qualified(r),
		Message: fmt.Sprintf("%s reads through %s, and keeps the code that is still running from it until that is done and the transaction over",
			what, read),
		Detail: measured(r),
		Hint:   hint + " Or say that nobody uses the table: " + allow("blocking-partition", r, ""),
	}
}
