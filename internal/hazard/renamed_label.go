package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// RenamedLabel is a value of an enum that is no longer found under the name the
// running code has for it.
var RenamedLabel = &Hazard{
	ID:    "renamed-label",
	Kind:  BreaksCode,
	Code:  "MG013",
	Title: "a renamed enum value is gone for the code that is still running",
	Explanation: `After ALTER TYPE ... RENAME VALUE every statement of the running code that has the
old value in it fails with 22P02 (invalid_text_representation), and rows are read
with a value that the code does not know.`,
	Verdicts: `Refused. Under maintenance mode, if migguard.toml has [policy] renamed-label =
"maintenance". Passes if no column that running code can know, no function and no
other type uses the type, if no code runs that could break, and with
--allow renamed-label:TYPE.`,
	Remedy: `Add the new value (ALTER TYPE ... ADD VALUE), release code that takes both, move the
rows over, and leave the old value in the type.`,
	Bad:  `ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';`,
	Good: `ALTER TYPE mood ADD VALUE 'fine';`,
	Run: func(p *Pass) []Finding {
		c, ok := p.Change.(ddl.RenameEnumValue)
		t := p.Lookup.Type
		if !ok || t == nil || !t.Used {
			return nil
		}
		// An exception names the type where it would name a table.
		named := catalog.Relation{Schema: t.Schema, Name: t.Name}
		return []Finding{{
			Relation: qualified(named),
			Message: fmt.Sprintf("renaming value %s of enum %s to %s breaks the code that is still running: its statements with that value fail with \"invalid input value for enum\" (22P02)",
				ddl.Literal(c.Value), Display(named), ddl.Literal(c.To)),
			Detail: existed("type"),
			Hint: fmt.Sprintf("Add the new value, release code that takes both, and move the rows over. Or say that no running code uses the old one: %s",
				allow("renamed-label", named, "")),
		}}
	},
}
