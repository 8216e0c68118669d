package rails

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A text is a string of the program. Where Ruby puts something in stands
// sqltext.Hole, and its source in holes, in the same order.
type text struct {
	s     string
	holes []string
}

func (t *text) add(other text) {
	t.s += other.s
	t.holes = append(t.holes, other.holes...)
}

func hole(source string) text { return text{sqltext.Hole, []string{source}} }

// textOf reads a string in any spelling: quoted, heredoc, joined by space, + or
// %. ok is false for everything else.
func textOf(n *syntax.Node, src []byte) (t text, ok bool) {
	switch {
	case n == nil:
		return t, false
	case n.Is("string", "heredoc_body", "bare_string", "bare_symbol", "delimited_symbol", "subshell"):
		for _, part := range n.Children {
			switch part.Kind {
			case "string_content", "heredoc_content":
				t.s += part.Text(src)
			case "escape_sequence":
				t.s += unescape(part.Text(src))
			case "interpolation":
				t.add(hole(strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(part.Text(src), "#{"), "}"))))
			}
		}
		return t, true
	case n.Kind == "chained_string":
		for _, part := range n.Children {
			piece, _ := textOf(part, src)
			t.add(piece)
		}
		return t, true
	case n.Kind == "binary":
		return joined(n, src)
	case n.Kind == "parenthesized_statements" && len(n.Children) == 1:
		return textOf(n.Children[0], src)
	case n.Kind == "unary" && len(n.Children) > 0: // +"text"
		return textOf(n.Children[len(n.Children)-1], src)
	case n.Kind == "call" && slices.Contains(sameText, n.Child("method").Text(src)):
		return textOf(n.Child("receiver"), src)
	}
	return t, false
}

// sameText are methods that leave a string what it is, as SQL.
var sameText = []string{"freeze", "squish", "strip", "strip_heredoc", "dup", "to_s", "chomp", "html_safe"}

// joined reads "a" + b, where one side at least is a string, and "a" % b.
func joined(n *syntax.Node, src []byte) (text, bool) {
	left, isLeft := textOf(n.Child("left"), src)
	right, isRight := textOf(n.Child("right"), src)
	switch operator := n.Child("operator").Text(src); {
	case operator == "%" && isLeft:
		for _, mark := range []string{"%s", "%d", "%i", "%f"} {
			for range strings.Count(left.s, mark) {
				left.holes = append(left.holes, "")
			}
			left.s = strings.ReplaceAll(left.s, mark, sqltext.Hole)
		}
		return left, true
	case operator != "+" || !isLeft && !isRight:
		return text{}, false
	}
	if !isLeft {
		left = hole(n.Child("left").Text(src))
	}
	if !isRight {
		right = hole(n.Child("right").Text(src))
	}
	left.add(right)
	return left, true
}

func unescape(escape string) string {
	switch escape {
	case `\n`:
		return "\n"
	case `\t`:
		return "\t"
	case "\\\n": // the line goes on
		return ""
	}
	return strings.TrimPrefix(escape, `\`)
}

// plainText reads a string or a symbol without holes.
func plainText(n *syntax.Node, src []byte) (string, bool) {
	if n.Is("simple_symbol") {
		return strings.TrimPrefix(n.Text(src), ":"), true
	}
	if n.Is("hash_key_symbol") {
		return n.Text(src), true
	}
	t, ok := textOf(n, src)
	return t.s, ok && len(t.holes) == 0
}

// excerpt is what stands at a node, for when all files are read.
func (r *reader) excerpt(n *syntax.Node) excerpt {
	if n == nil {
		return excerpt{}
	}
	node, src := n.Excerpt(r.src)
	return excerpt{node, src}
}

// listed is an expression that may be a list of strings, as stringsOf reads them; of
// others nothing is kept.
func (r *reader) listed(n *syntax.Node) excerpt {
	if _, ok := stringsOf(n, r.src, func(string) ([]string, bool) { return nil, true }); !ok {
		return excerpt{}
	}
	return r.excerpt(n)
}

// stringsOf reads a list of strings or symbols in any spelling. lookup gives the
// value of a constant; it may be nil.
func stringsOf(n *syntax.Node, src []byte, lookup func(string) ([]string, bool)) ([]string, bool) {
	if n == nil {
		return nil, false
	}
	if s, ok := plainText(n, src); ok {
		return []string{s}, true
	}
	all := func(nodes []*syntax.Node) ([]string, bool) {
		var list []string
		for _, child := range nodes {
			if child.Kind == "comment" {
				continue
			}
			more, ok := stringsOf(child, src, lookup)
			if !ok {
				return nil, false
			}
			list = append(list, more...)
		}
		return list, true
	}
	switch n.Kind {
	case "array", "string_array", "symbol_array", "splat_argument", "parenthesized_statements", "argument_list":
		return all(n.Children)
	case "constant", "scope_resolution":
		if lookup != nil {
			return lookup(n.Text(src))
		}
	case "binary":
		if n.Child("operator").Text(src) == "+" || n.Child("operator").Text(src) == "|" {
			return all([]*syntax.Node{n.Child("left"), n.Child("right")})
		}
	case "call":
		switch n.Child("method").Text(src) {
		case "freeze", "to_a", "uniq", "map", "dup": // map(&:to_s)
			if args := n.Child("arguments").Text(src); args == "" || args == "(&:to_s)" || args == "(&:to_sym)" {
				if n.Child("block") == nil {
					return stringsOf(n.Child("receiver"), src, lookup)
				}
			}
		}
	}
	return nil, false
}
