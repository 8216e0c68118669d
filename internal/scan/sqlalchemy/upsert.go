package sqlalchemy

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/python"
)

// conflicts notes what the statements of a file need that insert ON CONFLICT.
func (p *project) conflicts(f *File) {
	for _, c := range f.Conflicts {
		arbiter := c.Arbiter
		arbiter.Columns = slices.Clone(arbiter.Columns)
		for _, element := range c.Elements {
			column := p.columnOf(f.File, element)
			if column == "" {
				arbiter = contract.Arbiter{Any: true}
				break
			}
			arbiter.Columns = append(arbiter.Columns, column)
		}
		names, _ := p.meant(f.File, c.Table)
		for _, name := range names {
			if p.moves {
				name.Schema = ""
			}
			p.to.Use(name, contract.Use{Origin: contract.SQL, At: c.At, Arbiters: []contract.Arbiter{arbiter}})
		}
		if len(names) == 0 {
			p.to.Upsert(contract.Upsert{Arbiter: arbiter, Why: python.WhyUpsert, At: c.At})
		}
	}
}

// columnOf is the column that Account.id or accounts.c.id is, empty if that is not known.
func (p *project) columnOf(f *python.File, element string) string {
	end := strings.LastIndex(element, ".")
	of := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(element[:end], ".columns"), ".c"), ".__table__")
	_, properties := p.meant(f, of)
	return properties[element[end+1:]]
}

// meant is what a file calls so: the tables of a model or a Table, and their columns by
// the names that the code has for them.
func (p *project) meant(f *python.File, name string) (tables []contract.Name, properties map[string]string) {
	if name == "" {
		return nil, nil
	}
	if c := p.base(&class{file: p.files[f]}, name); c != nil {
		h := p.heritage(c, 0)
		names, ok := p.names(c, h)
		if c.twin || !ok {
			return nil, nil
		}
		columns := h.columns
		if columns.join(h.plain); c.inline != nil {
			columns = c.inline.columns
		}
		for _, name := range names {
			tables = append(tables, contract.Name{Schema: h.schema, Name: name})
		}
		return tables, columns.properties
	}
	t := p.tableNamed(f, name)
	if t == nil || t.computed || t.twin {
		return nil, nil
	}
	return []contract.Name{t.name}, t.columns.properties
}

// property notes the column of a property: of two of a name it is not known which.
func (c *columns) property(name, column string) {
	if c.properties == nil {
		c.properties = make(map[string]string)
	}
	if known, ok := c.properties[name]; ok && known != column {
		column = ""
	}
	c.properties[name] = column
}

// keyed notes the one column that was made of a property, or of a Table; other says that
// it has another key there.
func (c *columns) keyed(property string, other bool) {
	column := ""
	if len(c.names) == 1 && !c.every {
		column = c.names[0]
	}
	switch {
	case property == "" && other:
	case property == "":
		c.property(column, column)
	default:
		c.property(property, column)
	}
}
