package hazard

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// narrowed names a change by which a domain takes less than before, or no NULL; empty: none.
func narrowed(p *Pass) (what string, null bool) {
	switch c := p.Change.(type) {
	case ddl.AddDomainConstraint:
		what := "a new constraint of domain " + display(c.Domain)
		if c.Name != "" {
			what = "constraint " + ddl.Quote(c.Name) + " of domain " + display(c.Domain)
		}
		return what, c.Constraint == ddl.NotNull
	case ddl.SetDomainNotNull:
		return onDomain(p), true
	}
	return "", false
}

// rejectedByDomain are the tables whose columns of the domain running code may write, or
// leave NULL, as it does new ones.
func (p *Pass) rejectedByDomain(what string, null bool) (found []Finding) {
	for _, r := range p.Lookup.Users {
		r, ok := ifKnown(&r)
		var columns []string
		for _, c := range r.Columns {
			if (!c.Created || null && !c.Filled) && slices.Contains(p.Lookup.Domains, c.TypeOID) {
				columns = append(columns, c.Name)
			}
		}
		if !ok || columns == nil || r.Kind != catalog.Table {
			continue
		}
		question := needs(contract.RejectWrite, r, "")
		if question != nil {
			question.Columns = columns
		}
		found = append(found, Finding{
			Relation: qualified(r),
			Message: fmt.Sprintf("%s may break the code that is still running: what it writes into column %s of %s may be rejected from now on",
				what, ddl.Quote(columns[0]), Display(r)),
			Detail: existed("column"),
			Needs:  question,
			Hint: fmt.Sprintf("Release code first that writes nothing it would reject, and add it in the release after that one. Or say that no running code does: %s",
				allow("rejected-write", r, "")),
		})
	}
	return found
}
