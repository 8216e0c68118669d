package javascript

import (
	"slices"

	"github.com/migguard/migguard/internal/scan/syntax"
)

// named notes the text of a query that has a name: node-postgres, and pg-promise by it,
// parses one of that name once in a connection and never again.
func (r *reader) named(given *syntax.Node) {
	found := map[string]*syntax.Node{}
	r.properties(given, found, 0)
	name, text := found["name"], found["text"]
	if name == nil || text == nil || name.Is("undefined", "null", "false") {
		return
	}
	if t, ok := r.literal(name); ok && t == "" { // is none
		return
	}
	if text.Is("identifier", "shorthand_property_identifier") {
		text = bare(r.consts[r.text(text)])
	}
	if t, ok := textOf(text, r.src); ok {
		r.kept[t] = true
	}
}

// properties are those of an object, with those of others that are put into it.
func (r *reader) properties(n *syntax.Node, found map[string]*syntax.Node, depth int) {
	if n = bare(n); n.Is("identifier") && r.consts[r.text(n)] != nil {
		n = bare(r.consts[r.text(n)])
	}
	if depth > maxSteps || !n.Is("object") {
		return
	}
	for _, child := range n.Children {
		switch child.Kind {
		case "pair":
			if key := r.key(child.Child("key")); slices.Contains([]string{"name", "text"}, key) {
				found[key] = bare(child.Child("value"))
			}
		case "shorthand_property_identifier":
			found[r.text(child)] = child
		case "spread_element":
			for _, of := range child.Children {
				r.properties(of, found, depth+1)
			}
		}
	}
}
