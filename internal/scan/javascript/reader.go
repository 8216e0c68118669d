package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// reader walks the tree of a file.
type reader struct {
	*File
	imports   map[string]imported
	modules   map[string]bool // those that were seen
	functions map[string]bool // those that the file declares by name
	// chained are the calls of expressions that are read.
	chained map[*syntax.Node]bool
	// exported are the decorators that stand before export.
	exported map[*syntax.Node][]*syntax.Node
	// upserting: the file names a library's ON CONFLICT.
	upserting bool
	// called are what calls with arguments call; updating are options that are read.
	called, updating map[*syntax.Node]bool
}

// function is a function around a place: its name, and its parameters.
type function struct {
	name   string
	params []string
	outer  *function
}

// walk reads what stands below a node, in the function around it.
func (r *reader) walk(n *syntax.Node, in *function) {
	if r.upserting {
		r.upsertGiven(n)
	}
	switch n.Kind {
	case "comment", "import_statement":
		return
	case "expression_statement":
		if len(n.Children) == 1 && n.Children[0].Is("string") {
			return // "use strict"
		}
	case "function_declaration", "generator_function_declaration", "method_definition", "function_expression", "generator_function", "arrow_function":
		in = r.function(n, in)
	case "variable_declarator", "pair", "assignment_expression", "public_field_definition", "field_definition":
		in = r.naming(n, in)
		if n.Is("pair") {
			r.associated(n)
		}
	case "shorthand_property_identifier":
		r.associated(n)
	case "pair_pattern":
		r.renamed(r.text(n.Child("key")), r.text(n.Child("value")), n)
	case "call_expression", "new_expression":
		if tagged(n) {
			r.template(n.Child("arguments"), r.text(n.Child("function")))
			r.walk(n.Child("function"), in)
			r.substitutions(n.Child("arguments"), in)
			return
		}
		r.call(n, in)
		if n.Is("call_expression") {
			r.chain(n)
		}
	case "class_declaration", "abstract_class_declaration", "class":
		name := ""
		if in != nil && in.params == nil {
			name = in.name
		}
		r.class(n, r.exported[n], name)
	case "export_statement":
		for _, child := range n.Children {
			if child.Is("decorator") {
				r.exported[n.Child("declaration")] = append(r.exported[n.Child("declaration")], child)
			}
		}
		// The function may be called by any name where it is imported.
		if name := r.text(n.Child("declaration").Child("name")); slices.Contains(rawMethods, name) && strings.HasPrefix(strings.TrimPrefix(r.text(n), "export"), " default") {
			r.dynamic = append(r.dynamic, dynamic{at: r.at(n)})
		}
	}
	if t, ok := textOf(n, r.src); ok {
		r.note(t, n.Line)
		r.holes(n, in)
		return
	}
	for _, child := range n.Children {
		if slices.Contains([]string{"value", "right", ""}, child.Field) && n.Is("variable_declarator", "assignment_expression", "pair", "export_statement", "arguments", "array") &&
			child.Is("identifier", "member_expression") && !(n.Is("pair") && r.text(n.Child("key")) == r.text(child)) {
			r.handed(child)
		}
		r.walk(child, in)
	}
}

// tagged tells sql`...`.
func tagged(n *syntax.Node) bool { return n.Child("arguments").Is("template_string") }

// note keeps a text's words where it goes on with what is not in it, and the
// text itself if it is SQL.
func (r *reader) note(text string, line int) {
	if strings.Contains(text, sqltext.Hole) {
		r.words = append(r.words, affixes(text)...)
	}
	if sqltext.Is(text) {
		r.texts = append(r.texts, sqltext.Literal{Text: text, At: contract.Evidence{File: r.path, Line: line}})
	}
}

func affixes(text string) []string {
	var words []string
	for _, w := range found.WordsOf(text) {
		if strings.Contains(w, "\x00") {
			words = append(words, w)
		}
	}
	return words
}

// holes walks what a text is put together of besides text.
func (r *reader) holes(n *syntax.Node, in *function) {
	for _, child := range n.Children {
		if child.Is("string_fragment", "escape_sequence") {
			continue
		}
		if child.Is("string", "template_string", "binary_expression", "parenthesized_expression", "template_substitution", "array", "arguments", "member_expression") {
			if _, ok := textOf(child, r.src); ok || child.Is("template_substitution", "array", "arguments", "member_expression") {
				r.holes(child, in)
				continue
			}
		}
		r.walk(child, in)
	}
}

// substitutions walks what a tagged template puts in.
func (r *reader) substitutions(template *syntax.Node, in *function) {
	for _, child := range template.Children {
		if child.Is("template_substitution") {
			for _, c := range child.Children {
				r.walk(c, in)
			}
		}
	}
}

// safeTags put nothing into a text but parameters, and fragments that were made by
// a tag or by a function of fragmentMakers.
var safeTags = []string{"sql", "SQL", "$queryRaw", "$executeRaw", "sqlFragment", "fragment", "pgsql"}

// otherTags have nothing to do with SQL.
var otherTags = []string{"css", "html", "gql", "graphql", "styled", "keyframes", "createGlobalStyle", "injectGlobal", "svg", "md", "markdown", "t", "msg", "i18n", "tw", "dedent", "outdent", "groq", "glsl"}

// template reads a tagged template.
func (r *reader) template(n *syntax.Node, tag string) {
	tag, _, _ = strings.Cut(tag, "<")
	name := tag[strings.LastIndex(tag, ".")+1:]
	first, _, _ := strings.Cut(tag, ".")
	text, _ := textOf(n, r.src)
	r.words = append(r.words, affixes(text)...)
	at := contract.Evidence{File: r.path, Line: n.Line}
	first, _, _ = strings.Cut(first, "(")
	name, _, _ = strings.Cut(name, "(")
	switch {
	case slices.Contains(otherTags, first) || slices.Contains(otherTags, name):
	case slices.Contains(safeTags, name) || slices.Contains(safeTags, first) || strings.HasPrefix(tag, "Prisma."):
		text = parameters(text)
		if sqltext.IsStatement(text) {
			r.texts = append(r.texts, sqltext.Literal{Text: text, At: at})
		} else if strings.TrimSpace(text) != "" {
			r.fragments = append(r.fragments, sqltext.Literal{Text: text, At: at})
		}
	default:
		r.note(text, n.Line)
	}
}

// function is the function that begins at a node.
func (r *reader) function(n *syntax.Node, in *function) *function {
	f := &function{name: r.text(n.Child("name")), outer: in}
	if in != nil && f.name == "" && in.params == nil {
		f.name = in.name // the name stands before it
	}
	f.params = []string{}
	list := n.Child("parameters")
	if single := n.Child("parameter"); single != nil {
		f.params = append(f.params, r.text(single))
	}
	if list != nil {
		for _, p := range list.Children {
			if pattern := p.Child("pattern"); pattern != nil {
				p = pattern
			}
			if p.Is("assignment_pattern") {
				p = p.Child("left")
			}
			f.params = append(f.params, r.text(p))
		}
	}
	return f
}

// naming is the name that a function below gets from where it is put. It has no
// parameters.
func (r *reader) naming(n *syntax.Node, in *function) *function {
	for _, field := range []string{"name", "key", "left", "property"} {
		if name := n.Child(field); name != nil {
			if property := name.Child("property"); property != nil {
				name = property
			}
			if value := bare(cmpNode(n.Child("value"), n.Child("right"))); !value.Is("function_expression", "arrow_function", "generator_function", "class") {
				return in
			}
			return &function{name: r.text(name), outer: in}
		}
	}
	return in
}

func cmpNode(a, b *syntax.Node) *syntax.Node {
	if a != nil {
		return a
	}
	return b
}
