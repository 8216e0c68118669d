package hazard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// InterceptedWrite is a rule or trigger by which no write of running code arrives.
var InterceptedWrite = &Hazard{
	ID:    "intercepted-write",
	Kind:  BreaksCode,
	Code:  "MG043",
	Title: "a rule or trigger keeps what running code writes from its table",
	Explanation: `A rule ... DO INSTEAD on a table takes the place of the running code's INSERT, UPDATE or DELETE: with
NOTHING the rows are gone without an error, with another statement they go where that code does not
look for them, and in either case INSERT ... RETURNING, as ORMs send it, fails with 0A000. A trigger whose function
comes to RAISE EXCEPTION whatever the row fails each such statement, and one that comes to RETURN NULL, before a row, leaves
each row out without an error. So do RETURN NEW before a DELETE and RETURN OLD before an INSERT; before an UPDATE it takes that back.`,
	Verdicts: `Refused. Under maintenance mode, if migguard.toml has [policy] intercepted-write = "maintenance". Passes where the
contracts of all builds that run show that none writes the table so, on a table that no release has known yet,
for a rule of a view, for a trigger with WHEN or UPDATE OF, if no code runs that could break, and with
--allow intercepted-write:TABLE. A trigger or rule that does so under a condition is a
vetted-write. Not read: functions in other languages than PL/pgSQL, what a function calls, CREATE OR REPLACE
of one that a trigger has, and ENABLE TRIGGER.`,
	Remedy: `Release code first that does not write the table, and close it in the release after. To keep old writes out
only of what is new, let the function look at what it gets, and RETURN NEW for the rest.`,
	Bad: `CREATE RULE frozen AS ON INSERT TO users DO INSTEAD NOTHING;`,
	Good: `CREATE FUNCTION trimmed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.notes := trim(NEW.notes); RETURN NEW; END';
CREATE TRIGGER trimmed BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION trimmed();`,
	Run: func(p *Pass) []Finding {
		r, ok := p.known()
		if !ok {
			return nil
		}
		switch c := p.Change.(type) {
		case ddl.CreateRule:
			if c.Instead && !isView(r) {
				return []Finding{intercepts(r, []string{c.Event}, fmt.Sprintf("rule %s of %s takes the place of each %s of the code that is still running: what it writes does not arrive, and with RETURNING it fails (0A000)",
					ddl.Quote(c.Name), Display(r), strings.ToUpper(c.Event)))}
			}
		case ddl.CreateTrigger:
			if p.veto(c) == ddl.AlwaysVetoes {
				return []Finding{intercepts(r, c.Events, fmt.Sprintf("trigger %s of %s keeps each %s of the code that is still running from it: whatever the row, its function %s comes to RAISE EXCEPTION or to RETURN no row",
					ddl.Quote(c.Name), Display(r), events(c.Events), c.Function))}
			}
		}
		return nil
	},
}

// veto is what the function of a new trigger does to what running code writes.
func (p *Pass) veto(c ddl.CreateTrigger) ddl.Veto {
	if !slices.ContainsFunc(c.Events, func(event string) bool { return event != "truncate" }) {
		return ddl.NoVeto
	}
	veto := ddl.VetoOf(p.Lookup.TriggerSource, skips(p.Lookup.TriggerSource, c)...)
	if c.Conditional {
		veto = min(veto, ddl.MayVeto)
	}
	return veto
}

// skips are what a trigger's function may RETURN by which its row is left out, or stays as it was: of a DELETE
// there is no NEW, of an INSERT no OLD. A function that looks at TG_OP knows.
func skips(source string, c ddl.CreateTrigger) []string {
	deletes := slices.Contains(c.Events, "delete")
	switch {
	case !c.Row || c.Timing == "after":
		return nil
	case strings.Contains(strings.ToLower(source), "tg_op") || deletes && len(c.Events) > 1:
		return []string{"null"}
	case deletes:
		return []string{"null", "new"}
	}
	return []string{"null", "old"}
}

// events are those of a trigger in a sentence.
func events(all []string) string { return strings.ToUpper(strings.Join(all, " or ")) }

func intercepts(r catalog.Relation, events []string, message string) Finding {
	return Finding{
		Relation: qualified(r), Message: message, Detail: existed(r.Kind.String()), Needs: written(r, events),
		Hint: fmt.Sprintf("Release code first that does not write the table so. Or say that no running code does: %s",
			allow("intercepted-write", r, "")),
	}
}

// written asks whether code writes a relation in one of some ways. Which code deletes rows
// a contract does not say, so each use may do that; a rule of SELECT makes a view of a
// table.
func written(r catalog.Relation, events []string) *contract.Change {
	if slices.Contains(events, "delete") || slices.Contains(events, "select") {
		return needs(contract.DropTable, r, "")
	}
	question := needs(contract.RejectWrite, r, "")
	if question != nil && slices.Contains(events, "update") {
		question.Columns = everyColumn(r)
	}
	return question
}
