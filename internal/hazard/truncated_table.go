package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// TruncatedTable is a table whose rows are gone.
var TruncatedTable = &Hazard{
	ID:    "truncated-table",
	Kind:  LosesData,
	Code:  "MG016",
	Title: "TRUNCATE takes all rows of a table that running code uses",
	Explanation: `The rows are gone when the migration has committed; rolling the release back does not
bring them back. With CASCADE those of every table go too that refers to it by a
foreign key, and of those that refer to these. Meanwhile nobody reads or writes the
table (ACCESS EXCLUSIVE).`,
	Verdicts: `Refused, each table by itself. Maintenance mode does not help. Passes on an empty
table, on one that no release has known yet, if no code runs, with
--allow truncated-table:TABLE, and with [policy] truncated-table = "allow".`,
	Remedy: `DELETE what is not needed, in batches, when no release in use needs it. If all of it
may go, say so.`,
	Bad:  `TRUNCATE users;`,
	Good: `CREATE TABLE scratch (id int); TRUNCATE scratch;`,
	Run: func(p *Pass) []Finding {
		c, ok := p.Change.(ddl.Truncate)
		if !ok {
			return nil
		}
		var found []Finding
		if r, ok := p.known(); ok && !empty(r) {
			found = append(found, truncated(r, ""))
		}
		if c.Cascade && p.Lookup.Relation != nil {
			for _, r := range p.Lookup.Referencing {
				if !r.Created && !empty(r) {
					found = append(found, truncated(r, ", which refers to "+Display(*p.Lookup.Relation)+","))
				}
			}
		}
		return found
	},
}

// empty tells a table that certainly holds no row. The size of a foreign table,
// and of inheritance's children, is not known.
func empty(r catalog.Relation) bool {
	if r.Kind != catalog.PartitionedTable && (r.Kind != catalog.Table || r.HasChildren) {
		return false
	}
	return r.Size != nil && r.Size.Bytes == 0
}

func truncated(r catalog.Relation, why string) Finding {
	return Finding{
		Relation: qualified(r),
		Message:  fmt.Sprintf("truncating %s%s loses all its rows, and the code that is still running reads none", Display(r), why),
		Detail:   existed(r.Kind.String()) + " " + measured(r),
		Hint:     fmt.Sprintf("Delete what is not needed instead. Or say that all rows may go: %s", allow("truncated-table", r, "")),
	}
}
