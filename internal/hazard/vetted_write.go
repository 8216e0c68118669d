package hazard

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
)

// VettedWrite is a rule or trigger that may not take what running code writes.
var VettedWrite = &Hazard{
	ID:      "vetted-write",
	Kind:    BreaksCode,
	Code:    "MG044",
	Passing: true,
	Title:   "a trigger or rule may reject what running code writes",
	Explanation: `A trigger whose function has a RAISE EXCEPTION fails the statements of running code that meet its condition, and
one that has a RETURN NULL (or OLD before an INSERT or UPDATE, NEW before a DELETE), before a row, leaves rows out without an error; the rest of its transaction goes on.
A rule ... DO ALSO runs another statement beside each of the code's, and lets no INSERT ... ON CONFLICT of the
table pass (0A000).`,
	Verdicts: `Passes, and the log says so: to guard and to copy rows by triggers is daily business, and which rows running code
writes nobody knows. Without a word where the contracts of all builds that run show that none
writes the table so, on one that no release has known yet, and for functions without either word, as those that
set updated_at or write an audit's rows AFTER. Refused, or under maintenance mode, only if migguard.toml says so.
What does so without a condition is an intercepted-write; what is not read stands there.`,
	Remedy: `Release code first that writes nothing the function would reject.`,
	Bad:    `CREATE RULE told AS ON INSERT TO users DO ALSO NOTIFY users;`,
	Good: `CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NOTIFY users; RETURN NULL; END';
CREATE TRIGGER told AFTER INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION told();`,
	Run: func(p *Pass) []Finding {
		r, ok := p.known()
		if !ok {
			return nil
		}
		finding := Finding{Relation: qualified(r), Detail: existed(r.Kind.String()),
			Hint: "Release code first that writes nothing it would reject. Or say that no running code does: " + allow("vetted-write", r, "")}
		switch c := p.Change.(type) {
		case ddl.CreateRule:
			if c.Instead || c.Event == "select" || isView(r) {
				return nil
			}
			finding.Message = fmt.Sprintf("rule %s runs another statement beside each %s of %s by the code that is still running, and INSERT ... ON CONFLICT of it fails (0A000)",
				ddl.Quote(c.Name), strings.ToUpper(c.Event), Display(r))
			finding.Needs = written(r, []string{c.Event})
		case ddl.CreateTrigger:
			if p.veto(c) != ddl.MayVeto {
				return nil
			}
			finding.Message = fmt.Sprintf("trigger %s of %s may reject, or leave out, what the code that is still running writes: its function %s can RAISE EXCEPTION, ASSERT or RETURN no row on %s",
				ddl.Quote(c.Name), Display(r), c.Function, events(c.Events))
			finding.Needs = written(r, c.Events)
		default:
			return nil
		}
		return []Finding{finding}
	},
}
