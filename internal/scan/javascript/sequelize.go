package javascript

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

const sequelizePackage = "sequelize"

var sequelizePackages = []string{sequelizePackage, "sequelize-typescript"}

// sequelize notes the models. Sequelize selects each attribute of a model by name.
// But it hands on names that it does not know, and associations add columns: a
// model's table may have any column whose name stands in the source.
func (p *project) sequelize() {
	at, used := p.used(sequelizePackages...)
	if !used {
		return
	}
	all := p.allModels()
	models := 0
	for _, f := range p.files {
		for _, call := range f.calls {
			models += p.sequelizeCall(f, call, all)
		}
		for _, c := range f.classes {
			if _, arguments, ok := f.decorated(c.decorators, "sequelize-typescript", "Table"); ok {
				models++
				p.sequelizeClass(c, arguments, all)
			}
		}
	}
	p.sequelizeAssociations()
	if models == 0 {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "Sequelize is used, and no model was found", At: at})
	}
	// What associations call columns by themselves, and what has a name by default.
	p.to.Words("\x00Id", "\x00_id", "id", "version", "createdAt", "updatedAt", "deletedAt", "created_at", "updated_at", "deleted_at")
}

// sequelizeCall notes the model that a call makes, and counts it.
func (p *project) sequelizeCall(f *File, n *syntax.Node, all define) int {
	function, arguments := bare(n.Child("function")), n.Child("arguments").Children
	if n.Is("new_expression") || !function.Is("member_expression") {
		return 0
	}
	d, made := define{values: make(map[string]*syntax.Node), file: f}, n
	var attributes *syntax.Node
	name, known := "", true
	switch f.text(function.Child("property")) {
	case "define":
		if len(arguments) < 2 {
			return 0
		}
		name, known = p.string(f, arguments[0])
		attributes = arguments[1]
		arguments = arguments[2:]
	case "init":
		if len(arguments) < 2 {
			return 0
		}
		name = f.text(function.Child("object"))
		if name == "super" || name == "this" {
			name = f.around(n)
		}
		known = name != ""
		if c := f.classOf(name); c != nil {
			made = c.node
		}
		attributes = arguments[0]
		arguments = arguments[1:]
	case "belongsToMany":
		p.through(f, arguments, f.at(n))
		return 0
	default:
		return 0
	}
	if len(arguments) > 0 {
		options, ok := p.object(f, arguments[0])
		if ok {
			options.options(&d)
		}
		d.maybe = d.maybe || !ok
	}
	m := model{by: name, at: f.at(n), node: made, keys: sequelizeKeys{unknown: d.maybe}}
	p.attributes(f, attributes, &m, d.of(all))
	p.sequelizeModel(&m, d.of(all), known)
	return 1
}

// around is the class that a place stands in.
func (f *File) around(n *syntax.Node) string {
	for _, c := range f.classes {
		if c.node.Start <= n.Start && n.End <= c.node.End {
			return c.name
		}
	}
	return ""
}

// attributes reads an object of attributes.
func (p *project) attributes(f *File, n *syntax.Node, m *model, d define) {
	v, ok := p.object(f, n)
	if !ok {
		m.why = "attributes that are computed"
		return
	}
	primary := false
	for _, child := range v.node.Children {
		if child.Is("comment") {
			continue
		}
		if !child.Is("pair") || child.Child("key").Is("computed_property_name") {
			m.why = "an attribute that is computed: " + v.file.text(child)
			continue
		}
		primary = p.keyed(v.file, v.file.key(child.Child("key")), child.Child("value"), m, d) || primary
	}
	if !primary {
		m.serial()
	}
}

// attribute reads one attribute, and tells whether it is the primary key.
func (p *project) attribute(f *File, name string, given *syntax.Node, m *model, d define) (primary bool) {
	given = bare(given)
	if strings.HasSuffix(f.text(given), "VIRTUAL") || strings.Contains(f.text(given), ".VIRTUAL(") {
		return false
	}
	if given.Is("object", "identifier") {
		options, ok := p.object(f, given)
		if !ok {
			if given.Is("object") || f.module(f.text(given)) == "" {
				m.why = "an attribute that is computed: " + name
			}
			p.column(name, m, d)
			return false
		}
		field, all := options.property("field")
		kind, _ := options.property("type")
		key, _ := options.property("primaryKey")
		primary = key.Is("true")
		if kind != nil && strings.Contains(options.file.text(kind), "VIRTUAL") {
			return primary
		}
		if field != nil {
			if t, ok := p.string(options.file, field); ok && all {
				m.columns = append(m.columns, t)
			} else {
				m.why = "the name of a column is computed: " + name
			}
			return primary
		}
		if !all {
			m.why = "an attribute that is computed: " + name
		}
	}
	p.column(name, m, d)
	return primary
}

// column adds the column of an attribute without a field of its own.
func (p *project) column(name string, m *model, d define) {
	snake := underscored(name)
	is, known := d.flag("underscored", false)
	switch {
	case snake == name || known && !is:
		m.columns = append(m.columns, name)
	case known:
		m.columns = append(m.columns, snake)
	default:
		m.maybe = append(m.maybe, name, snake)
	}
}

// timestamps adds the columns that Sequelize adds by itself.
func (p *project) timestamps(m *model, d define) {
	has, known := d.flag("timestamps", true)
	paranoid, ofParanoid := d.flag("paranoid", false)
	for _, name := range []string{"createdAt", "updatedAt", "deletedAt"} {
		switch {
		case known && !has || name == "deletedAt" && ofParanoid && !paranoid:
			continue
		case d.values[name].Is("false"):
			continue
		}
		column := name
		if given := d.values[name]; given != nil && !given.Is("true") {
			t, ok := p.string(d.file, given)
			if !ok {
				m.why = "the name of a column is computed: " + name
				continue
			}
			column = t
		}
		if !known || name == "deletedAt" && !ofParanoid {
			m.maybe = append(m.maybe, column, underscored(column))
			continue
		}
		p.column(column, m, d)
	}
	if d.values["version"] != nil {
		m.maybe = append(m.maybe, "version")
	}
}

// sequelizeModel notes a model with its table.
func (p *project) sequelizeModel(m *model, d define, known bool) {
	p.timestamps(m, d)
	if given := d.values["indexes"]; given != nil && !given.Is("false") {
		m.keys.unknown = m.keys.unknown || !plainIndexes(d.file, given)
	}
	if given := d.values["modelName"]; given != nil {
		m.by, known = p.string(d.file, given)
	}
	if given := d.values["schema"]; given != nil {
		m.name.Schema, _ = p.string(d.file, given) // any, if it is computed
	}
	if given := d.values["tableName"]; given != nil {
		if m.name.Name, known = p.string(d.file, given); known {
			p.sequelizeNote(m)
			return
		}
	}
	freeze, ofFreeze := d.flag("freezeTableName", false)
	under, ofUnder := d.flag("underscored", false)
	plural := pluralOf(m.by)
	switch {
	case !known || d.values["tableName"] != nil:
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "a model of Sequelize has a table whose name is computed", At: m.at})
		p.unsure[sequelizePackage] = true
		return
	case freeze && ofFreeze:
		m.name.Name = m.by
	case ofFreeze && ofUnder && under:
		m.name.Name = underscored(plural)
	case ofFreeze && ofUnder, ofFreeze && underscored(plural) == plural:
		m.name.Name = plural
	default:
		p.unsure[sequelizePackage] = true
		for _, name := range []string{m.by, plural, underscored(plural)} {
			p.to.Blind(contract.Gap{Reach: contract.Within, Relation: contract.Name{Name: name}, Why: "may be the table of model " + m.by + ", whose options are not known", At: m.at})
		}
		return
	}
	p.sequelizeNote(m)
}

// sequelizeNote notes a model, and that names are handed on.
func (p *project) sequelizeNote(m *model) {
	m.textBigint = p.textBigint()
	m.onTable = contract.Creates
	m.note(p, sequelizePackage)
	p.to.Gap(contract.Gap{Reach: contract.Within, Relation: m.name, At: m.at, NoUpsert: true, // its calls are read
		Why: "Sequelize takes names of columns that the model does not have from queries, and adds those of associations"})
}
