package sqlalchemy

import (
	"strings"

	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// positional are the arguments without a name, and without comments.
func (r *reader) positional(arguments *syntax.Node) (nodes []*syntax.Node) {
	if !arguments.Is("argument_list") {
		return nil
	}
	for _, child := range arguments.Children {
		if !child.Is("keyword_argument", "comment", "dictionary_splat") {
			nodes = append(nodes, child)
		}
	}
	return nodes
}

// keyword is the value of the first argument of a call that has one of some names.
func (r *reader) keyword(call *syntax.Node, names ...string) *syntax.Node {
	arguments := call.Child("arguments")
	if !arguments.Is("argument_list") {
		return nil
	}
	for _, name := range names {
		for _, child := range arguments.Children {
			if child.Is("keyword_argument") && r.Text(child.Child("name")) == name {
				return child.Child("value")
			}
		}
	}
	return nil
}

// constant is a text, or a name of this file that is one.
func (r *reader) constant(n *syntax.Node) (string, bool) {
	if t, ok := python.TextOf(n, r.Src); ok {
		return t, !strings.Contains(t, sqltext.Hole)
	}
	if n.Is("identifier") {
		t, ok := r.Constants[r.Text(n)]
		return t, ok
	}
	return "", false
}
