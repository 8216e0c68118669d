package django

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	path    string
	classes []*class
	// imports are the names a file gives to what it imports, as
	// "package.module.Name".
	imports map[string]string
	texts   []sqltext.Literal
	words   []string
	dynamic []contract.Evidence // queries that take SQL from a variable
	added   []contract.Evidence // fields that are added to models from outside
	foreign []contract.Evidence // imports of ORMs that are not understood
	weak    bool
	err     error
}

// A class may be a model.
type class struct {
	name   string
	bases  []string
	file   *File
	at     contract.Evidence
	fields []field
	meta   *meta
	// strings are the attributes label and name.
	strings map[string]string
	methods map[string]bool
	// opaque says that the body sets what may be columns by other means.
	opaque bool
}

// A field is an attribute that is set to a call.
type field struct {
	name, kind string
	// column is db_column, table db_table of a ManyToManyField.
	column, table string
	through       bool
	primary       bool
	computed      bool // an option that names something is no literal
}

// meta is class Meta; the values are literals, as written in Python.
type meta struct {
	bases  bool
	values map[string]string
	// computed are options that are no literals.
	computed []string
}

// Read reads one Python file.
func Read(path string, src []byte) *File {
	f := &File{path: path, imports: make(map[string]string)}
	root, broken, err := syntax.Parse(syntax.Python, src)
	if err != nil {
		f.err = err
		return f
	}
	f.weak = broken
	// Words are taken from the strings and from the names of arguments, as in
	// filter(notes="x"); a file that was not understood is all words.
	if broken {
		f.words = found.WordsOf(string(src))
	}
	r := &reader{file: f, src: src}
	r.walk(root)
	return f
}

// module is the dotted name of a file, from the folder that was scanned.
func (f *File) module() string {
	name := strings.TrimSuffix(f.path, ".py")
	name = strings.TrimSuffix(name, "/__init__")
	return strings.ReplaceAll(name, "/", ".")
}

type reader struct {
	file *File
	src  []byte
}

func (r *reader) text(n *syntax.Node) string { return n.Text(r.src) }

func (r *reader) at(n *syntax.Node) contract.Evidence {
	line, _, _ := strings.Cut(r.text(n), "\n")
	return contract.Evidence{File: r.file.path, Line: n.Line, Text: strings.TrimSpace(line)}
}

func (r *reader) walk(n *syntax.Node) {
	switch n.Kind {
	case "comment":
		return
	case "class_definition":
		r.class(n)
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
		r.file.words = append(r.file.words, found.WordsOf(r.text(n.Child("name")))...)
	case "call":
		r.call(n)
	}
	if t, ok := textOf(n, r.src); ok {
		r.file.words = append(r.file.words, found.WordsOf(t)...)
		if sqltext.Is(t) {
			r.file.texts = append(r.file.texts, sqltext.Literal{Text: t, At: contract.Evidence{File: r.file.path, Line: n.Line}})
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
			if _, ok := textOf(child, r.src); ok {
				r.holes(child)
			} else {
				r.walk(child)
			}
		default:
			r.walk(child)
		}
	}
}

// imported reads "import a.b as c".
func (r *reader) imported(n *syntax.Node) {
	for _, child := range n.Children {
		module := r.text(child)
		// Without "as" the first part is what the file can name.
		first, _, _ := strings.Cut(module, ".")
		as, means := first, first
		if child.Is("aliased_import") {
			module, as = r.text(child.Child("name")), r.text(child.Child("alias"))
			means = module
		}
		r.file.imports[as] = means
		r.file.noteLibrary(module, r.at(n))
	}
}

// importFrom reads "from .base import A as B".
func (r *reader) importFrom(n *syntax.Node) {
	module := r.text(n.Child("module_name"))
	r.file.noteLibrary(module, r.at(n))
	if dots := len(module) - len(strings.TrimLeft(module, ".")); dots > 0 {
		// One dot is the package the file stands in.
		folder := path.Dir(r.file.path)
		for range dots - 1 {
			folder = path.Dir(folder)
		}
		module = strings.Trim(strings.ReplaceAll(strings.TrimPrefix(folder, "."), "/", ".")+"."+strings.TrimLeft(module, "."), ".")
	}
	for _, child := range n.Children {
		if child.Field != "name" {
			continue
		}
		name := r.text(child)
		as := name
		if child.Is("aliased_import") {
			name, as = r.text(child.Child("name")), r.text(child.Child("alias"))
		}
		r.file.imports[as] = module + "." + name
	}
}

// otherORMs have models that are not understood.
var otherORMs = regexp.MustCompile(`^(sqlalchemy|flask_sqlalchemy|sqlmodel|peewee|playhouse|tortoise|pony|piccolo|ormar|gino|edgy)\b`)

func (f *File) noteLibrary(module string, at contract.Evidence) {
	if m := otherORMs.FindString(module); m != "" {
		f.foreign = append(f.foreign, at)
	}
}

// rawMethods take SQL.
var rawMethods = []string{"execute", "executemany", "raw", "RawSQL", "extra", "executescript", "copy_expert", "fetch", "fetchrow", "fetchval", "mogrify"}

// call notes SQL that is given in a variable, and fields added to a model.
func (r *reader) call(n *syntax.Node) {
	function, arguments := n.Child("function"), n.Child("arguments")
	name := r.text(function)
	if function.Is("attribute") {
		name = r.text(function.Child("attribute"))
	}
	if name == "add_to_class" || name == "contribute_to_class" {
		r.file.added = append(r.file.added, r.at(n))
	}
	if !slices.Contains(rawMethods, name) || arguments == nil || len(arguments.Children) == 0 {
		return
	}
	first := arguments.Children[0]
	if name == "extra" {
		r.file.dynamic = append(r.file.dynamic, r.at(n))
		return
	}
	if _, ok := textOf(first, r.src); !ok {
		r.file.dynamic = append(r.file.dynamic, r.at(n))
	}
}
