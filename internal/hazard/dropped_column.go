package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// DroppedColumn is a column that the running code may still use.
var DroppedColumn = &Hazard{
	ID:      "dropped-column",
	Kind:    BreaksCode,
	Code:    "MG004",
	Shimmed: true,
	Title:   "a dropped column is gone for the code that is still running",
	Explanation: `Every statement of the running code that names the column fails with 42703
(undefined_column). ORMs that cache a table's columns name all of them in INSERT
and UPDATE, and a prepared SELECT * fails with "cached plan must not change
result type", inside a transaction without a retry. The values are lost.`,
	Verdicts: `Passes where the contracts of all builds that run show that none uses the
column, if no code runs that could break, and with --allow dropped-column:TABLE.COLUMN.
Otherwise shimmed: the column stays, and a later release drops it when no code that runs
needs it any more. At once it only loses its NOT NULL, if nothing fills it, and foreign
keys that would keep code which does not know it from deleting rows. The statement is
tried first and taken back, so that what the server says no to fails now.
Refused where code that does not know the column could not write: as a part of the
primary key, where it is unique and has a default, or where a CHECK takes no NULL; and
where it goes with CASCADE only. Then maintenance mode is the other way: [policy]
dropped-column = "maintenance", or ["maintenance"] if the column is to go at once.`,
	Remedy: `Write code that ignores the column (Rails: self.ignored_columns += ["notes"]):
with the migration if that is shimmed, otherwise in the release before.`,
	Bad:  `ALTER TABLE users DROP COLUMN notes;`,
	Good: `ALTER TABLE users ALTER COLUMN notes DROP NOT NULL;`,
	Run: func(p *Pass) []Finding {
		c, ok := p.Change.(ddl.DropColumn)
		if !ok {
			return nil
		}
		r, ok := p.knownColumn(c.Column)
		if !ok {
			return nil
		}
		return []Finding{{
			Relation: qualified(r), Column: c.Column,
			Message: fmt.Sprintf("dropping column %s of %s breaks the code that is still running: statements that name it fail with \"column does not exist\" (42703), and ORMs name every column they have cached",
				ddl.Quote(c.Column), Display(r)),
			Detail: existed("column"),
			Needs:  needs(contract.DropColumn, r, c.Column),
			Hint: fmt.Sprintf("Release code that ignores the column first (Rails: self.ignored_columns += [%q]), then drop it. If that code is what is running now, say so: %s",
				c.Column, allow("dropped-column", r, c.Column)),
		}}
	},
}
