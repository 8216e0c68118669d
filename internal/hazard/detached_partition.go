package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
)

// DetachedPartition is a partition whose rows running code finds in its parent.
var DetachedPartition = &Hazard{
	ID:    "detached-partition",
	Kind:  LosesData,
	Code:  "MG019",
	Title: "the rows of a detached partition are gone from its table",
	Explanation: `The rows are still in the partition, but running code that reads the partitioned table
does not find them any more, whether it was detached CONCURRENTLY or not. What it
writes into the table for the partition's bounds goes to the DEFAULT partition, or
fails with 23514 (check_violation) if there is none. ALTER TABLE ... NO INHERIT takes the rows of
an inherited table away likewise.`,
	Verdicts: `Refused. Maintenance mode does not help while code expects the rows. Passes if the
partition or its table is one that no release has known yet, if no code runs, with
--allow detached-partition:PARTITION, and with [policy] detached-partition = "allow".
DETACH ... FINALIZE passes: the rows are gone already.`,
	Remedy: `Release code that needs the rows no more first, and detach the partition in the release
after that one. If code has never asked for rows that old, say so.`,
	Given: `CREATE TABLE people (LIKE users) PARTITION BY RANGE (id);
CREATE TABLE people_0 PARTITION OF people FOR VALUES FROM (0) TO (1000);`,
	Bad:  `ALTER TABLE people DETACH PARTITION people_0;`,
	Good: `CREATE TABLE people_1 PARTITION OF people FOR VALUES FROM (1000) TO (2000); ALTER TABLE people DETACH PARTITION people_1;`,
	Run: func(p *Pass) []Finding {
		if c, ok := p.Change.(ddl.SetInherit); ok && c.Remove {
			return p.disinherited(c)
		}
		c, ok := p.Change.(ddl.DetachPartition)
		if !ok || c.Finalize {
			return nil
		}
		r, ok := p.known()
		if parent := p.Lookup.Parent; !ok || parent != nil && parent.Created {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("detaching %s takes its rows from what the code that is still running finds in %s, and writes that belong there fail (23514) unless there is a DEFAULT partition",
				Display(r), c.Relation),
			Detail: existed("partition"),
			Hint: fmt.Sprintf("Release code that does not need these rows first, then detach the partition. If that code is what is running now, say so: %s",
				allow("detached-partition", r, "")),
		}}
	},
}

// disinherited finds a child whose rows running code finds in the parent. A new one has
// none of them.
func (p *Pass) disinherited(c ddl.SetInherit) []Finding {
	r, ok := p.known()
	if parent := p.Lookup.Parent; !ok || parent == nil || parent.Created {
		return nil
	}
	return []Finding{{
		Relation: qualified(r),
		Message:  fmt.Sprintf("NO INHERIT of %s takes its rows from what the code that is still running finds in %s", Display(r), c.Parent),
		Detail:   existed("table"),
		Hint: fmt.Sprintf("Release code that does not need these rows first. If that code is what is running now, say so: %s",
			allow("detached-partition", r, "")),
	}}
}
