package rails

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// reader walks one file.
type reader struct {
	file *File
	src  []byte
	// hook is the parameter of included(base), by which a module speaks of the
	// class that includes it; "self" elsewhere.
	hook string
	// conditional is set inside if, unless and rescue in a class's body.
	conditional bool
	// inArguments is set where strings are noted by the query they stand in.
	inArguments bool
	singleton   bool
	// inMethod is set in the bodies of methods, but for hooks.
	inMethod bool
}

func (r *reader) text(n *syntax.Node) string { return n.Text(r.src) }

func (r *reader) at(n *syntax.Node) contract.Evidence {
	return found.At(r.file.path, n.Line, n.FirstLine(r.src))
}

// walk goes through everything below a node that stands in a class or, with
// nil, in none.
func (r *reader) walk(n *syntax.Node, in *class) {
	switch n.Kind {
	case "comment", "heredoc_moved":
		return
	case "class", "module":
		r.open(n, in, r.text(n.Child("name")), strings.TrimSpace(strings.TrimPrefix(r.text(n.Child("superclass")), "<")))
		return
	case "singleton_class":
		r.with(func(s *reader) { s.singleton = true; s.below(n, in) })
		return
	case "assignment", "operator_assignment":
		if r.assignment(n, in) {
			return
		}
	case "method", "singleton_method":
		r.method(n, in)
		return
	case "if", "unless", "if_modifier", "unless_modifier", "case", "rescue_modifier", "begin", "conditional", "while", "elsif", "else":
		r.with(func(s *reader) { s.conditional = n.Kind != "begin" || r.conditional; s.below(n, in) })
		return
	case "call":
		r.with(func(s *reader) {
			s.inArguments = false
			if !s.call(n, in) {
				s.below(n, in)
			}
		})
		return
	case "identifier":
		if in != nil && r.text(n) == "primary_abstract_class" {
			in.abstract = true
		}
		return
	case "simple_symbol", "hash_key_symbol", "symbol_array", "string_array":
		r.words(n)
		return
	case "string", "heredoc_body", "chained_string", "subshell", "delimited_symbol", "binary":
		if t, ok := textOf(n, r.src); ok {
			r.note(n, t, in)
			r.holes(n, in)
			return
		}
	}
	r.below(n, in)
}

func (r *reader) below(n *syntax.Node, in *class) {
	for _, child := range n.Children {
		r.walk(child, in)
	}
}

// with walks on with a changed state, which ends with it.
func (r *reader) with(do func(*reader)) {
	changed := *r
	do(&changed)
}

// open walks the body of a class or module, or a block that stands for one.
func (r *reader) open(n *syntax.Node, in *class, name, super string) {
	c := &class{name: strings.TrimPrefix(name, "::"), module: n.Kind == "module", super: super, at: r.at(n),
		said: &said{}}
	if in != nil && !strings.HasPrefix(name, "::") {
		c.name = in.name + "::" + c.name
		c.nesting = append([]string{in.name}, in.nesting...)
	}
	r.file.classes = append(r.file.classes, c)
	c.underCondition = r.conditional
	inner := &reader{file: r.file, src: r.src, hook: "self"}
	for _, field := range []string{"body", "block"} {
		if body := n.Child(field); body != nil {
			inner.below(body, c)
		}
	}
}

// holes walks what a string is put together of besides text, which may hold
// queries.
func (r *reader) holes(n *syntax.Node, in *class) {
	for _, part := range n.Children {
		switch part.Kind {
		case "string_content", "heredoc_content", "escape_sequence":
		case "string", "heredoc_body", "chained_string", "binary", "bare_string", "parenthesized_statements", "unary":
			if _, ok := textOf(part, r.src); ok {
				r.holes(part, in)
			} else {
				r.walk(part, in)
			}
		case "interpolation":
			r.below(part, in)
		default:
			r.walk(part, in)
		}
	}
}

// note keeps a string: its words, and itself if it looks like SQL.
func (r *reader) note(n *syntax.Node, t text, in *class) {
	r.file.words = append(r.file.words, found.WordsOf(t.s)...)
	if !r.inArguments && sqltext.Is(t.s) {
		r.file.texts = append(r.file.texts, placed{t, contract.Evidence{File: r.file.path, Line: n.Line}, in})
	}
}

func (r *reader) words(n *syntax.Node) {
	r.file.words = append(r.file.words, found.WordsOf(r.text(n))...)
}

// assignment reads what a class's body sets. It tells whether there is nothing
// more to walk.
func (r *reader) assignment(n *syntax.Node, in *class) bool {
	left, right := n.Child("left"), n.Child("right")
	if left.Is("constant") && right != nil && in != nil {
		if in.constants == nil {
			in.constants = make(map[string]excerpt)
		}
		in.constants[r.text(left)] = r.listed(right)
		return r.classNew(left, right, in)
	}
	if left.Is("constant") {
		return r.classNew(left, right, in)
	}
	if !left.Is("call") {
		return false
	}
	receiver, name := r.text(left.Child("receiver")), r.text(left.Child("method"))
	if setting, ok := strings.CutPrefix(r.text(left), "config.active_record."); ok || receiver == "ActiveRecord::Base" {
		if !ok {
			setting = name
		}
		t, isText := textOf(right, r.src)
		if !isText {
			t = hole(r.text(right))
		}
		if r.file.settings == nil {
			r.file.settings = make(map[string]text)
		}
		r.file.settings[setting] = t
		return false
	}
	if target := r.target(left.Child("receiver"), in); target != nil {
		return r.set(target, name, r.operator(n), right)
	}
	return false
}

func (r *reader) operator(n *syntax.Node) string {
	if operator := r.text(n.Child("operator")); operator != "" {
		return operator
	}
	return "="
}

// target is the class that a receiver means: the one around, or one that is
// named, which is opened again for it.
func (r *reader) target(receiver *syntax.Node, in *class) *class {
	switch {
	case receiver.Is("self"), receiver.Is("identifier") && r.hook != "" && r.text(receiver) == r.hook:
		return in
	case receiver.Is("constant", "scope_resolution"):
		name := r.text(receiver)
		c := &class{name: strings.TrimPrefix(name, "::"), at: r.at(receiver), said: &said{}}
		if in != nil {
			c.nesting = append([]string{in.name}, in.nesting...)
		}
		c.super = reopened
		r.file.classes = append(r.file.classes, c)
		return c
	}
	return nil
}

// reopened marks a class that is named from outside, by any of the names in
// scope.
const reopened = "\x00reopened"

// classNew reads Name = Class.new(Base) do ... end.
func (r *reader) classNew(left, right *syntax.Node, in *class) bool {
	if !right.Is("call") || r.text(right.Child("receiver")) != "Class" || r.text(right.Child("method")) != "new" {
		return false
	}
	super := ""
	if arguments := right.Child("arguments"); arguments != nil && len(arguments.Children) > 0 {
		super = r.text(arguments.Children[0])
	}
	r.open(right, in, r.text(left), super)
	return true
}

var onlyModels = []string{"has_many", "has_one", "belongs_to", "has_and_belongs_to_many", "scope", "default_scope", "validates",
	"validates_presence_of", "before_save", "after_save", "before_create", "after_create", "after_commit", "enum", "serialize"}

func isModelMacro(name string) bool { return slices.Contains(onlyModels, name) }
