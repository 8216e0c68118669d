package rails

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// noQuery are calls in a class's body whose symbols never become columns of a
// query.
var noQuery = []string{"attr_accessor", "attr_reader", "attr_writer", "private", "public", "protected", "private_class_method", "private_constant",
	"module_function", "delegate", "alias_method", "define_method", "include", "extend", "prepend", "require", "require_relative", "require_dependency",
	"helper_method", "helper", "layout", "before_action", "after_action", "around_action", "skip_before_action", "desc", "task", "namespace", "has_and_belongs_to_many"}

// macro notes the names in a call in a class's body: libraries make queries of
// them, as of foreign_key and the scope of a uniqueness validation. Which table's
// columns they are is not known. An association has columns by convention, too.
func (r *reader) macro(n *syntax.Node, name string, arguments *syntax.Node, in *class) {
	if arguments == nil || r.inMethod || slices.Contains(noQuery, name) {
		return
	}
	q := query{class: in, at: r.at(n)}
	arguments.Walk(func(below *syntax.Node) bool {
		switch {
		case below.Is("simple_symbol", "hash_key_symbol", "string", "symbol_array", "string_array", "delimited_symbol"):
			q.words = append(q.words, found.WordsOf(r.text(below))...)
			return false
		case below.Is("lambda", "block", "do_block"):
			return false
		}
		return true
	})
	q.words = append(q.words, r.foreignKeys(name, arguments, in)...)
	r.file.queries = append(r.file.queries, q)
}

func (r *reader) foreignKeys(name string, arguments *syntax.Node, in *class) []string {
	if len(arguments.Children) == 0 {
		return nil
	}
	association, _ := plainText(arguments.Children[0], r.src)
	switch name {
	case "belongs_to":
		return []string{association + "_id", association + "_type"}
	case "has_many", "has_one":
		words := []string{}
		if !in.module {
			last := in.name[strings.LastIndex(in.name, ":")+1:]
			words = append(words, (&inflector{}).underscore(last)+"_id")
		}
		if as, ok := plainText(r.options(arguments)["as"], r.src); ok {
			words = append(words, as+"_id", as+"_type")
		}
		return words
	}
	return nil
}
