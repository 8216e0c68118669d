package judge

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/hazard"
)

// Queries are those that a database has run, whoever sent them.
type Queries struct {
	Contract *contract.Contract // never nil
	// Blind is why code may send others, too, in a clause, with what would help; empty:
	// they were counted for long enough.
	Blind string
	// Unread are texts among them of which it is not known what they use.
	Unread []string
	// Earlier are those that were not sent since the last release, all of which is known,
	// where that is so young that the code which runs may not have come to them; else nil.
	Earlier *contract.Contract
	// Known says, in a sentence, what was asked and what is missing.
	Known string
	// Forget is SQL that lets the database forget them.
	Forget string
}

// unseen is why code may use a relation in a way of which a source does not tell, and
// no query shows it, in a clause; empty: the database would have seen it. shows asks a
// contract for the way.
func (q *Queries) unseen(r contract.Name, shows func(*contract.Contract) contract.Answer) string {
	switch {
	case q == nil:
		return "which queries the database has seen is not known"
	case q.Blind != "":
		return q.Blind
	}
	for _, text := range q.Unread {
		if names(text, r.Name) {
			return fmt.Sprintf("a query that the database has seen could not be read (%.*s)", contract.MaxText, text)
		}
	}
	if q.Earlier == nil {
		return ""
	}
	if a := shows(q.Earlier); a.Verdict != contract.No {
		return "code may not have come to it since the last release: " + Spoken(a)
	}
	return ""
}

// may is why code that runs may need what a change takes away, in a clause; empty:
// neither a contract nor a query shows it, and the database would have seen it.
func (facts Facts) may(needs contract.Change) string {
	f := hazard.Finding{Needs: &needs}
	verdict := facts.settle(&f)
	why := strings.TrimSuffix(f.Detail, ".")
	switch {
	case verdict == contract.No:
		return ""
	case verdict == contract.Yes || facts.mayShow(needs):
		return why
	}
	unseen := facts.Seen.unseen(needs.Relation, func(c *contract.Contract) contract.Answer { return c.Breaks(needs) })
	if unseen == "" {
		return ""
	}
	return why + "; and " + unseen
}

// mayShow tells whether a query would break by a change that code which is gone may have
// sent, or code which runs.
func (facts Facts) mayShow(needs contract.Change) bool {
	return len(facts.Code) > 0 && facts.Seen != nil && facts.Seen.Contract.MayShow(needs)
}

// names tells that a text which nobody could parse may have a relation's name in it:
// U&"" spells names with escapes.
func names(text, relation string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, strings.ToLower(relation)) || strings.Contains(text, `u&"`)
}
