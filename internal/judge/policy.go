package judge

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/hazard"
)

// A Policy is what the user decided beforehand: exceptions, each for one
// hazard on one object, what may be done about a hazard, and how large a
// small table is. It may be used by several sessions at once; a nil one has
// none of it.
type Policy struct {
	// Small is the size up to which a table is small; nil: hazard.SmallTable.
	Small   *catalog.Size
	choices map[chosen]Choice

	mu         sync.Mutex
	exceptions []*exception
}

// A chosen is what there is a Choice about; without a relation, all of them.
type chosen struct{ id, relation string }

// ParsePolicy reads exceptions of the form HAZARD:TABLE or
// HAZARD:TABLE.COLUMN, as --allow has them.
func ParsePolicy(allow []string) (*Policy, error) {
	p := &Policy{}
	for _, text := range allow {
		id, object, _ := strings.Cut(text, ":")
		if err := p.Except(Exception{Hazard: id, Object: object, By: ByFlag}, time.Time{}); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Except adds an exception, which counts if it has not expired now. A Policy is
// not changed while it is used.
func (p *Policy) Except(e Exception, now time.Time) error {
	parsed, err := parseException(e)
	if err != nil {
		return err
	}
	parsed.expired = !e.Expires.IsZero() && !now.Before(e.Expires)
	p.exceptions = append(p.exceptions, parsed)
	return nil
}

// allows tells whether a finding is let pass, and by what; the exceptions that
// cover it count as used. Of expired ones it only says so.
func (p *Policy) allows(f hazard.Finding, facts Facts) (by Exception, covered bool, expired string) {
	for _, d := range slices.Backward(facts.Directives) {
		if d.exception.covers(f, facts.Text) {
			by, covered = d.Exception(), true
		}
	}
	if p == nil || covered { // not known to the policy, and nearer than it
		return by, covered, ""
	}
	if choice, _ := p.choice(f); choice.permits(Allow) {
		by, covered = Exception{Hazard: f.Hazard.ID, By: ByPolicy}, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range slices.Backward(p.exceptions) { // the first of them is the ground
		switch {
		case !e.covers(f, facts.Text):
		case e.expired:
			expired = fmt.Sprintf(" The exception for that in %s has expired: it counted until %s (%s).", e.By, e.Expires.Format(time.DateOnly), e.Reason)
		default:
			by, covered, e.used = e.Exception, true, true
		}
	}
	return by, covered, expired
}

// Exceptions are those of the policy, in order, and what became of them so far.
func (p *Policy) Exceptions() []Standing {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Standing
	for _, e := range p.exceptions {
		s := Standing{e.Exception, Unused}
		switch {
		case e.expired:
			s.State = Expired
		case e.used:
			s.State = Used
		}
		all = append(all, s)
	}
	return all
}

// Choose says what may be done about a hazard: on one table, or other object, or
// where table is empty on all that have no choice of their own. Names are written
// as in an exception. A Policy is not changed while it is used.
func (p *Policy) Choose(table, id string, c Choice) error {
	h, err := hazard.Named(id)
	if err != nil {
		return err
	}
	if err := c.check(h); err != nil {
		return fmt.Errorf("%s = %s: %w", id, c, err)
	}
	on := chosen{id: h.ID}
	if table != "" {
		parts, ok := identifiers(table)
		if !ok || len(parts) > 2 {
			return fmt.Errorf("%q is not of the form TABLE or SCHEMA.TABLE", table)
		}
		on.relation = relationOf(parts).String()
	}
	if p.choices == nil {
		p.choices = map[chosen]Choice{}
	}
	if _, twice := p.choices[on]; twice {
		return fmt.Errorf("%s is chosen twice", id)
	}
	p.choices[on] = c
	return nil
}

// choice is what may be done about a finding, and whether that was said of its
// table.
func (p *Policy) choice(f hazard.Finding) (c Choice, table bool) {
	if p == nil {
		return unchosen, false
	}
	if c, ok := p.choices[chosen{f.Hazard.ID, f.Relation}]; ok {
		return c, true
	}
	if c, ok := p.choices[chosen{id: f.Hazard.ID}]; ok {
		return c, false
	}
	return unchosen, false
}

// maintains tells whether maintenance mode is allowed for all findings.
func (p *Policy) maintains(found []hazard.Finding) bool {
	return !slices.ContainsFunc(found, func(f hazard.Finding) bool {
		c, _ := p.choice(f)
		return !c.permits(Maintenance)
	})
}

// Large tells whether code that runs can know the relation of a lookup, and it is
// not small.
func (p *Policy) Large(l catalog.Lookup) bool {
	return (&hazard.Pass{Lookup: l, Small: p.small()}).Large()
}

// Many tells whether so many rows are more than a small table has.
func (p *Policy) Many(rows float64) bool {
	return (&hazard.Pass{Small: p.small()}).Many(rows)
}

func (p *Policy) small() *catalog.Size {
	if p == nil {
		return nil
	}
	return p.Small
}
