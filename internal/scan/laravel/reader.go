package laravel

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

type reader struct {
	file *File
	src  []byte
	// class is the one that is read, nil outside of any.
	class *class
	// done are the calls of a chain that was read from its last one.
	done map[*syntax.Node]bool
}

func (r *reader) text(n *syntax.Node) string { return n.Text(r.src) }

// at is where a node stands, with its first line.
func (r *reader) at(n *syntax.Node) contract.Evidence {
	return found.At(r.file.Path, n.Line, n.FirstLine(r.src))
}

func (r *reader) walk(n *syntax.Node) {
	switch n.Kind {
	case "comment":
		return
	case "namespace_definition":
		r.file.namespace = r.text(n.Child("name"))
	case "namespace_use_declaration":
		r.use(n)
		return
	case "class_declaration", "trait_declaration", "anonymous_class":
		around := r.class
		r.class = r.readClass(n)
		defer func() { r.class = around }()
	case "member_call_expression", "nullsafe_member_call_expression", "scoped_call_expression":
		r.chain(n)
	case "object_creation_expression":
		if len(n.Children) > 0 && strings.HasSuffix(r.text(n.Children[0]), "Expression") {
			r.fragment(arguments(n), nil, n)
		}
	case "function_call_expression":
		if strings.HasPrefix(r.text(n.Child("function")), "pg_") && len(arguments(n)) > 1 {
			r.statement(arguments(n)[1:2], n)
		}
	case "array_creation_expression":
		r.connection(n)
	case "assignment_expression":
		r.assignment(n)
	}
	if t, ok := textOf(n, r.src); ok {
		if t == "upsert" {
			r.file.given = append(r.file.given, r.at(n))
		}
		if strings.Contains(t, sqltext.Hole) {
			r.file.Words = append(r.file.Words, found.WordsOf(t)...)
		}
		if sqltext.Is(t) {
			r.file.Texts = append(r.file.Texts, sqltext.Literal{Text: t, At: contract.Evidence{File: r.file.Path, Line: n.Line}})
		}
		r.holes(n)
		return
	}
	for _, child := range n.Children {
		r.walk(child)
	}
}

// holes walks what a string is put together of besides text.
func (r *reader) holes(n *syntax.Node) {
	for _, child := range n.Children {
		if _, ok := textOf(child, r.src); ok || child.Is("heredoc_body", "arguments", "argument") {
			r.holes(child)
		} else if !child.Is("string_content", "escape_sequence") {
			r.walk(child)
		}
	}
}

// use reads "use App\Models\{User, Post as P};".
func (r *reader) use(n *syntax.Node) {
	prefix := ""
	for _, child := range n.Children {
		if child.Is("namespace_name") {
			prefix = r.text(child) + `\`
		}
	}
	n.Walk(func(n *syntax.Node) bool {
		if !n.Is("namespace_use_clause") {
			return true
		}
		if n.Child("type") != nil || len(n.Children) == 0 {
			return false // of functions or constants
		}
		full := prefix + strings.TrimPrefix(r.text(n.Children[0]), `\`)
		as := base(full)
		if alias := n.Child("alias"); alias != nil {
			as = r.text(alias)
		}
		r.file.imports[as] = full
		return false
	})
}

// full is the name in full of what a file calls so.
func (f *File) full(name string) string {
	if rest, ok := strings.CutPrefix(name, `\`); ok {
		return rest
	}
	first, rest, more := strings.Cut(name, `\`)
	if full, ok := f.imports[first]; ok {
		if more {
			return full + `\` + rest
		}
		return full
	}
	if f.namespace == "" {
		return name
	}
	return f.namespace + `\` + name
}

// base is a class's name without its namespace.
func base(full string) string { return full[strings.LastIndex(full, `\`)+1:] }

// statement notes a call whose first argument is a whole statement. Texts are read
// where they stand.
func (r *reader) statement(given []*syntax.Node, call *syntax.Node) {
	if len(given) == 0 {
		return
	}
	t, ok := textOf(given[0], r.src)
	if !ok || strings.Contains(t, sqltext.Hole) && !sqltext.Is(t) {
		r.file.Dynamic = append(r.file.Dynamic, r.at(call))
	}
}

// fragment notes a call whose first argument is a part of a statement.
func (r *reader) fragment(given []*syntax.Node, of *query, call *syntax.Node) {
	if len(given) == 0 {
		return
	}
	if t, ok := textOf(given[0], r.src); ok {
		r.file.fragments = append(r.file.fragments, fragment{sqltext.Literal{Text: t, At: contract.Evidence{File: r.file.Path, Line: call.Line}}, of})
		return
	}
	r.file.Dynamic = append(r.file.Dynamic, r.at(call))
}

// connection looks at the settings of a connection to PostgreSQL: a prefix makes
// all names of tables others.
func (r *reader) connection(n *syntax.Node) {
	if !strings.HasSuffix("/"+r.file.Path, "/config/database.php") {
		return
	}
	list, _ := elements(n)
	postgres := slices.ContainsFunc(list, func(e element) bool {
		return r.is(e.key, "driver") && (r.is(e.value, "pgsql") || !e.value.Is("string"))
	})
	for _, e := range list {
		if t, ok := literal(e.value, r.src); postgres && r.is(e.key, "prefix") && (!ok || t != "") {
			r.file.Blinds = append(r.file.Blinds, contract.Gap{Reach: contract.Anything, Why: "names of tables have a prefix", At: r.at(e.value)})
		}
	}
}

func (r *reader) is(n *syntax.Node, word string) bool {
	t, ok := literal(n, r.src)
	return ok && t == word
}
