package javascript

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// needed is an index that a call needs, and the model whose table it is of: nil where
// that may be any, of which then the columns tell.
type needed struct {
	of *model
	contract.Arbiter
}

// anyOf is an index of a model that is not known.
func anyOf(m *model) []needed { return []needed{{m, contract.Arbiter{Any: true}}} }

// upserts notes what the calls that insert ON CONFLICT need.
func (p *project) upserts() {
	for _, f := range p.files {
		if p.tree.quiet(f) {
			continue
		}
		for _, c := range f.conflicts {
			for _, n := range p.needs(f, c) {
				if n.of != nil {
					p.to.Use(n.of.name, contract.Use{Origin: contract.SQL, At: c.at, Arbiters: []contract.Arbiter{n.Arbiter}})
				} else {
					p.to.Upsert(contract.Upsert{Arbiter: n.Arbiter, Why: whyUpsert, At: c.at})
				}
			}
		}
	}
}

// needs reads a call as those libraries would that the tree has.
func (p *project) needs(f *File, c conflict) (all []needed) {
	arguments := slices.DeleteFunc(slices.Clone(c.call.Child("arguments").Children), func(n *syntax.Node) bool { return n.Is("comment") })
	if len(arguments) == 0 || c.name == "bulkCreate" && len(arguments) == 1 || slices.ContainsFunc(arguments, func(n *syntax.Node) bool { return n.Is("spread_element") }) {
		return anyOf(nil)
	}
	var read []func(*File, *syntax.Node, []*syntax.Node) ([]needed, bool)
	switch c.name {
	case "onConflictDoUpdate", "onConflictDoNothing":
		read = append(read, p.drizzleUpsert)
	case "orUpdate":
		read = append(read, p.typeormUpdate)
	case "bulkCreate":
		read = append(read, p.sequelizeBulk)
	case "upsert":
		if _, used := p.used(typeormPackage); used {
			read = append(read, p.typeormUpsert)
		}
		if _, used := p.used(sequelizePackages...); used {
			read = append(read, p.sequelizeUpsert)
		}
		if _, used := p.used(prismaPackage, "prisma", "@prisma/adapter-pg"); used {
			read = append(read, p.prismaUpsert)
		}
	}
	is := false
	for _, library := range read {
		needs, ok := library(f, c.call, arguments)
		all, is = append(all, needs...), is || ok
	}
	if !is {
		return anyOf(nil) // of a library that is not known
	}
	return all
}

// among is what an index by some properties means: those of a model, or of each that
// has them all where the model is not known.
func (p *project) among(library string, of *model, properties []string, partial bool) (all []needed) {
	if of != nil {
		return []needed{of.needs(properties, partial)}
	}
	for _, m := range p.models[library] {
		if !slices.ContainsFunc(properties, func(name string) bool { _, has := m.properties[name]; return !has && m.why == "" }) {
			n := m.needs(properties, partial)
			n.of = nil
			all = append(all, n)
		}
	}
	if all == nil || p.unsure[library] {
		return anyOf(nil)
	}
	return all
}

// needs is an index of the columns that some properties are.
func (m *model) needs(properties []string, partial bool) needed {
	a := contract.Arbiter{Partial: partial}
	for _, name := range properties {
		column := m.properties[name]
		if column == "" {
			return anyOf(m)[0]
		}
		a.Columns = append(a.Columns, column)
	}
	a.Any = len(properties) == 0
	return needed{m, a}
}

// modelOf is the model that an expression stands for, nil if that is not certain.
func (p *project) modelOf(library string, f *File, n *syntax.Node) *model {
	n = bare(n)
	if n.Is("member_expression") { // import * as schema from "./schema"
		of := f.text(n.Child("object"))
		if from, _ := f.imported(of); from.name == "*" && !f.shadows(n.Child("object")) {
			return p.exported(library, f, from.module, f.text(n.Child("property")))
		}
		return nil
	}
	if !n.Is("identifier") {
		return nil
	}
	name := f.text(n)
	// A parameter, or a variable of a function, may have the name, too.
	if f.shadows(n) || f.consts[name] == nil && f.others[name] > 0 {
		return nil
	}
	if c := p.classOf(f, name); c != nil {
		return p.made(library, c.node)
	}
	v, ok := p.lookup(f, name)
	if !ok {
		return nil
	}
	return p.made(library, v.node)
}

// exported is the model that a module of the tree has by a name.
func (p *project) exported(library string, f *File, module, name string) *model {
	var made []*model
	for _, other := range p.files {
		if n := other.consts[name]; n != nil && isModule(other.path, f.path, module) {
			made = append(made, p.made(library, bare(n)))
		}
	}
	if len(made) != 1 {
		return nil
	}
	return made[0]
}

// made is the model that a call or a class makes.
func (p *project) made(library string, n *syntax.Node) *model {
	if i := slices.IndexFunc(p.models[library], func(m *model) bool { return m.node == n }); i >= 0 {
		return p.models[library][i]
	}
	return nil
}

// begins looks in the calls before a call for one of a name, and is what that is given.
func (f *File) begins(call *syntax.Node, names ...string) *syntax.Node {
	for n := call; n.Is("call_expression"); {
		function := bare(n.Child("function"))
		if arguments := n.Child("arguments"); slices.Contains(names, f.callee(n, "")) && arguments != nil && len(arguments.Children) > 0 {
			return arguments.Children[0]
		}
		n = bare(function.Child("object"))
	}
	return nil
}

// shadows tells a name that a file imports, and gives to something else, too.
func (f *File) shadows(n *syntax.Node) bool {
	name := f.text(bare(n))
	_, imports := f.imported(name)
	return imports && f.others[name] > 0
}

// literal is object, of a name that stands for one thing.
func (p *project) literal(f *File, n *syntax.Node) (value, bool) {
	if f.shadows(n) {
		return value{}, false
	}
	return p.object(f, n)
}

// texts are those of a list, ok that it has no others.
func (p *project) texts(f *File, n *syntax.Node) (texts []string, ok bool) {
	n = bare(n)
	if n.Is("identifier") {
		v, known := p.lookup(f, f.text(n))
		if !known || f.shadows(n) {
			return nil, false
		}
		f, n = v.file, v.node
	}
	if !n.Is("array") {
		return nil, false
	}
	for _, child := range n.Children {
		t, ok := p.string(f, child)
		if !ok || f.shadows(child) {
			return nil, false
		}
		texts = append(texts, t)
	}
	return texts, true
}
