package laravel

import (
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// mark is what sprintf puts something in for; %% is a sign.
var mark = found.Expression(`%(?:\d+\$)?[-+0-9.']*[a-zA-Z]`)

// textOf reads a string, with sqltext.Hole where PHP puts something in.
func textOf(n *syntax.Node, src []byte) (string, bool) {
	switch {
	case n.Is("string", "encapsed_string"):
		return pieces(n, src), true
	case n.Is("heredoc", "nowdoc"):
		return pieces(n.Child("value"), src), true
	case n.Is("parenthesized_expression", "argument") && len(n.Children) == 1:
		return textOf(n.Children[0], src)
	case n.Is("binary_expression") && n.Child("operator").Is("."):
		left, isLeft := textOf(n.Child("left"), src)
		right, isRight := textOf(n.Child("right"), src)
		return sqltext.Joined(left, isLeft, right, isRight)
	case n.Is("function_call_expression") && n.Child("function").Text(src) == "sprintf":
		given := arguments(n)
		if len(given) == 0 {
			return "", false
		}
		t, ok := textOf(given[0], src)
		return mark().ReplaceAllLiteralString(t, sqltext.Hole), ok
	}
	return "", false
}

// pieces joins the parts of a string. A line's end stands in no part of a heredoc.
func pieces(n *syntax.Node, src []byte) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	at := n.Start
	for _, part := range n.Children {
		if strings.Contains(string(src[at:part.Start]), "\n") {
			b.WriteByte('\n')
		}
		at = part.End
		switch part.Kind {
		case "string_content", "nowdoc_string":
			b.WriteString(part.Text(src))
		case "escape_sequence":
			b.WriteString(unescaped(part.Text(src)))
		default:
			b.WriteString(sqltext.Hole)
		}
	}
	return b.String()
}

func unescaped(sequence string) string {
	switch sequence {
	case `\n`, `\r`:
		return "\n"
	case `\t`:
		return "\t"
	}
	return strings.TrimPrefix(sequence, `\`)
}

// literal is a text that nothing is put into.
func literal(n *syntax.Node, src []byte) (string, bool) {
	t, ok := textOf(n, src)
	return t, ok && !strings.Contains(t, sqltext.Hole)
}

// arguments are the values a call is given, by their places.
func arguments(call *syntax.Node) (given []*syntax.Node) {
	list := call.Child("arguments")
	if list == nil {
		return nil
	}
	for _, child := range list.Children {
		if child.Is("argument") && len(child.Children) > 0 {
			given = append(given, child.Children[len(child.Children)-1])
		}
	}
	return given
}

// element is one of an array: key is nil without "=>".
type element struct{ key, value *syntax.Node }

// elements are an array's. ok says that the node is one.
func elements(n *syntax.Node) (list []element, ok bool) {
	if !n.Is("array_creation_expression") {
		return nil, false
	}
	for _, child := range n.Children {
		if !child.Is("array_element_initializer") {
			continue
		}
		switch len(child.Children) {
		case 1:
			list = append(list, element{value: child.Children[0]})
		case 2:
			list = append(list, element{child.Children[0], child.Children[1]})
		}
	}
	return list, true
}
