package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RenamedColumn is a column that is no longer found under the name the running
// code has for it.
var RenamedColumn = &Hazard{
	ID:      "renamed-column",
	Kind:    BreaksCode,
	Code:    "MG002",
	Shimmed: true,
	Title:   "a renamed column is gone for the code that is still running",
	Explanation: `Every statement of the running code that names the column fails with 42703
(undefined_column), reads and writes alike. ORMs that cache a table's columns
name all of them in INSERT, so it is enough that a model of the table exists.
Prepared SELECT * does not fail, but its rows have other keys.`,
	Verdicts: `Passes where the contracts of all builds that run show that none uses the
column, if no code runs that could break, and with --allow renamed-column:TABLE.COLUMN.
Shimmed where each build that runs is proven to look into a schema of its own before any
other (docs/shims.md): the column is renamed, and there they see the table as it was. Else
by a copy of the column that takes its old name, and that a trigger keeps equal, unless it
is part of a key that others refer to, generated, of a partitioned table, or the table has triggers
of its own that would be in the way. Refused otherwise, or under maintenance mode, if migguard.toml has [policy]
renamed-column = "maintenance"; ["maintenance"] there makes no copy.`,
	Remedy: `Add a column with the new name, write both, copy the old values in batches, read
the new one, and drop the old one two releases later.`,
	Bad:  `ALTER TABLE users RENAME COLUMN notes TO remarks;`,
	Good: `ALTER TABLE users ADD COLUMN remarks text;`,
	Run: func(p *Pass) []Finding {
		c, ok := p.Change.(ddl.RenameColumn)
		if !ok {
			return nil
		}
		r, ok := p.knownColumn(c.Column)
		if !ok || c.To == c.Column {
			return nil
		}
		return []Finding{{
			Relation: qualified(r), Column: c.Column,
			Message: fmt.Sprintf("renaming column %s of %s to %s breaks the code that is still running: its statements that name the column fail with \"column does not exist\" (42703)",
				ddl.Quote(c.Column), Display(r), ddl.Quote(c.To)),
			Detail: existed("column"),
			Needs:  needs(contract.RenameColumn, r, c.Column),
			Hint: fmt.Sprintf("Add column %s, write both, copy the values, and drop %s when no release in use names it. Or say that no running code does: %s",
				ddl.Quote(c.To), ddl.Quote(c.Column), allow("renamed-column", r, c.Column)),
		}}
	},
}
