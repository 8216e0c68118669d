package sqlalchemy

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/python"
)

// heritage is what a class has from its bases.
type heritage struct {
	columns columns
	plain   columns
	naming  naming
	// tabled is the nearest base that has a table of its own.
	tabled                       *class
	declarative, flask, sqlmodel bool
	bare                         bool
	unknown                      bool // a base is not in the source, and may have columns
	schema                       string
	arguments                    bool
}

// heritage joins a class's bases, and theirs up to those that have a table.
func (p *project) heritage(c *class, depth int) (h heritage) {
	h.bare = c.bare
	h.columns, h.plain, h.naming, h.schema, h.arguments = c.columns, c.plain, c.naming, c.schema, c.arguments
	for _, name := range c.bases {
		var above heritage
		parent := p.base(c, name)
		if depth > 50 {
			h.unknown = true
			return h
		}
		if parent == nil {
			of := p.root(c.file.File, name, 0)
			above = heritage{columns: of.columns, declarative: of.declarative, flask: of.flask, sqlmodel: of.sqlmodel, unknown: !of.known}
			if of.cls != nil {
				made := p.heritage(of.cls, depth+1)
				above.columns, above.naming, above.unknown = made.columns, made.naming, above.unknown || made.unknown
			}
		} else {
			above = p.heritage(parent, depth+1)
			above.declarative = above.declarative || p.isBase(parent)
			if p.hasTable(parent, above) {
				above.tabled, above.columns, above.plain, above.schema, above.arguments = parent, columns{}, columns{}, "", false
				if !above.naming.lower && !above.naming.same {
					above.naming = naming{}
				}
			}
		}
		h.join(above)
	}
	return h
}

func (h *heritage) join(above heritage) {
	h.columns.join(above.columns)
	h.plain.join(above.plain)
	if !h.naming.given() && !h.naming.none {
		h.naming = above.naming
	}
	if h.tabled == nil {
		h.tabled = above.tabled
	}
	if !h.arguments {
		h.schema, h.arguments = above.schema, above.arguments
	}
	h.declarative, h.flask, h.sqlmodel = h.declarative || above.declarative, h.flask || above.flask, h.sqlmodel || above.sqlmodel
	h.unknown, h.bare = h.unknown || above.unknown, h.bare || above.bare
}

// hasTable tells whether a class is a model with a table, and no mixin.
func (p *project) hasTable(c *class, h heritage) bool {
	switch {
	case c.abstract || p.isBase(c):
		return false
	case c.inline != nil || c.ref != "":
		return true
	case h.sqlmodel:
		return c.mapped
	case !h.declarative && !c.mapped:
		return false
	case h.flask && len(c.bases) > 0:
		return h.columns.primary || h.columns.every || h.naming.given()
	}
	return h.naming.given()
}

// isBase tells a class that models are made of, and that is none.
func (p *project) isBase(c *class) bool {
	if a, ok := c.file.assigned[c.name]; ok && (last(a.call) == "declarative_base" || last(a.call) == "generate_base") {
		return true // @as_declarative, or Base = declarative_base(cls=Base)
	}
	return slices.ContainsFunc(c.bases, func(name string) bool { return p.base(c, name) == nil && p.root(c.file.File, name, 0).direct })
}

// model notes the table of a class with its columns. It is false when the class is
// no model.
func (p *project) model(c *class) bool {
	h := p.heritage(c, 0)
	own := c.naming.given() || c.inline != nil || c.ref != "" || c.mapped
	if !own && !h.declarative && h.tabled == nil {
		// Of a base that is not in the source a class with columns may be a model.
		if h.unknown && len(c.columns.names) > 0 && !p.parents[c] {
			p.computed(c, "model "+c.name+" has a base that is not in the source")
			return true
		}
		return false
	}
	if c.abstract || p.isBase(c) || h.sqlmodel && !c.mapped && c.inline == nil {
		return h.declarative || p.isBase(c)
	}
	// A mixin: the models it is mixed into have its columns.
	if !h.declarative && !c.mapped && h.tabled == nil && c.inline == nil && c.ref == "" && p.parents[c] {
		return false
	}
	columns := h.columns
	if h.sqlmodel {
		columns.join(h.plain)
	}
	columns.every = columns.every || h.unknown || h.bare && !h.sqlmodel
	except, only := c.except, c.only
	if p.exposes {
		except, only = nil, nil
	}
	names, ok := p.names(c, h)
	if !ok {
		p.computed(c, "model "+c.name+" has a table whose name is computed")
	}
	switch {
	case c.inline != nil:
		columns.join(c.inline.columns)
		columns.every = columns.every || c.inline.bare
	case c.ref != "":
		columns.every = columns.every || len(names) == 0
	}
	for _, name := range names {
		p.use(contract.Name{Schema: h.schema, Name: name}, c.name, c.at, columns.set(except, only), columns.reflected)
	}
	if ok && len(names) == 0 && len(c.columns.names) > 0 && !p.parents[c] {
		p.computed(c, "model "+c.name+" has a table that is not known")
	}
	return true
}

func (p *project) computed(c *class, why string) {
	p.to.Blind(contract.Gap{Reach: contract.Anything, Why: why, At: c.at})
}

// names are the names of the table a class stands for: none of a base of others.
func (p *project) names(c *class, h heritage) (names []string, ok bool) {
	switch {
	case c.inline != nil:
		return []string{c.inline.name.Name}, !c.inline.computed
	case c.ref != "":
		return p.referred(c)
	}
	// A subclass of a model has its table, unless it has a key of its own.
	if h.tabled != nil && !c.naming.given() && (c.naming.none || !c.columns.primary && !c.mapped) {
		return p.inherited(h.tabled, 0)
	}
	switch {
	case h.naming.name != "":
		return []string{h.naming.name}, true
	case h.naming.computed:
		return nil, false
	case h.naming.lower, h.sqlmodel && !h.naming.same:
		return []string{strings.ToLower(c.name)}, true
	case h.naming.same:
		return []string{c.name}, true
	case h.flask && (h.columns.primary || h.columns.every):
		return []string{snake(c.name)}, true
	case h.tabled != nil:
		return p.inherited(h.tabled, 0)
	}
	return nil, true
}

func (p *project) inherited(c *class, depth int) ([]string, bool) {
	if depth > 50 {
		return nil, false
	}
	return p.names(c, p.heritage(c, 0))
}

// referred is the table of __table__ = users.
func (p *project) referred(c *class) ([]string, bool) {
	t := p.tableNamed(c.file.File, c.ref)
	if t == nil || t.computed {
		return nil, false
	}
	return []string{t.name.Name}, true
}

// tableNamed is the Table that a file calls so, nil if it is not in the source.
func (p *project) tableNamed(f *python.File, name string) *table {
	named := func(f *python.File, name string) *table {
		i := slices.IndexFunc(p.files[f].tables, func(t *table) bool { return t.by == name })
		if i < 0 {
			return nil
		}
		return p.files[f].tables[i]
	}
	in, as := p.Find(f, name, func(f *python.File, name string) bool { return named(f, name) != nil })
	if in == nil {
		return nil
	}
	return named(in, as)
}
