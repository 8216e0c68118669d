package javascript

import (
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// join notes a table without a class.
func (p *project) join(name contract.Name, by string, at contract.Evidence) {
	p.to.Use(name, contract.Use{Origin: contract.Table, By: by, At: at, Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every()})
}

// targetOf is the class a relation leads to.
func (p *project) targetOf(c *class, arguments []*syntax.Node) *class {
	if len(arguments) == 0 {
		return nil
	}
	first := bare(arguments[0])
	if first.Is("arrow_function") {
		return p.classOf(c.file, c.file.text(bare(first.Child("body"))))
	}
	if t, ok := p.string(c.file, first); ok {
		var found []*class
		for _, f := range p.files {
			for _, other := range f.classes {
				if other.name == t {
					found = append(found, other)
				}
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	return nil
}

// primaries are the primary columns' properties of a class.
func (p *project) primaries(c *class, depth int) (names []string) {
	for ; c != nil && depth < 20; depth++ {
		for _, of := range c.members {
			if _, arguments, ok := c.file.decorated(of.decorators, typeormPackage, "PrimaryColumn", "PrimaryGeneratedColumn", "ObjectIdColumn", "Column"); ok {
				primary := false
				if name, _, _ := c.file.decorated(of.decorators, typeormPackage, "PrimaryColumn", "PrimaryGeneratedColumn", "ObjectIdColumn", "Column"); name != "Column" {
					primary = true
				}
				for _, argument := range arguments {
					if options, ok := p.object(c.file, argument); ok {
						is, _ := options.property("primary")
						primary = primary || is.Is("true")
					}
				}
				if primary {
					names = append(names, of.name)
				}
			}
		}
		c = p.base(c)
	}
	return names
}

// joinColumns reads the columns of a relation to one.
func (p *project) joinColumns(c *class, of member, kind string, arguments []*syntax.Node, m *model, prefixes []string) {
	_, given, has := c.file.decorated(of.decorators, typeormPackage, "JoinColumn")
	if kind == "OneToOne" && !has {
		return // the other side has the column
	}
	if len(prefixes) > 0 {
		m.why = "a relation in an embedded class: " + of.name
		return
	}
	target := p.targetOf(c, arguments)
	if kind == "TreeParent" {
		target = c
	}
	var options []*syntax.Node
	for _, argument := range given {
		if argument = bare(argument); argument.Is("array") {
			options = append(options, argument.Children...)
		} else {
			options = append(options, argument)
		}
	}
	add := func(referenced string) {
		name := typeormCamel(of.name + "_" + referenced)
		if snake := typeormSnake(of.name + "_" + referenced); p.snakeNames() {
			name = snake
		} else if p.settings["namingStrategy"] {
			m.maybe = append(m.maybe, name, snake)
			m.why = "names of columns are made by a strategy of the application's own"
			return
		}
		m.columns = append(m.columns, name)
	}
	for _, option := range options {
		o, ok := p.object(c.file, option)
		if !ok {
			m.why = "the column of a relation is computed: " + of.name
			continue
		}
		name, all := o.property("name")
		referenced, _ := o.property("referencedColumnName")
		switch {
		case !all:
			m.why = "the column of a relation is computed: " + of.name
		case name != nil:
			if t, ok := p.string(o.file, name); ok {
				m.columns = append(m.columns, t)
			} else {
				m.why = "the column of a relation is computed: " + of.name
			}
		case referenced != nil:
			if t, ok := p.string(o.file, referenced); ok {
				add(t)
			} else {
				m.why = "the column of a relation is computed: " + of.name
			}
		default:
			options = nil
		}
	}
	if len(options) > 0 {
		return
	}
	keys := p.primaries(target, 0)
	if len(keys) == 0 {
		m.why = "the class that a relation leads to was not found: " + of.name
	}
	for _, key := range keys {
		add(key)
	}
}

// joinTable notes the table of a relation of many to many, where it is owned.
func (p *project) joinTable(c *class, of member, arguments []*syntax.Node, m *model) {
	_, given, has := c.file.decorated(of.decorators, typeormPackage, "JoinTable")
	if !has {
		return
	}
	by := "JoinTable " + c.name + "." + of.name
	name := contract.Name{Schema: m.name.Schema}
	if len(given) > 0 {
		options, ok := p.object(c.file, given[0])
		if t, isText := p.string(c.file, given[0]); isText {
			p.join(contract.Name{Schema: name.Schema, Name: t}, by, c.at)
			return
		}
		table, all := (*syntax.Node)(nil), false
		if ok {
			table, all = options.property("name")
		}
		if table != nil {
			t, isText := p.string(options.file, table)
			name.Name, all = t, all && isText
		}
		if schema, _ := options.optional("schema"); schema != nil {
			name.Schema = "" // any
		}
		if !all {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of " + c.name + "." + of.name + " is computed", At: c.at})
			return
		}
	}
	if name.Name == "" {
		target := p.targetOf(c, arguments)
		to, ok := contract.Name{}, false
		if target != nil {
			to, ok = p.entityTable(target, 0)
		}
		if !ok || p.customNames() {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of " + c.name + "." + of.name + " is not known", At: c.at})
			return
		}
		name.Name = typeormSnake(m.name.Name + "_" + of.name + "_" + to.Name)
	}
	p.join(name, by, c.at)
}

// optional is property of a value that may be none.
func (v value) optional(name string) (*syntax.Node, bool) {
	if v.node == nil {
		return nil, false
	}
	return v.property(name)
}
