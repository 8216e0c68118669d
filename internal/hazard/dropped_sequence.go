package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// DroppedSequence is a sequence that the running code may take numbers from by
// its name.
var DroppedSequence = &Hazard{
	ID:    "dropped-sequence",
	Kind:  BreaksCode,
	Code:  "MG021",
	Title: "a dropped or renamed sequence is gone for the code that is still running",
	Explanation: `Every statement of the running code with the sequence's name in it, nextval('numbers')
say, fails with 42P01 (undefined_table). One that is created anew begins at its
beginning, and gives out numbers that rows have.`,
	Verdicts: `Refused. Seen by their effect: CASCADE, DROP SCHEMA, DO blocks and functions that
drop one. Under maintenance mode, if migguard.toml has [policy] dropped-sequence =
"maintenance". A sequence that belongs to a column (serial, OWNED BY, identity) may be
renamed, and goes when the column or its table does, which is judged instead. Passes
for what this run has made, if no code runs that could break, and with --allow
dropped-sequence:SEQUENCE.`,
	Remedy: `Release code that takes its numbers from elsewhere, and drop the sequence in the
release after that one. Instead of a new sequence in its place, use ALTER SEQUENCE.`,
	Given: `CREATE SEQUENCE numbers;`,
	Bad:   `DROP SEQUENCE numbers;`,
	Good:  `ALTER SEQUENCE numbers CACHE 100;`,
	Run: func(p *Pass) []Finding {
		_, name, ok := p.symbol(catalog.SequenceSymbol)
		does := "dropping"
		if r := p.Lookup.Relation; !ok && r != nil && r.Kind == catalog.Sequence && !r.Created && !r.Temporary && (r.Sequence == nil || !r.Sequence.Owned) {
			name, does = *r, "renaming"
			switch p.Change.(type) {
			case ddl.RenameTable, ddl.SetSchema:
				ok = true
			}
		}
		if !ok {
			return nil
		}
		return []Finding{{
			Relation: qualified(name),
			Message: fmt.Sprintf("%s sequence %s breaks the code that is still running: its statements with that name fail with \"relation does not exist\" (42P01)",
				does, Display(name)),
			Detail: existed("sequence"),
			Hint: fmt.Sprintf("Release code that does not use it first, and drop it in the release after. If that code is what is running now, say so: %s",
				allow("dropped-sequence", name, "")),
		}}
	},
}
