package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
)

// LockedRows is a statement that locks many rows for as long as its transaction
// goes on.
var LockedRows = &Hazard{
	ID:      "locked-rows",
	Kind:    BlocksTraffic,
	Code:    "MG024",
	Passing: true,
	Title:   "many rows stay locked from an UPDATE or DELETE until its transaction ends",
	Explanation: `UPDATE, DELETE and MERGE lock each row that they change until their transaction ends.
Running code that writes to one of them, or locks it, waits that long: for the statement
itself, and for all that the migration does after it. Reads do not wait, but for a
transaction that holds stronger locks already, of an ALTER TABLE before it say: then
nobody reads or writes that table while the rows are written. How many rows it will be is
the planner's estimate (EXPLAIN), asked for in the statement's own session.`,
	Verdicts: `Passes, and the log says how many rows, and whether the transaction keeps others from
a table: once for each table. More than 10,000 rows count, or what small-table-rows says in
migguard.toml, of a table that is not small. Refused, or under maintenance mode, only if
migguard.toml says so. Of statements that differ in nothing but their constants the first
is asked about, and the others only if that was of many rows: a loop over rows costs
nothing. Not seen: WITH ... (UPDATE ...) SELECT, functions and DO blocks, what is
written through a view, and what a trigger or a foreign key's CASCADE changes besides.`,
	Remedy: `Write the rows in batches, by ranges of the key, each in a transaction of its own and
outside the migration that changes the table.`,
	Bad:  `UPDATE users SET notes = '';`,
	Good: `UPDATE users SET notes = '' WHERE id = 7;`,
	Run: func(p *Pass) []Finding {
		c, ok := p.Change.(ddl.WriteRows)
		if !ok || p.Lookup.Touched == nil || !p.Many(*p.Lookup.Touched) {
			return nil
		}
		r, ok := p.large()
		if !ok {
			return nil
		}
		message := fmt.Sprintf("%s of %s locks some %.0f rows until its transaction ends, and the code that is still running waits to write to them",
			c.Command, Display(r), *p.Lookup.Touched)
		if p.Lookup.Locked {
			message += "; the transaction keeps others from a table already, by a statement before this one"
		}
		return []Finding{{
			Relation: qualified(r), Message: message, Detail: measured(r),
			Hint: "Write them in batches, each in a transaction of its own. Or say that nobody writes to them: " + allow("locked-rows", r, ""),
		}}
	},
}

// Many tells whether so many rows are more than a small table has.
func (p *Pass) Many(rows float64) bool {
	most := SmallTable.Rows
	if p.Small != nil && p.Small.Rows != nil {
		most = p.Small.Rows
	}
	return rows > *most
}
