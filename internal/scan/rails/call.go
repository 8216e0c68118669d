package rails

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/syntax"
)

// call reads a call: what it says of the class around it, or a query. It tells
// whether there is nothing more to walk.
func (r *reader) call(n *syntax.Node, in *class) bool {
	name, receiver, arguments := r.text(n.Child("method")), n.Child("receiver"), n.Child("arguments")
	if receiver == nil && in != nil && r.declaration(n, name, arguments, in) {
		return true
	}
	switch {
	case name == "class_eval" && n.Child("block") != nil || name == "class_exec":
		if receiver.Is("constant", "scope_resolution") {
			c := r.target(receiver, in)
			inner := &reader{file: r.file, src: r.src, hook: "self", conditional: r.conditional}
			inner.below(n.Child("block"), c)
			return true
		}
		if r.hook != "" && r.text(receiver) == r.hook {
			inner := &reader{file: r.file, src: r.src, hook: "self", conditional: r.conditional}
			inner.below(n.Child("block"), in)
			return true
		}
	case (name == "include" || name == "prepend" || name == "extend" || name == "send") && receiver != nil:
		r.includeFrom(receiver, name, arguments, in)
	case receiver.Is("call") && r.text(receiver.Child("method")) == "ignored_columns" && name != "include?" && name != "each" && name != "map" && name != "+":
		// Whatever this does to the list, it ignores nothing for sure.
		if c := r.target(receiver.Child("receiver"), in); c != nil {
			c.ignores = append(c.ignores, ignoring{operator: "reset"})
		}
	}
	r.bulkWrite(n, name, receiver)
	r.upsert(n, name, arguments, in)
	if n.Child("block") != nil && !slices.Contains(runBlocks, name) {
		r.conditional = true // whether the block is run is not known
	}
	return r.query(n, name, arguments, in)
}

// runBlocks run the block they are given, when the application boots.
var runBlocks = []string{"with_options", "to_prepare", "after_initialize", "on_load", "configure", "class_eval", "class_exec", "instance_eval", "new"}

// declaration reads a call without a receiver in a class's body.
func (r *reader) declaration(n *syntax.Node, name string, arguments *syntax.Node, in *class) bool {
	block := n.Child("block")
	switch name {
	case "include", "prepend", "extend":
		r.include(arguments, in)
	case "included", "prepended", "class_methods":
		if block == nil {
			return false
		}
		r.with(func(s *reader) {
			s.singleton = name == "class_methods"
			s.inArguments = false
			s.hook = "self"
			s.below(block, in)
		})
		return true
	case "primary_abstract_class":
		in.abstract = true
	case "isolate_namespace":
		if arguments != nil && len(arguments.Children) > 0 {
			// The engine's class stands inside the module it isolates.
			prefix := hole("isolate_namespace " + r.text(arguments.Children[0]))
			r.file.classes = append(r.file.classes, &class{name: r.text(arguments.Children[0]), module: true, at: r.at(n), said: &said{prefix: &prefix}})
		}
	case "ignore_column", "ignore_columns": // of gitlab and of gems
		if list, ok := stringsOf(withoutOptions(arguments), r.src, nil); ok && !r.conditional {
			in.ignores = append(in.ignores, ignoring{operator: "+=", columns: list})
			return true
		}
	case "has_and_belongs_to_many":
		r.joinTable(n, arguments, in)
	case "belongs_to":
		// Its counter and its touch are written past the other model.
		if arguments != nil {
			options := r.options(arguments)
			if options["counter_cache"] != nil || options["touch"] != nil {
				r.file.bulk = append(r.file.bulk, bulkWrite{chain: strings.ToLower(r.text(n)), at: r.at(n)})
			}
		}
	}
	if isModelMacro(name) {
		in.macros++
	}
	r.macro(n, name, arguments, in)
	return false
}

// withoutOptions is a list of arguments without its trailing hash.
func withoutOptions(arguments *syntax.Node) *syntax.Node {
	if arguments == nil {
		return nil
	}
	plain := *arguments
	plain.Children = slices.DeleteFunc(slices.Clone(arguments.Children), func(n *syntax.Node) bool { return n.Is("pair") })
	return &plain
}

func (r *reader) include(arguments *syntax.Node, in *class) {
	if arguments == nil {
		return
	}
	for _, argument := range arguments.Children {
		switch {
		case !argument.Is("constant", "scope_resolution"):
		case r.conditional:
			in.mayInclude = append(in.mayInclude, r.text(argument))
		default:
			in.includes = append(in.includes, r.text(argument))
		}
	}
}

// includeFrom reads User.include(Mod), User.send(:include, Mod) and the same on
// the parameter of a hook.
func (r *reader) includeFrom(receiver *syntax.Node, name string, arguments *syntax.Node, in *class) {
	if arguments == nil || len(arguments.Children) == 0 {
		return
	}
	if name == "send" {
		verb := r.text(arguments.Children[0])
		if verb != ":include" && verb != ":prepend" && verb != ":extend" {
			return
		}
	}
	if receiver.Is("call") && r.text(receiver.Child("method")) == "singleton_class" {
		receiver = receiver.Child("receiver")
	}
	if c := r.target(receiver, in); c != nil {
		r.include(arguments, c)
	}
}

func (r *reader) joinTable(n, arguments *syntax.Node, in *class) {
	if arguments == nil || len(arguments.Children) == 0 {
		return
	}
	other, _ := plainText(arguments.Children[0], r.src)
	j := joinTable{other: other, line: n.Line}
	for option, value := range r.options(arguments) {
		switch option {
		case "join_table":
			t, ok := textOf(value, r.src)
			if s, isPlain := plainText(value, r.src); isPlain {
				t, ok = text{s: s}, true
			}
			if !ok {
				t = hole(r.text(value))
			}
			j.table = &t
		case "class_name":
			if s, ok := plainText(value, r.src); ok {
				j.other = "::" + strings.TrimPrefix(s, "::")
			}
		}
	}
	in.joins = append(in.joins, j)
}

// options are the pairs of a list of arguments, by key.
func (r *reader) options(arguments *syntax.Node) map[string]*syntax.Node {
	options := make(map[string]*syntax.Node)
	for _, argument := range arguments.Children {
		if argument.Is("pair") {
			if key, ok := plainText(argument.Child("key"), r.src); ok {
				options[key] = argument.Child("value")
			}
		}
	}
	return options
}

// bulkWrites write past a model's callbacks, and so past readonly?.
var bulkWrites = []string{"update_all", "insert_all", "insert_all!", "upsert_all", "insert", "insert!", "upsert", "update_columns", "update_column",
	"update_counters", "increment_counter", "decrement_counter", "import", "import!", "bulk_insert", "touch_all", "increment!", "toggle!"}

func (r *reader) bulkWrite(n *syntax.Node, name string, receiver *syntax.Node) {
	if !slices.Contains(bulkWrites, name) || receiver == nil {
		return
	}
	w := bulkWrite{chain: r.text(receiver), at: r.at(n)}
	if root := rootOf(receiver); root.Is("constant", "scope_resolution") {
		w.receiver = r.text(root)
	}
	r.file.bulk = append(r.file.bulk, w)
}

// rootOf is what a chain of calls begins with, nil for a call without receiver.
func rootOf(n *syntax.Node) *syntax.Node {
	for n.Is("call") {
		n = n.Child("receiver")
	}
	return n
}
