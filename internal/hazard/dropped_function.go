package hazard

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
)

// DroppedFunction is a function that the running code may call, and that is not
// there again, or is another one, when its transaction commits.
var DroppedFunction = &Hazard{
	ID:    "dropped-function",
	Kind:  BreaksCode,
	Code:  "MG020",
	Title: "a dropped or renamed function is gone for the code that is still running",
	Explanation: `Every statement of the running code that calls the function fails with 42883
(undefined_function); so it is with procedures and aggregates. To drop a function and
create it anew in one transaction breaks nobody, as long as the new one takes the same
arguments and gives the same result: other sessions see only what was committed, and
analyze their prepared statements again.`,
	Verdicts: `Judged when the transaction is about to commit. Passes if under the name there is
a function again that takes arguments of the same types and names (more, if they have
defaults), gives the same type, may be called by the same roles, and is the default of
the columns it was one of. Otherwise COMMIT is refused, or the statement itself where
it is a transaction of its own. Seen by their effect: CASCADE, DROP SCHEMA, DO blocks
and functions that drop others. Under maintenance mode, if migguard.toml has [policy]
dropped-function = "maintenance". Passes for trigger functions, which only triggers
call, for what this run has made, if no code runs that could break, and with --allow
dropped-function:FUNCTION, which means all of that name. Not looked at: what the new
function does, a function that makes calls of another ambiguous, and operators.`,
	Remedy: `Create the function anew in the transaction that drops it, or CREATE OR REPLACE it.
To drop it for good, release code that does not call it first, and drop it in the
release after that one.`,
	AtCommit: true,
	Given:    `CREATE FUNCTION greeting(name text) RETURNS text LANGUAGE sql AS 'SELECT ''hello '' || name';`,
	Bad:      `DROP FUNCTION greeting(text);`,
	Good: `BEGIN;
DROP FUNCTION greeting(text);
CREATE FUNCTION greeting(name text) RETURNS text LANGUAGE sql AS 'SELECT ''good day '' || name';
COMMIT;`,
	Run: func(p *Pass) []Finding {
		f, name, ok := p.symbol(catalog.FunctionSymbol, catalog.ProcedureSymbol, catalog.AggregateSymbol)
		if !ok {
			return nil
		}
		does, why := "dropping", `calls fail with "does not exist" (42883)`
		if p.moved() != "" {
			does = "renaming"
		}
		if i := slices.IndexFunc(p.Lookup.Symbols, func(s catalog.Symbol) bool { return s.Answers(f) }); i >= 0 {
			if why = differs(f, p.Lookup.Symbols[i]); why == "" {
				return nil
			}
			why = "what has its name now is another one: " + why
		}
		return []Finding{{
			Relation: qualified(name),
			Message:  fmt.Sprintf("%s %s %s(%s) breaks the code that is still running: %s", does, f.Kind, Display(name), f.Signature, why),
			Detail:   existed(string(f.Kind)),
			Hint: fmt.Sprintf("Create it anew in the same transaction, with the same arguments and result. To drop it for good, release code that does not call it first. If that code is what is running now, say so: %s",
				allow("dropped-function", name, "")),
		}}
	},
}

// differs says what callers of a function miss in the one that answers them now.
func differs(was, is catalog.Symbol) string {
	switch {
	case was.Result != is.Result:
		return "it gives another result"
	case is.Renames(was):
		return "its arguments, or the columns of its result, have other names"
	case is.Feeds < was.Feeds:
		return "it is no longer the default of columns it was one of"
	}
	if role, ok := missing(was.Callers, is.Callers); ok {
		return fmt.Sprintf("role %s may no longer call it", role)
	}
	return ""
}
