package python

import (
	"bytes"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	Path string
	// Wildcards are the modules that a file imports all names of.
	Wildcards []string
	// Constants are the names that the file sets once, and to a text.
	Constants map[string]string
	// Libraries are the first parts of the modules it imports.
	Libraries []string

	// Conflicts are the calls of on_conflict_do_update and on_conflict_do_nothing that
	// need an index.
	Conflicts []Conflict
	// Bulk are the calls of Django's bulk_create that do, too: their Elements are fields.
	Bulk []Conflict

	// bindings are the names it gives to what it imports, in their order: lists take
	// a third of the memory that maps do.
	bindings []binding
	dynamic  []sent // queries that take SQL from a variable
}

// notes are what a file says by itself.
type notes struct {
	texts   []sqltext.Literal
	words   []string
	upserts []contract.Upsert
	foreign []contract.Evidence // imports of ORMs that are not understood
	weak    bool
	err     error
}

// Source is a parsed file, for those who look for models in it.
type Source struct {
	*File
	*notes
	Root *syntax.Node
	Src  []byte
	// Imports are the names that the file gives to what it imports: see binding.
	Imports map[string]string
}

// Read reads one Python file. The Source has no Root when it cannot be parsed.
func Read(path string, src []byte) Source {
	f, said := &File{Path: path}, &notes{}
	root, broken, err := syntax.Parse(syntax.Python, src)
	if err != nil {
		said.err = err
		return Source{File: f, notes: said, Root: &syntax.Node{}, Src: src}
	}
	said.weak = broken
	// Words are taken from the strings and from the names of arguments, as in
	// filter(notes="x"); a file that was not understood is all words.
	if broken {
		said.words = found.WordsOf(string(src))
	}
	s := Source{File: f, notes: said, Root: root, Src: src, Imports: make(map[string]string)}
	r := &reader{Source: s, scopes: []scope{scopeOf(root, src)}, top: make(map[string]bool), doubt: make(map[string]bool)}
	if bytes.Contains(src, []byte("on_conflict_do_")) {
		r.called = make(map[*syntax.Node]bool)
	}
	r.constants()
	r.walk(root)
	f.keepImports(s.Imports)
	return s
}

// Text is a node's source.
func (s Source) Text(n *syntax.Node) string { return n.Text(s.Src) }

// At is where a node stands, with its first line.
func (s Source) At(n *syntax.Node) contract.Evidence {
	return found.At(s.Path, n.Line, n.FirstLine(s.Src))
}

// Module is the dotted name of a file, from the folder that was scanned.
func (f *File) Module() string {
	name := strings.TrimSuffix(f.Path, ".py")
	name = strings.TrimSuffix(name, "/__init__")
	return strings.ReplaceAll(name, "/", ".")
}

// Note notes what a file says by itself. The File has the rest.
func (s Source) Note(to *found.Findings) {
	here := contract.Evidence{File: s.Path, Line: 1}
	if s.err != nil {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: s.err.Error(), At: here})
	}
	if s.weak {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "not all of the file could be parsed", At: here})
	}
	to.Words(s.words...)
	for _, t := range s.texts {
		sqltext.Read(to, t)
	}
	for _, u := range s.upserts {
		to.Upsert(u)
	}
	for _, at := range s.foreign {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "an ORM that is not understood", At: at})
	}
}

// NoteSent notes the queries that take SQL from a variable, and what nobody reads who knows
// models. builds says that the tree has a library that builds SQL of calls, as select(User).
func (f *File) NoteSent(to *found.Findings, builds bool) {
	for _, c := range f.Conflicts {
		if !builds {
			to.Upsert(contract.Upsert{Arbiter: c.unread(), Why: WhyUpsert, At: c.At})
		}
	}
	var dynamic []contract.Evidence
	for _, s := range f.dynamic {
		if builds && !s.built || !builds && !s.builder {
			dynamic = append(dynamic, s.at)
		}
	}
	if len(dynamic) > 0 {
		to.Gap(contract.Gap{Reach: contract.Anything, At: dynamic[0],
			Why: sqltext.Variables(len(dynamic))})
	}
}

type reader struct {
	Source
	scopes []scope
	// top are the names that the top of the file imports.
	top map[string]bool
	// doubt are names that a function imports, and another place of something else.
	doubt map[string]bool
	// called are what calls call, in a file that names conflictMethods.
	called map[*syntax.Node]bool
}

// constants reads the names that are set once at the top of the file.
func (r *reader) constants() {
	for name, values := range r.scopes[0] {
		if len(values) != 1 || values[0] == nil {
			continue
		}
		if t, ok := TextOf(values[0], r.Src); ok && !strings.Contains(t, sqltext.Hole) {
			if r.Constants == nil {
				r.Constants = make(map[string]string)
			}
			r.Constants[name] = t
		}
	}
}

func (r *reader) walk(n *syntax.Node) {
	if r.called != nil {
		r.conflictGiven(n)
	}
	switch n.Kind {
	case "comment":
		return
	case "function_definition", "lambda":
		r.scopes = append(r.scopes, scopeOf(n, r.Src))
		defer func() { r.scopes = r.scopes[:len(r.scopes)-1] }()
	case "import_from_statement":
		r.importFrom(n)
		return
	case "import_statement":
		r.imported(n)
		return
	case "expression_statement":
		// A string that is nothing's value is documentation.
		if len(n.Children) == 1 && n.Children[0].Is("string", "concatenated_string") {
			return
		}
	case "keyword_argument":
		r.words = append(r.words, found.WordsOf(r.Text(n.Child("name")))...)
	case "call":
		r.call(n)
	}
	if t, ok := TextOf(n, r.Src); ok {
		r.words = append(r.words, found.WordsOf(t)...)
		if sqltext.Is(t) {
			r.texts = append(r.texts, sqltext.Literal{Text: t, At: contract.Evidence{File: r.Path, Line: n.Line}, Percent: true})
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
		switch {
		case child.Is("string_start", "string_content", "string_end", "escape_sequence"):
		case child.Is("string", "concatenated_string", "binary_operator", "parenthesized_expression"):
			if _, ok := TextOf(child, r.Src); ok {
				r.holes(child)
			} else {
				r.walk(child)
			}
		default:
			r.walk(child)
		}
	}
}
