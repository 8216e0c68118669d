package python

import (
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

var (
	percentMark = found.Expression(`%(?:\(\w+\))?[sdrif]`)
	oneWord     = found.Expression(`^\w+$`)
	braceMark   = found.Expression(`\{[^{}]*\}`)
)

// TextOf reads a string, with sqltext.Hole where Python puts something in: in
// f-strings, by % and format. Marks that are left are the driver's parameters.
func TextOf(n *syntax.Node, src []byte) (string, bool) {
	switch {
	case n.Is("string"):
		var b strings.Builder
		for _, part := range n.Children {
			switch part.Kind {
			case "string_content":
				b.WriteString(unescaped(part, src))
			case "interpolation":
				b.WriteString(sqltext.Hole)
			}
		}
		return b.String(), true
	case n.Is("concatenated_string"):
		var b strings.Builder
		for _, part := range n.Children {
			t, _ := TextOf(part, src)
			b.WriteString(t)
		}
		return b.String(), true
	case n.Is("parenthesized_expression") && len(n.Children) == 1:
		return TextOf(n.Children[0], src)
	case n.Is("binary_operator"):
		left, isLeft := TextOf(n.Child("left"), src)
		right, isRight := TextOf(n.Child("right"), src)
		switch operator := n.Child("operator").Text(src); {
		case operator == "%" && isLeft:
			return percentMark().ReplaceAllLiteralString(left, sqltext.Hole), true
		case operator == "+":
			return sqltext.Joined(left, isLeft, right, isRight)
		}
	case n.Is("call") && n.Child("function").Is("attribute"):
		switch function := n.Child("function"); function.Child("attribute").Text(src) {
		case "format", "format_map":
			if t, ok := TextOf(function.Child("object"), src); ok {
				return braceMark().ReplaceAllLiteralString(t, sqltext.Hole), true
			}
		case "strip":
			return TextOf(function.Child("object"), src)
		}
	}
	return "", false
}

// unescaped is a string's text with its escapes, as far as SQL has them.
func unescaped(n *syntax.Node, src []byte) string {
	var b strings.Builder
	at := n.Start
	for _, part := range n.Children {
		if !part.Is("escape_sequence", "escape_interpolation") {
			continue
		}
		b.Write(src[at:part.Start])
		at = part.End
		switch escape := part.Text(src); escape {
		case `\n`:
			b.WriteByte('\n')
		case `\t`:
			b.WriteByte('\t')
		case "\\\n":
		case "{{", "}}":
			b.WriteString(escape[:1])
		default:
			b.WriteString(strings.TrimPrefix(escape, `\`))
		}
	}
	b.Write(src[at:n.End])
	return b.String()
}
