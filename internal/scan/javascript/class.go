package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A class may be a model: with decorators, or with a base that makes it one.
type class struct {
	name       string
	file       *File
	node       *syntax.Node
	at         contract.Evidence
	decorators []*syntax.Node
	// base is the class it extends, nil if it has none.
	base    *syntax.Node
	members []member
}

// member is a field, an accessor or a method.
type member struct {
	name       string
	computed   bool
	static     bool
	node       *syntax.Node
	value      *syntax.Node
	decorators []*syntax.Node
}

// class reads a class; decorators that stand before export are given.
func (r *reader) class(n *syntax.Node, before []*syntax.Node, name string) {
	c := &class{name: r.text(n.Child("name")), file: r.File, node: n, at: r.at(n), decorators: before}
	if c.name == "" {
		c.name = name
	}
	var body *syntax.Node
	for _, child := range n.Children {
		switch child.Kind {
		case "decorator":
			c.decorators = append(c.decorators, child)
		case "class_heritage":
			c.base = heritage(child)
		case "class_body":
			body = child
		}
	}
	if body == nil {
		return
	}
	var pending []*syntax.Node // before a method they stand by themselves
	for _, child := range body.Children {
		m := member{node: child, name: r.key(child.Child("name")), value: child.Child("value"), decorators: pending}
		switch child.Kind {
		case "decorator":
			pending = append(pending, child)
			continue
		case "comment":
			continue
		case "field_definition":
			m.name = r.key(child.Child("property"))
		}
		pending = nil
		m.computed = child.Child("name").Is("computed_property_name") || child.Child("property").Is("computed_property_name")
		before, _, _ := strings.Cut(r.text(child), m.name)
		m.static = slices.Contains(strings.Fields(before), "static")
		for _, d := range child.Children {
			if d.Is("decorator") {
				m.decorators = append(m.decorators, d)
			}
		}
		c.members = append(c.members, m)
	}
	r.classes = append(r.classes, c)
}

// heritage is the class behind extends; nil for interfaces only.
func heritage(n *syntax.Node) *syntax.Node {
	for _, child := range n.Children {
		switch {
		case child.Is("extends_clause"):
			return bare(child.Child("value"))
		case !child.Is("implements_clause", "comment"):
			return bare(child)
		}
	}
	return nil
}

// decorator is a decorator's name as its package calls it, and its arguments.
func (f *File) decorator(n *syntax.Node, pkg string) (name string, arguments []*syntax.Node) {
	if len(n.Children) == 0 {
		return "", nil
	}
	of := bare(n.Children[0])
	if of.Is("call_expression") {
		if list := of.Child("arguments"); list != nil {
			arguments = list.Children
		}
		of = bare(of.Child("function"))
	}
	if of.Is("member_expression") {
		return f.text(of.Child("property")), arguments
	}
	return f.original(f.text(of), pkg), arguments
}

// from is the module a decorator comes from, empty for one of the file's own.
func (f *File) from(n *syntax.Node) string {
	if len(n.Children) == 0 {
		return ""
	}
	of := bare(n.Children[0])
	if of.Is("call_expression") {
		of = bare(of.Child("function"))
	}
	for of.Is("member_expression") {
		of = bare(of.Child("object"))
	}
	return f.module(f.text(of))
}

// decorated finds a decorator by its name among several.
func (f *File) decorated(list []*syntax.Node, pkg string, names ...string) (name string, arguments []*syntax.Node, ok bool) {
	for _, d := range list {
		if name, arguments := f.decorator(d, pkg); slices.Contains(names, name) {
			return name, arguments, true
		}
	}
	return "", nil, false
}

// classOf finds a class by the name a file gives it, nil if it is not in the tree,
// or may be several.
func (p *project) classOf(f *File, name string) *class {
	if c := f.classOf(name); c != nil {
		return c
	}
	from, known := f.imported(name)
	if !known {
		return nil
	}
	var all, here []*class
	for _, other := range p.files {
		for _, c := range other.classes {
			if c.name != from.name && (from.name != "default" || c.name != name) {
				continue
			}
			all = append(all, c)
			if isModule(other.path, f.path, from.module) {
				here = append(here, c)
			}
		}
	}
	switch {
	case len(here) == 1:
		return here[0]
	case len(here) == 0 && len(all) == 1 && (strings.HasPrefix(from.module, ".") || p.tree.byName[packageOf(from.module)] != nil || !p.needed(packageOf(from.module))):
		return all[0]
	}
	return nil
}

// classOf finds a class of the file itself.
func (f *File) classOf(name string) *class {
	if i := slices.IndexFunc(f.classes, func(c *class) bool { return c.name == name }); i >= 0 {
		return f.classes[i]
	}
	return nil
}

// needed tells whether some package.json needs a package.
func (p *project) needed(name string) bool {
	return slices.ContainsFunc(p.files, func(f *File) bool { return f.pkg != nil && slices.Contains(f.pkg.needs, name) })
}
