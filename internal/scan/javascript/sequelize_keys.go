package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// sequelizeKeys are those of which Sequelize 6 takes one for ON CONFLICT where a call
// names none (model.js and query-interface.js of 6.37): the model's, not the table's.
type sequelizeKeys struct {
	primary []string
	// uniques are the columns of each key, by its name.
	uniques map[string][]string
	// unknown says that there may be others.
	unknown bool
}

// made notes the property of a column that was added to those before.
func (m *model) made(property string, before int) (column string) {
	if len(m.columns) == before+1 {
		column = m.columns[before]
	}
	m.property(property, column)
	return column
}

// serial adds the primary key that Sequelize gives to a model without one.
func (m *model) serial() {
	m.columns = append(m.columns, "id")
	m.property("id", "id")
	m.keys.primary = append(m.keys.primary, "id")
}

// sequelizeType is an attribute that is only a type, of what it begins with.
var (
	sequelizeType = found.Expression(`^(\w+)(?:\.\w+)*\.[A-Z][A-Z0-9_]*\b|^([A-Z][A-Z0-9_]*)\b`)
	dataTypes     = found.Expression(`(?i)^(?:data_?)?types?$|^sequelize$`)
)

// isType tells an attribute that is only a type: what the application makes may have keys.
func (f *File) isType(n *syntax.Node) bool {
	parts := sequelizeType().FindStringSubmatch(f.text(bare(n)))
	return parts != nil && (dataTypes().MatchString(parts[1]) || slices.Contains(sequelizePackages, f.module(parts[1]+parts[2])))
}

// keyed reads an attribute with the keys it is of, and tells whether it is the primary
// key.
func (p *project) keyed(f *File, name string, given *syntax.Node, m *model, d define) (primary bool) {
	before := len(m.columns)
	primary = p.attribute(f, name, given, m, d)
	column := m.made(name, before)
	options, ok := p.object(f, given)
	if !ok {
		m.keys.unknown = m.keys.unknown || !f.isType(given)
		return primary
	}
	key, all := options.property("primaryKey")
	unique, _ := options.property("unique")
	m.keys.unknown = m.keys.unknown || !all || key != nil && !key.Is("true", "false") || (primary || unique != nil) && column == ""
	if primary {
		m.keys.primary = append(m.keys.primary, column)
	}
	if unique == nil || unique.Is("false") {
		return primary
	}
	index, isText := p.string(options.file, unique)
	if of, ok := p.object(options.file, unique); ok {
		named, all := of.property("name")
		if index, isText = p.string(of.file, named); named == nil {
			index, isText = "", all
		}
	}
	if index == "" {
		index = column + " unique" // a key of its own
	}
	m.keys.unknown = m.keys.unknown || !isText && !unique.Is("true")
	if m.keys.uniques == nil {
		m.keys.uniques = make(map[string][]string)
	}
	m.keys.uniques[index] = append(m.keys.uniques[index], column)
	return primary
}

// plainIndexes tells a list of indexes of which none is unique.
func plainIndexes(f *File, list *syntax.Node) bool {
	return list.Is("array") && !slices.ContainsFunc(list.Children, func(n *syntax.Node) bool {
		index := value{f, bare(n)}
		unique, all := index.property("unique")
		kind, _ := index.property("type")
		return !n.Is("comment") && (!index.node.Is("object") || !all || kind != nil || unique != nil && !unique.Is("false"))
	})
}

// associations are the signs of keys that associations add to a model: the names of
// models that rows of two others are joined through, of which a text makes its own;
// anything where it may be any model.
type associations struct {
	through  map[string]bool
	anything bool
}

// associated notes the signs in a property of an object.
func (r *reader) associated(n *syntax.Node) {
	key, given := r.text(n.Child("key")), n.Child("value")
	if n.Is("shorthand_property_identifier") {
		key, given = r.text(n), n
	}
	switch key {
	case "through":
		if r.keyed.through == nil {
			r.keyed.through = make(map[string]bool)
		}
		name, isText := r.throughName(bare(given))
		r.keyed.through[name] = isText
	case "sourceKey", "uniqueKey", "uniqueKeys":
		r.keyed.anything = true
	case "foreignKey", "otherKey":
		_, isText := r.literal(given)
		r.keyed.anything = r.keyed.anything || !isText && (!bare(given).Is("object") || strings.Contains(r.text(given), "unique") || strings.Contains(r.text(given), "..."))
	}
}

// throughName is what the code calls the model that rows are joined through.
func (r *reader) throughName(given *syntax.Node) (name string, isText bool) {
	if given.Is("object") {
		given, _ = value{r.File, given}.property("model")
	}
	if t, ok := r.literal(given); ok {
		return t, true
	}
	if given.Is("member_expression") {
		given = given.Child("property")
	}
	return r.text(given), false
}

// sequelizeAssociations marks the models whose keys associations may add to.
func (p *project) sequelizeAssociations() {
	anything := p.settings["removeAttribute"]
	through := make(map[string]bool)
	for _, f := range p.files {
		many := slices.Contains(f.settings, "belongsToMany") || slices.Contains(f.settings, "BelongsToMany")
		anything = anything || f.keyed.anything || many && f.keyed.through == nil
		for name, isText := range f.keyed.through {
			is := slices.ContainsFunc(p.models[sequelizePackage], func(m *model) bool { return m.by == name })
			anything = anything || !is && !isText
			through[name] = true
		}
	}
	for _, m := range p.models[sequelizePackage] {
		m.keys.unknown = m.keys.unknown || anything || through[m.by]
	}
}

// through notes the table of belongsToMany that has no model.
func (p *project) through(f *File, arguments []*syntax.Node, at contract.Evidence) {
	if len(arguments) < 2 {
		return
	}
	given := arguments[1]
	if options, ok := p.object(f, given); ok {
		if given, _ = options.property("through"); given == nil {
			return
		}
		f = options.file
		if inner, ok := p.object(f, given); ok {
			if given, _ = inner.property("model"); given == nil {
				return
			}
		}
	}
	// What is no text is a model with a table of its own.
	if t, ok := p.string(f, given); ok {
		p.join(contract.Name{Name: t}, "belongsToMany", at)
	}
}
