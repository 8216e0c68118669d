package javascript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// bare is a node without what says nothing about its value: brackets, TypeScript's
// casts, await.
func bare(n *syntax.Node) *syntax.Node {
	for n.Is("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "type_assertion", "await_expression") {
		i := 0
		if n.Kind == "type_assertion" {
			i = len(n.Children) - 1
		}
		if len(n.Children) == 0 {
			return n
		}
		n = n.Children[i]
	}
	return n
}

// textOf reads a string, with sqltext.Hole where JavaScript puts something in:
// templates, concatenation, join of an array, replaced and trimmed texts.
func textOf(n *syntax.Node, src []byte) (string, bool) {
	n = bare(n)
	switch {
	case n.Is("string", "template_string"):
		var b strings.Builder
		for _, part := range n.Children {
			switch part.Kind {
			case "string_fragment":
				b.WriteString(part.Text(src))
			case "escape_sequence":
				b.WriteString(unescaped(part.Text(src)))
			case "template_substitution":
				inner, ok := "", false
				if len(part.Children) == 1 && bare(part.Children[0]).Is("string", "template_string") {
					inner, ok = textOf(part.Children[0], src)
				}
				if !ok {
					inner = sqltext.Hole
				}
				b.WriteString(inner)
			}
		}
		return b.String(), true
	case n.Is("binary_expression") && n.Child("operator").Text(src) == "+":
		left, isLeft := textOf(n.Child("left"), src)
		right, isRight := textOf(n.Child("right"), src)
		if !isLeft && !isRight {
			return "", false
		}
		if !isLeft {
			left = sqltext.Hole
		}
		if !isRight {
			right = sqltext.Hole
		}
		return left + right, true
	case n.Is("call_expression") && n.Child("function").Is("member_expression"):
		return methodText(n, src)
	}
	return "", false
}

// methodText reads what methods of texts and of arrays of texts give.
func methodText(n *syntax.Node, src []byte) (string, bool) {
	function, arguments := n.Child("function"), n.Child("arguments")
	object := bare(function.Child("object"))
	switch function.Child("property").Text(src) {
	case "trim", "trimStart", "trimEnd", "toString":
		return textOf(object, src)
	case "join":
		if !object.Is("array") || len(arguments.Children) > 1 {
			return "", false
		}
		between, ok := ",", true
		if len(arguments.Children) == 1 {
			between, ok = textOf(arguments.Children[0], src)
		}
		if !ok {
			return "", false
		}
		var parts []string
		texts := false
		for _, child := range object.Children {
			if child.Is("comment") {
				continue
			}
			part, ok := textOf(child, src)
			if texts = texts || ok; !ok {
				part = sqltext.Hole
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, between), texts
	}
	return "", false
}

// unescaped is an escape as far as SQL has it.
func unescaped(escape string) string {
	switch escape {
	case `\n`:
		return "\n"
	case `\t`:
		return "\t"
	case "\\\n", "\\\r\n":
		return ""
	}
	return strings.TrimPrefix(escape, `\`)
}

var (
	hole = found.Expression(sqltext.Hole)
	// inList is a list of parameters that the tag makes.
	inList = found.Expression(`(?i)\bin\s*` + sqltext.Hole)
)

// parameters is the text of a template whose tag sends what is put in as
// parameters, or notes it where it is made: a fragment is a template or a call of
// its own. Where nothing but a parameter can stand there is one.
func parameters(text string) string {
	n := 0
	next := func() string { n++; return fmt.Sprintf("$%d", n) }
	text = inList().ReplaceAllStringFunc(text, func(list string) string { return strings.TrimSuffix(list, sqltext.Hole) + "(" + next() + ")" })
	listed := n
	all := hole().ReplaceAllStringFunc(text, func(string) string { return next() })
	if _, err := ddl.NeedsOf(all); err == nil {
		return all
	}
	n = listed
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, sqltext.Hole)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if t := strings.TrimRight(b.String(), " \t\r\n"); t != "" && strings.Contains("=<>(,+-*/|~", t[len(t)-1:]) {
			b.WriteString(next())
		} else {
			b.WriteString(sqltext.Hole)
		}
		text = rest
	}
}

// withoutTypes blanks the type arguments of tags, as in sql<User[]>`...`, which the
// grammars take for comparisons. Offsets and lines stay.
func withoutTypes(src []byte) []byte {
	out := src
	for i := 1; i < len(src); i++ {
		if src[i] != '`' || src[i-1] != '>' || i > 1 && src[i-2] == '=' {
			continue
		}
		open := opening(src, i-1)
		if open <= 0 || !isName(src[open-1]) && src[open-1] != ')' {
			continue
		}
		if &out[0] == &src[0] {
			out = slices.Clone(src)
		}
		for j := open; j < i; j++ {
			if out[j] != '\n' {
				out[j] = ' '
			}
		}
	}
	return out
}

// opening is where the bracket stands that the one at end closes, -1 if it stands
// further than a type is long.
func opening(src []byte, end int) int {
	depth := 0
	for i := end; i >= max(0, end-4000) && src[i] != '`'; i-- {
		switch {
		case src[i] == '>' && (i == 0 || src[i-1] != '='):
			depth++
		case src[i] == '<':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func isName(b byte) bool {
	return b == '_' || b == '$' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// key is the name of a property as it is written.
func (r *File) key(n *syntax.Node) string {
	if n.Is("string") {
		t, _ := textOf(n, r.src)
		return t
	}
	if n.Is("computed_property_name") && len(n.Children) == 1 {
		t, _ := r.literal(n.Children[0])
		return t
	}
	return r.text(n)
}
