package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// DroppedColumn is a column that the running code may still use.
var DroppedColumn = &Hazard{
	ID:    "dropped-column",
	Kind:  BreaksCode,
	Code:  "MG004",
	Title: "a dropped column is gone for the code that is still running",
	Explanation: `Every statement of the running code that names the column fails with 42703
(undefined_column). ORMs that cache a table's columns name all of them in INSERT
and UPDATE, and a prepared SELECT * fails with "cached plan must not change
result type", inside a transaction without a retry. The values are lost.`,
	Verdicts: `Refused. Under maintenance mode, if migguard.toml has [policy] dropped-column =
"maintenance". Passes if no code runs that could break, and with
--allow dropped-column:TABLE.COLUMN.
Passes, too, where the contracts of all builds that run show that none uses the column.`,
	Remedy: `Release code that ignores the column first (Rails: self.ignored_columns +=
["notes"]), and drop it in the release after that one.`,
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
