package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// DroppedType is a type or domain that the running code may name in a cast.
var DroppedType = &Hazard{
	ID:    "dropped-type",
	Kind:  BreaksCode,
	Code:  "MG022",
	Title: "a dropped or renamed type is gone for the code that is still running",
	Explanation: `Every statement of the running code that casts to the type, as in $1::mood, fails with
42704 (undefined_object), whether or not a column has the type. One that is created anew
under the name is another one: prepared statements with a parameter of the old type
fail, and drivers know types by their oid. Of a composite type, the attribute that is
dropped or renamed is gone in the same way.`,
	Verdicts: `Refused. Seen by their effect: CASCADE, DROP SCHEMA, DO blocks and functions that
drop one. Under maintenance mode, if migguard.toml has [policy] dropped-type =
"maintenance". Passes for what this run has made, if no code runs that could break, and
with --allow dropped-type:TYPE. Not looked at: an attribute that is added or gets
another type.`,
	Remedy: `Create another type, release code that uses it, and drop the old one in the release
after that one.`,
	Given: `CREATE TYPE weather AS ENUM ('sun', 'rain');`,
	Bad:   `DROP TYPE weather;`,
	Good:  `ALTER TYPE weather ADD VALUE 'snow';`,
	Run: func(p *Pass) []Finding {
		t, name, ok := p.symbol(catalog.TypeSymbol, catalog.DomainSymbol)
		if !ok {
			return nil
		}
		does := "dropping"
		why := fmt.Sprintf("statements that cast to it fail with \"type %s does not exist\" (42704)", ddl.Quote(t.Name))
		switch {
		case p.moved() != "":
			does = "renaming"
		case p.Lookup.Found != nil:
			does = "changing"
			why = fmt.Sprintf("it has no attribute %s", ddl.Quote(t.MissingAttribute(*p.Lookup.Found)))
		}
		return []Finding{{
			Relation: qualified(name),
			Message:  fmt.Sprintf("%s %s %s breaks the code that is still running: %s", does, t.Kind, Display(name), why),
			Detail:   existed(string(t.Kind)),
			Hint: fmt.Sprintf("Release code that does not use it first, and do this in the release after. If that code is what is running now, say so: %s",
				allow("dropped-type", name, "")),
		}}
	},
}
