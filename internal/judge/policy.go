package judge

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// A Policy is what the user decided beforehand: exceptions, each for one
// hazard on one object, what may be done about a hazard, and how large a
// small table is. It may be used by several sessions at once; a nil one has
// none of it.
type Policy struct {
	// Small is the size up to which a table is small; nil: hazard.SmallTable.
	Small      *catalog.Size
	exceptions []exception
	choices    map[chosen]Choice
	mu         sync.Mutex
	used       []bool
}

// A chosen is what there is a Choice about; without a relation, all of them.
type chosen struct{ id, relation string }

type exception struct {
	text, id string
	relation ddl.Name
	column   string
}

// ParsePolicy reads exceptions of the form HAZARD:TABLE or
// HAZARD:TABLE.COLUMN, the table with or without its schema, which is public
// then. Names are written as in SQL: folded unless quoted.
func ParsePolicy(allow []string) (*Policy, error) {
	p := &Policy{used: make([]bool, len(allow))}
	for _, text := range allow {
		e, err := parseException(text)
		if err != nil {
			return nil, err
		}
		p.exceptions = append(p.exceptions, e)
	}
	return p, nil
}

func parseException(text string) (exception, error) {
	id, object, ok := strings.Cut(text, ":")
	if !ok || object == "" {
		return exception{}, fmt.Errorf("%q is not of the form HAZARD:TABLE or HAZARD:TABLE.COLUMN", text)
	}
	h, err := hazard.Named(id)
	if err != nil {
		return exception{}, fmt.Errorf("%q: %w", text, err)
	}
	parts, ok := identifiers(object)
	if !ok {
		return exception{}, fmt.Errorf("%q holds no name: %s", text, object)
	}
	e := exception{text: text, id: h.ID}
	if strings.HasSuffix(h.ID, "-column") {
		last := len(parts) - 1
		e.column, parts = parts[last], parts[:last]
	}
	switch len(parts) {
	case 1, 2:
		e.relation = relationOf(parts)
	case 0:
		return exception{}, fmt.Errorf("%q names no column: write %s:TABLE.COLUMN", text, id)
	default:
		return exception{}, fmt.Errorf("%q has more names than schema, table and, for a hazard of columns, column", text)
	}
	return e, nil
}

// relationOf is a name of one part, which is in public, or of two.
func relationOf(parts []string) ddl.Name {
	if len(parts) == 1 {
		return ddl.Name{Schema: "public", Name: parts[0]}
	}
	return ddl.Name{Schema: parts[0], Name: parts[1]}
}

// identifiers splits a dotted name as SQL does.
func identifiers(s string) (parts []string, ok bool) {
	for {
		var part string
		if strings.HasPrefix(s, `"`) {
			part, s, ok = quoted(s[1:])
		} else {
			end := strings.IndexAny(s, `."`)
			if end < 0 {
				end = len(s)
			}
			part, s, ok = strings.ToLower(s[:end]), s[end:], end > 0
		}
		if !ok || part == "" {
			return nil, false
		}
		parts = append(parts, part)
		if s == "" {
			return parts, true
		}
		if s[0] != '.' {
			return nil, false
		}
		s = s[1:]
	}
}

// quoted reads what stands before a closing quote; two are one of the name's.
func quoted(s string) (name, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `"`)
		b.WriteString(before)
		if !found {
			return "", "", false
		}
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, true
		}
		b.WriteByte('"')
		s = after[1:]
	}
}

// allows tells whether an exception covers a finding, and notes that it did.
func (p *Policy) allows(f hazard.Finding) bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	choice, _ := p.choice(f)
	covered := choice.permits(Allow)
	for i, e := range p.exceptions {
		if e.id == f.Hazard.ID && e.relation.String() == f.Relation && e.column == f.Column {
			p.used[i], covered = true, true
		}
	}
	return covered
}

// Unused lists the exceptions that covered nothing, as they were written.
func (p *Policy) Unused() []string {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var unused []string
	for i, e := range p.exceptions {
		if !p.used[i] {
			unused = append(unused, e.text)
		}
	}
	return unused
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

func (p *Policy) small() *catalog.Size {
	if p == nil {
		return nil
	}
	return p.Small
}
