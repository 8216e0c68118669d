package ecto

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

type reader struct {
	file *File
	src  []byte
	// module is the one that is read, nil outside of any.
	module *module
	// quoted says that what is read goes into modules that use this one.
	quoted bool
	// values are what a function, and around it a module's attributes, are set to.
	values []map[string][]*syntax.Node
	// piped are the calls that were read with what is piped into them.
	piped map[*syntax.Node]bool
	// aimed are options of ON CONFLICT that were read with their call.
	aimed map[*syntax.Node]bool
}

func (r *reader) text(n *syntax.Node) string { return n.Text(r.src) }

// at is where a node stands, with its first line.
func (r *reader) at(n *syntax.Node) contract.Evidence {
	return found.At(r.file.Path, n.Line, n.FirstLine(r.src))
}

func (r *reader) walk(n *syntax.Node) {
	switch n.Kind {
	case "comment":
		return
	case "unary_operator":
		if n.Child("operator").Is("@") && r.attribute(n.Child("operand")) {
			return
		}
	case "sigil":
		if asks().Match(r.src[n.Start:n.End]) && !r.isText(n, 0) {
			r.file.Dynamic = append(r.file.Dynamic, r.at(n)) // a template
		}
	case "binary_operator":
		r.pipe(n)
	case "call":
		if c, ok := callOf(n, r.src); ok && r.call(c) {
			return
		}
	case "keywords":
		if options := pairs(n, r.src); !r.aimed[options["on_conflict"]] && !r.aimed[options["conflict_target"]] {
			r.conflict(call{node: n, options: options}) // of no call: they may come to one
		}
	case "atom":
		if name := r.text(n); name == ":on_conflict" || name == ":conflict_target" {
			r.upsert(n, contract.Arbiter{Any: true}) // Keyword.put(options, :conflict_target, …)
		}
	}
	if t, ok := textOf(n, r.src); ok {
		r.string(t, n)
		r.holes(n)
		return
	}
	for _, child := range n.Children {
		r.walk(child)
	}
}

// tableText is a text that may be the name of a table, also one that goes on.
var tableText = found.Expression(`^[\w\x00]*\w[\w\x00]*$`)

func (r *reader) string(t string, n *syntax.Node) {
	if strings.Contains(t, sqltext.Hole) {
		r.file.Words = append(r.file.Words, found.WordsOf(t)...)
	}
	if tableText().MatchString(t) {
		if _, known := r.file.names[t]; !known {
			r.file.names[t] = r.at(n)
		}
	}
	if sqltext.Is(t) {
		r.file.Texts = append(r.file.Texts, sqltext.Literal{Text: t, At: contract.Evidence{File: r.file.Path, Line: n.Line}})
	}
}

// holes walks what a string is put together of besides text.
func (r *reader) holes(n *syntax.Node) {
	for _, child := range n.Children {
		if _, ok := textOf(child, r.src); ok {
			r.holes(child)
		} else if !child.Is("quoted_content", "escape_sequence") {
			r.walk(child)
		}
	}
}

// call reads a call, and tells whether what is in it has been walked.
func (r *reader) call(c call) (walked bool) {
	switch {
	case c.of == nil && c.name == "defmodule" && len(c.given) == 1:
		r.defmodule(c)
		return true
	case c.of == nil && (c.name == "def" || c.name == "defp" || c.name == "defmacro" || c.name == "defmacrop"):
		r.values = append(r.values, r.assigned(c.node))
		for _, child := range c.node.Children {
			r.walk(child)
		}
		r.values = r.values[:len(r.values)-1]
		return true
	case c.of == nil && c.name == "quote":
		quoted := r.quoted
		r.quoted = true
		for _, child := range c.node.Children {
			r.walk(child)
		}
		r.quoted = quoted
		return true
	case c.of == nil && c.name == "alias":
		r.alias(c)
	case c.of == nil && c.name == "use" && r.module != nil && len(c.given) > 0:
		r.module.settings(r.quoted).uses = append(r.module.settings(r.quoted).uses, r.full(r.text(c.given[0])))
	case c.of == nil && isSchema[c.name] && c.body != nil && len(c.given) == 1:
		r.schema(c)
		return true
	case !r.piped[c.node]:
		r.query(c, nil)
	}
	return false
}

// defmodule reads a module.
func (r *reader) defmodule(c call) {
	name := r.text(c.given[0])
	around := r.module
	if around != nil {
		r.bind(name, around.name+"."+name)
		name = around.name + "." + name
	}
	r.module = &module{name: name, at: r.at(c.node), file: r.file}
	r.file.modules = append(r.file.modules, r.module)
	r.values = append(r.values, r.attributesOf(c.body))
	for _, child := range c.node.Children {
		if child != nil && child.Is("do_block") {
			r.walk(child)
		}
	}
	r.values = r.values[:len(r.values)-1]
	r.module = around
}

// alias reads "alias A.{B, C}" and "alias A.B, as: C".
func (r *reader) alias(c call) {
	if len(c.given) != 1 {
		return
	}
	given := c.given[0]
	if given.Is("dot") {
		prefix := r.full(r.text(given.Child("left")))
		for _, name := range given.Child("right").Children {
			r.bind(last(r.text(name)), prefix+"."+r.text(name))
		}
		return
	}
	full := r.full(r.text(given))
	as := last(full)
	if name := c.options["as"]; name != nil {
		as = r.text(name)
	}
	r.bind(as, full)
}

func (r *reader) bind(as, full string) {
	if known, ok := r.file.aliases[as]; ok && known != full {
		full = "?"
	}
	r.file.aliases[as] = full
}

// full is the name in full of what a file calls so.
func (r *reader) full(name string) string {
	first, rest, more := strings.Cut(name, ".")
	full, ok := r.file.aliases[first]
	if first == "__MODULE__" && r.module != nil {
		full, ok = r.module.name, true
	}
	switch {
	case !ok:
		return name
	case more:
		return full + "." + rest
	}
	return full
}

func last(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// assigned are the values that a function's names are set to; nil stands for what
// cannot be told.
func (r *reader) assigned(n *syntax.Node) map[string][]*syntax.Node {
	values := make(map[string][]*syntax.Node)
	set := func(names, value *syntax.Node) {
		names.Walk(func(n *syntax.Node) bool {
			if n.Is("identifier") {
				values[r.text(n)] = append(values[r.text(n)], value)
			}
			return true
		})
	}
	for _, child := range n.Children {
		if !child.Is("arguments") {
			continue
		}
		for _, parameter := range child.Children {
			if !parameter.Is("keywords") { // do: and what follows
				set(parameter, nil)
			}
		}
	}
	n.Walk(func(n *syntax.Node) bool {
		left, operator := n.Child("left"), n.Child("operator")
		switch {
		case n.Is("binary_operator") && operator.Is("=") && left.Is("identifier"):
			set(left, n.Child("right"))
		case n.Is("binary_operator") && operator.Is("=", "<-"), n.Is("stab_clause"):
			set(left, nil)
		}
		return true
	})
	return values
}

// attributesOf are the values of a module's attributes.
func (r *reader) attributesOf(body *syntax.Node) map[string][]*syntax.Node {
	values := make(map[string][]*syntax.Node)
	body.Walk(func(n *syntax.Node) bool {
		if operand := n.Child("operand"); n.Is("unary_operator") && n.Child("operator").Is("@") {
			if c, ok := callOf(operand, r.src); ok && len(c.given) == 1 {
				values["@"+c.name] = append(values["@"+c.name], c.given[0])
			}
		}
		return true
	})
	return values
}
