package javascript

import (
	"cmp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// imported is what a name of a file stands for: name of module, "default", or "*".
type imported struct{ module, name string }

// A binding is a name that a file gives to what it imports. Lists of them take a
// quarter of the memory that maps do.
type binding struct {
	as string
	imported
}

func (f *File) bind(imports map[string]imported) {
	for as, from := range imports {
		f.bindings = append(f.bindings, binding{as, from})
	}
	slices.SortFunc(f.bindings, func(a, b binding) int { return cmp.Compare(a.as, b.as) })
	f.bindings = slices.Clip(f.bindings)
}

// imported is what a name stands for in a file that was read, if it imports it.
func (f *File) imported(name string) (imported, bool) {
	i, known := slices.BinarySearchFunc(f.bindings, name, func(b binding, name string) int { return cmp.Compare(b.as, name) })
	if !known {
		return imported{}, false
	}
	return f.bindings[i].imported, true
}

// module is that of which a name comes, empty if the file does not import it.
func (f *File) module(name string) string {
	from, _ := f.imported(name)
	return from.module
}

// declare notes imports and the variables that are set once.
func (r *reader) declare(root *syntax.Node) {
	seen := make(map[string]int)
	root.Walk(func(n *syntax.Node) bool {
		switch n.Kind {
		case "import_statement", "export_statement":
			r.importFrom(n)
		case "function_declaration":
			if name := r.text(n.Child("name")); name != "" {
				r.functions[name] = true
				seen[name]++
			}
		case "variable_declarator":
			name, value := n.Child("name"), n.Child("value")
			if module, ok := r.required(value); ok {
				r.destructured(name, module)
			} else if from := r.imports[r.text(value)]; from.name == "*" && name.Is("object_pattern") {
				r.destructured(name, from.module)
			}
			if name.Is("identifier") {
				seen[r.text(name)]++
				if value != nil {
					r.consts[r.text(name)] = value
					r.functions[r.text(name)] = bare(value).Is("arrow_function", "function_expression")
				}
			}
		case "call_expression":
			if module, ok := r.required(n); ok {
				r.importsModule(module, n)
			}
		case "assignment_expression", "augmented_assignment_expression":
			seen[r.text(n.Child("left"))] += 2
		case "required_parameter", "optional_parameter":
			seen[r.text(n.Child("pattern"))] += 2
		case "arrow_function", "catch_clause":
			seen[r.text(n.Child("parameter"))] += 2
		case "for_in_statement":
			seen[r.text(n.Child("left"))] += 2
		case "shorthand_property_identifier_pattern":
			seen[r.text(n)] += 2
		case "array_pattern", "pair_pattern", "rest_pattern":
			for _, child := range n.Children {
				seen[r.text(child)] += 2
			}
		case "formal_parameters":
			for _, child := range n.Children {
				if child.Is("identifier") {
					seen[r.text(child)] += 2
				}
			}
		}
		return true
	})
	for name, times := range seen {
		if times > 1 {
			delete(r.consts, name)
		}
		r.besides(name, times)
	}
}

// besides counts how often a name is declared, but for its import by require.
func (r *reader) besides(name string, times int) {
	if r.upserting {
		r.others[name] += times
	}
}

// importsModule notes a module that the file imports. Of most, as of libraries that have
// nothing to do with a database, nothing is kept.
func (r *reader) importsModule(name string, n *syntax.Node) {
	if r.modules[name] {
		return
	}
	r.modules[name] = true
	pkg := packageOf(name)
	if isDatabase(pkg) || otherORMs().MatchString(pkg) {
		if r.databases == nil {
			r.databases = make(map[string]contract.Evidence)
		}
		r.databases[name] = r.at(n)
	} else if !mayLeave(name) {
		return
	}
	r.File.modules = append(r.File.modules, strings.Clone(name))
}

// importFrom reads import and export … from.
func (r *reader) importFrom(n *syntax.Node) {
	source := n.Child("source")
	if source == nil {
		return
	}
	module, _ := textOf(source, r.src)
	r.importsModule(module, n)
	n.Walk(func(c *syntax.Node) bool {
		switch {
		case c.Is("import_specifier"):
			name, as := r.text(c.Child("name")), r.text(c.Child("name"))
			if c.Child("alias") != nil {
				as = r.text(c.Child("alias"))
			}
			r.renamed(name, as, c)
			r.imports[as] = imported{module, name}
		case c.Is("namespace_import") && len(c.Children) == 1:
			r.imports[r.text(c.Children[0])] = imported{module, "*"}
		case c.Is("import_clause"):
			for _, child := range c.Children {
				if child.Is("identifier") {
					r.imports[r.text(child)] = imported{module, "default"}
				}
			}
		}
		return true
	})
}

// required is the module of require("x") and import("x"), also with a member.
func (r *reader) required(n *syntax.Node) (string, bool) {
	n = bare(n)
	if n.Is("member_expression") {
		n = bare(n.Child("object"))
	}
	if !n.Is("call_expression") {
		return "", false
	}
	function, arguments := n.Child("function"), n.Child("arguments")
	if !function.Is("import") && r.text(function) != "require" || arguments == nil || len(arguments.Children) != 1 {
		return "", false
	}
	return textOf(arguments.Children[0], r.src)
}

// destructured reads const x = require("m") and const { a, b: c } = require("m").
func (r *reader) destructured(name *syntax.Node, module string) {
	if name.Is("identifier") {
		r.imports[r.text(name)] = imported{module, "*"}
		r.besides(r.text(name), -1)
	}
	if !name.Is("object_pattern") {
		return
	}
	for _, child := range name.Children {
		switch {
		case child.Is("shorthand_property_identifier_pattern"):
			r.imports[r.text(child)] = imported{module, r.text(child)}
			r.besides(r.text(child), -2)
		case child.Is("pair_pattern"):
			r.imports[r.text(child.Child("value"))] = imported{module, r.text(child.Child("key"))}
			r.besides(r.text(child.Child("value")), -2)
		}
	}
}
