package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// DroppedTable is a relation that the running code may still use, dropped by
// itself or with its schema.
var DroppedTable = &Hazard{
	ID:      "dropped-table",
	Kind:    BreaksCode,
	Code:    "MG003",
	Shimmed: true,
	Title:   "a dropped table is gone for the code that is still running",
	Explanation: `Every statement of the running code that names the table fails with 42P01
(undefined_table), and the rows are lost: rolling the release back does not bring
them back. DROP SCHEMA ... CASCADE does it to every table of the schema.`,
	Verdicts: `Passes where the contracts of all builds that run show that none uses the
table, if no code runs that could break, and with --allow dropped-table:TABLE.
Otherwise shimmed: the table stays, and a later release drops it when no code that runs
needs it any more. At once it only loses foreign keys that would keep code which does not
know it from deleting rows of other tables. The statement is tried first and taken back.
A partition, a schema, and what goes with CASCADE only are refused. Then maintenance mode
is the other way: [policy] dropped-table = "maintenance", or ["maintenance"] if the table
is to go at once.`,
	Remedy: `Release code that does not use the table first, and drop the table in the release
after that one.`,
	Bad:  `DROP TABLE users;`,
	Good: `CREATE TABLE scratch (id int); DROP TABLE scratch;`,
	Run: func(p *Pass) []Finding {
		switch c := p.Change.(type) {
		case ddl.DropTable:
			if r, ok := p.known(); ok && !isView(r) {
				return []Finding{dropped(r)}
			}
		case ddl.DropSchema:
			if !c.Cascade {
				return nil // fails by itself while anything is inside
			}
			var found []Finding
			for _, r := range p.Lookup.Inside {
				if !isView(r) { // those are judged by the effect
					found = append(found, dropped(r))
				}
			}
			return found
		}
		return nil
	},
}

func dropped(r catalog.Relation) Finding {
	return Finding{
		Relation: qualified(r),
		Message: fmt.Sprintf("dropping %s %s breaks the code that is still running: its statements fail with \"relation does not exist\" (42P01), and the rows are lost",
			r.Kind, Display(r)),
		Detail: existed(r.Kind.String()),
		Needs:  needs(contract.DropTable, r, ""),
		Hint: fmt.Sprintf("Release code that does not use it first, then drop it. If that code is what is running now, say so: %s",
			allow("dropped-table", r, "")),
	}
}
