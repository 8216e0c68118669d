package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
)

// DroppedExtension is an extension whose functions, types and operators the
// running code may use.
var DroppedExtension = &Hazard{
	ID:    "dropped-extension",
	Kind:  BreaksCode,
	Code:  "MG023",
	Title: "a dropped extension takes its functions, types and operators from the code that is still running",
	Explanation: `Every statement of the running code that calls a function of the extension, casts to a
type of it or uses an operator of it fails: 42883 (undefined_function), 42704
(undefined_object). In another schema they may be found no more.`,
	Verdicts: `Refused, if the extension is dropped or put into another schema, by a DO block or a
function too. Under maintenance mode, if migguard.toml has [policy] dropped-extension =
"maintenance". Passes for what this run has made, if no code runs that could break, and
with --allow dropped-extension:EXTENSION, or SCHEMA.EXTENSION where it is not in public.
Not looked at: what an update takes out of an extension, and ALTER EXTENSION ... DROP.`,
	Remedy: `Release code that does not use it first, and drop it in the release after that one.`,
	Given:  `CREATE EXTENSION hstore;`,
	Bad:    `DROP EXTENSION hstore;`,
	Good:   `ALTER EXTENSION hstore UPDATE;`,
	Run: func(p *Pass) []Finding {
		_, name, ok := p.symbol(catalog.ExtensionSymbol)
		if !ok {
			return nil
		}
		does := "dropping extension " + Display(name)
		if now := p.moved(); now != "" {
			does = fmt.Sprintf("making extension %s %s", Display(name), now)
		}
		return []Finding{{
			Relation: qualified(name),
			Message:  does + " breaks the code that is still running: statements that use its functions, types or operators fail (42883, 42704)",
			Detail:   existed("extension"),
			Hint: fmt.Sprintf("Release code that does not use it first, and do this in the release after. If that code is what is running now, say so: %s",
				allow("dropped-extension", name, "")),
		}}
	},
}
