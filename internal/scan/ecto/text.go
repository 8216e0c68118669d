package ecto

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// textOf reads a string, with sqltext.Hole where Elixir puts something in.
func textOf(n *syntax.Node, src []byte) (string, bool) {
	switch {
	case n.Is("sigil"):
		if name := n.Children[0].Text(src); name != "s" && name != "S" {
			return "", false
		}
		return pieces(n, src), true
	case n.Is("string"):
		return pieces(n, src), true
	case n.Is("binary_operator") && n.Child("operator").Is("<>"):
		left, isLeft := textOf(n.Child("left"), src)
		right, isRight := textOf(n.Child("right"), src)
		return sqltext.Joined(left, isLeft, right, isRight)
	}
	return "", false
}

// pieces joins the parts of a string.
func pieces(n *syntax.Node, src []byte) string {
	var b strings.Builder
	for _, part := range n.Children {
		switch part.Kind {
		case "quoted_content":
			b.WriteString(part.Text(src))
		case "escape_sequence":
			switch escape := part.Text(src); escape {
			case `\n`, `\r`:
				b.WriteByte('\n')
			case `\t`:
				b.WriteByte('\t')
			default:
				b.WriteString(strings.TrimPrefix(escape, `\`))
			}
		case "interpolation":
			b.WriteString(sqltext.Hole)
		}
	}
	return b.String()
}

// call is one of a function or a macro.
type call struct {
	node *syntax.Node
	// name is what is called, of the module or value "of": nil for local ones.
	name string
	of   *syntax.Node
	// given are the arguments by their places, options those with names.
	given   []*syntax.Node
	options map[string]*syntax.Node
	body    *syntax.Node
}

// callOf reads a call; ok says that the node is one.
func callOf(n *syntax.Node, src []byte) (c call, ok bool) {
	if !n.Is("call") {
		return call{}, false
	}
	c = call{node: n, options: make(map[string]*syntax.Node)}
	target := n.Child("target")
	if c.name = target.Text(src); target.Is("dot") {
		c.name, c.of = target.Child("right").Text(src), target.Child("left")
	}
	for _, child := range n.Children {
		switch child.Kind {
		case "do_block":
			c.body = child
		case "arguments":
			for _, argument := range child.Children {
				if list := keywords(argument); list != nil {
					for key, value := range pairs(list, src) {
						c.options[key] = value
					}
				} else if !argument.Is("comment") {
					c.given = append(c.given, argument)
				}
			}
		}
	}
	return c, true
}

// keywords are the pairs of "a: 1" or "[a: 1]", nil if the node is none.
func keywords(n *syntax.Node) *syntax.Node {
	if n.Is("list") && len(n.Children) == 1 {
		n = n.Children[0]
	}
	if n.Is("keywords") {
		return n
	}
	return nil
}

// pairs are the values of keywords.
func pairs(n *syntax.Node, src []byte) map[string]*syntax.Node {
	all := make(map[string]*syntax.Node)
	for _, pair := range n.Children {
		if key := pair.Child("key"); key != nil {
			all[strings.Trim(key.Text(src), `": `)] = pair.Child("value")
		}
	}
	return all
}

// atomOf is the name of an atom.
func atomOf(n *syntax.Node, src []byte) (string, bool) {
	switch {
	case n.Is("atom"):
		return strings.TrimPrefix(n.Text(src), ":"), true
	case n.Is("quoted_atom"):
		return pieces(n, src), !slices.ContainsFunc(n.Children, func(part *syntax.Node) bool { return part.Is("interpolation") })
	}
	return "", false
}

// literal is a text that nothing is put into.
func literal(n *syntax.Node, src []byte) (string, bool) {
	t, ok := textOf(n, src)
	return t, ok && !strings.Contains(t, sqltext.Hole)
}

// isText tells a value that is nothing but texts: they are read where they stand.
func (r *reader) isText(n *syntax.Node, depth int) bool {
	if t, ok := textOf(n, r.src); ok {
		return !strings.Contains(t, sqltext.Hole) || sqltext.Is(t)
	}
	if !n.Is("identifier", "unary_operator") || depth > 5 {
		return false
	}
	for i := len(r.values) - 1; i >= 0; i-- {
		values, ok := r.values[i][r.text(n)]
		for _, value := range values {
			if value == nil || !r.isText(value, depth+1) {
				return false
			}
		}
		if ok {
			return true
		}
	}
	return false
}
