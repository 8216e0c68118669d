package javascript

import (
	"path"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// value is an expression, in the file it stands in.
type value struct {
	file *File
	node *syntax.Node
}

// lookup finds what a name stands for: a variable of the file, or one of another
// that the file imports. ok is false if it is not in the tree, or may be several.
func (p *project) lookup(f *File, name string) (v value, ok bool) {
	for range 10 {
		if n := f.consts[name]; n != nil {
			n = bare(n)
			if n.Is("identifier") && f.text(n) != name {
				name = f.text(n)
				continue
			}
			return value{f, n}, true
		}
		from, known := f.imported(name)
		if !known || from.name == "*" || from.name == "default" {
			return value{}, false
		}
		var in []*File
		for _, other := range p.files {
			if other != f && (other.consts[from.name] != nil || other.hands(from.name)) && isModule(other.path, f.path, from.module) {
				in = append(in, other)
			}
		}
		if len(in) != 1 {
			return p.elsewhere(from.name)
		}
		f, name = in[0], from.name
	}
	return value{}, false
}

// hands tells whether a file imports what has a name, which others may import from it.
func (f *File) hands(name string) bool {
	from, _ := f.imported(name)
	return from.name != ""
}

// elsewhere finds the one file of the tree that declares a name: a module may hand
// on what others declare.
func (p *project) elsewhere(name string) (v value, ok bool) {
	for _, f := range p.files {
		if n := f.consts[name]; n != nil {
			if ok {
				return value{}, false
			}
			v, ok = value{f, bare(n)}, true
		}
	}
	return v, ok
}

// isModule tells whether a file is what another imports as a module.
func isModule(file, from, module string) bool {
	for _, index := range []string{"", "/index"} {
		name := strings.TrimSuffix(file, path.Ext(file))
		name, found := strings.CutSuffix(name, index)
		if !found {
			continue
		}
		module := strings.TrimSuffix(module, ".js")
		if strings.HasPrefix(module, ".") {
			if path.Join(path.Dir(from), module) == name {
				return true
			}
			continue
		}
		_, rest, _ := strings.Cut(module, "/") // an alias: @/db/schema
		if rest != "" && strings.HasSuffix("/"+name, "/"+rest) {
			return true
		}
	}
	return false
}

// original is what a name was called where it comes from, if that is a package:
// table for pgTable, in import { pgTable as table } from "drizzle-orm/pg-core".
func (f *File) original(name, pkg string) string {
	if from, ok := f.imported(name); ok && packageOf(from.module) == pkg && from.name != "*" && from.name != "default" {
		return from.name
	}
	return name
}

// callee is the last name of what is called, by its original name.
func (f *File) callee(n *syntax.Node, pkg string) string {
	function := bare(n.Child("function"))
	if function.Is("member_expression") {
		return f.text(function.Child("property"))
	}
	return f.original(f.text(function), pkg)
}

// object is an object's node: of a literal, a name for one, or a function that
// returns one.
func (p *project) object(f *File, n *syntax.Node) (value, bool) {
	n = bare(n)
	switch {
	case n == nil:
		return value{}, false
	case n.Is("object"):
		return value{f, n}, true
	case n.Is("identifier"):
		v, ok := p.lookup(f, f.text(n))
		if !ok || !v.node.Is("object") {
			return value{}, false
		}
		return v, true
	case n.Is("arrow_function", "function_expression"):
		body := bare(n.Child("body"))
		if !body.Is("statement_block") {
			return p.object(f, body)
		}
		if len(body.Children) == 1 && body.Children[0].Is("return_statement") && len(body.Children[0].Children) == 1 {
			return p.object(f, body.Children[0].Children[0])
		}
	}
	return value{}, false
}

// property is the value of an object's property; all says that no other part of the
// object could set it.
func (v value) property(name string) (found *syntax.Node, all bool) {
	all = true
	for _, child := range v.node.Children {
		switch child.Kind {
		case "pair":
			if child.Child("key").Is("computed_property_name") {
				all = false
			}
			if v.file.key(child.Child("key")) == name {
				found = bare(child.Child("value"))
			}
		case "shorthand_property_identifier":
			if v.file.text(child) == name {
				found = child
			}
		case "method_definition":
			if v.file.text(child.Child("name")) == name {
				found = child
			}
		case "spread_element":
			all = false
		}
	}
	return found, all
}

// string is the text of a literal, or of a name for one.
func (p *project) string(f *File, n *syntax.Node) (string, bool) {
	n = bare(n)
	if n.Is("identifier", "shorthand_property_identifier") {
		v, ok := p.lookup(f, f.text(n))
		if !ok {
			return "", false
		}
		f, n = v.file, v.node
	}
	return f.literal(n)
}

// model is a table that a model stands for, before it is noted.
type model struct {
	by   string
	name contract.Name
	at   contract.Evidence
	// columns are certain, maybe may be the model's.
	columns, maybe []string
	// all says that the model uses all columns there are.
	all bool
	// onTable is contract.Use's: sync() of Sequelize and TypeORM's synchronize make
	// tables at boot.
	onTable string
	// why is what was not understood of it, empty if all was.
	why string
	// textBigint: see contract.Use.
	textBigint bool
	// node is the call or the class that makes it.
	node *syntax.Node
	// properties are the columns by the names that the code has for them, "" where
	// it is not known.
	properties map[string]string
	// keys are those that Sequelize finds by itself: see upsertKeys.
	keys sequelizeKeys
	// steps counts the classes and objects that were read for it: they may lead
	// in a circle, several ways at each step.
	steps int
}

// property notes the column of a property: of two of a name it is not known which.
func (m *model) property(name, column string) {
	if m.properties == nil {
		m.properties = make(map[string]string)
	}
	if known, ok := m.properties[name]; ok && known != column {
		column = ""
	}
	m.properties[name] = column
}

// step tells whether there may be one more.
func (m *model) step() bool {
	if m.steps++; m.steps > 1000 {
		m.why = "it is put together of too much"
		return false
	}
	return true
}

// note notes a model of named columns, and keeps it for who asks for its columns.
func (m model) note(p *project, library string) {
	p.models[library] = append(p.models[library], &m)
	columns := contract.Named(m.columns...)
	if m.all {
		columns = contract.Every()
	}
	p.to.Use(m.name, contract.Use{Origin: contract.Model, By: m.by, At: m.at, Reads: columns, Updates: columns, Adds: true, Inserts: columns,
		TextBigint: m.textBigint, OnTable: m.onTable})
	for _, column := range m.maybe {
		p.to.Blind(contract.Gap{Reach: contract.Within, Relation: m.name, Column: column, At: m.at, Why: "a column of " + m.by + " may be called so"})
	}
	if m.why != "" {
		p.to.Blind(contract.Gap{Reach: contract.Within, Relation: m.name, At: m.at, Why: m.why})
	}
}
