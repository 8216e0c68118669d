package golang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	path    string
	pkg     string
	imports map[string]string // by the name they have in the file
	// linked is all that it imports, test that it is no part of a program.
	linked []string
	test   bool
	// constants are the package's constants and variables that the file sets to
	// what may be a text.
	constants map[string]*text
	// variables are those of them that can be set, set the names that are.
	variables, set map[string]bool
	texts          []placed
	sent           []placed
	// conditions are given to an ORM's methods, parts of SQL among them.
	conditions []placed
	structs    []*structure
	// methods are those the file gives to types, as "User.TableName", with the
	// text they return.
	methods map[string]*text
	// used are the types of what is given to an ORM's methods.
	used   map[string]bool
	copies []copied
	// upserts are GORM's clauses.
	upserts []upsert
	blind   []contract.Gap
	naming  *naming
	// configs are GORM's, drivers those of its connections: true when they have
	// it name what it selects, and send nothing prepared.
	configs, drivers []bool
	migrates         bool // has GORM make tables
	// untyped: rows are read into values of the types that pgx has for their columns.
	untyped bool
	// scans: rows are read into as many variables as they have columns. lax: some are
	// read whatever columns they have, and unsafe: all that a library reads are.
	scans, lax, unsafe bool
	err                error
	skipped            bool
}

// placed is a text where it stands.
type placed struct {
	text
	at contract.Evidence
	// of is the type of a struct that is given in place of a text.
	of string
	// kept: the program prepares it, and does not close it where it does so.
	kept bool
	// into: it returns rows to where they are read, strict: where they are read by the
	// function that sends it, into as many variables.
	into, strict bool
}

// copied are rows that are copied into a table.
type copied struct {
	table   text
	columns []text
	at      contract.Evidence
}

var isMigration = found.Expression(`\bgoose\.Add(?:Named)?Migration`)

// Read reads one Go file. Tests are no running code, nor are migrations that are
// written in Go.
func Read(at string, src []byte) *File {
	f := &File{path: at, imports: make(map[string]string), constants: make(map[string]*text), methods: make(map[string]*text),
		used: make(map[string]bool), variables: make(map[string]bool), set: make(map[string]bool)}
	if strings.HasSuffix(at, "_test.go") || isMigration().Match(src) {
		f.skipped, f.test = true, strings.HasSuffix(at, "_test.go")
		return f
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, at, src, parser.SkipObjectResolution|parser.ParseComments)
	f.err = err
	if tree == nil {
		return f
	}
	f.pkg = tree.Name.Name
	for _, spec := range tree.Imports {
		module, _ := strconv.Unquote(spec.Path.Value)
		name := packageName(module)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "_" || name == "." {
			name = module // nothing of it is named so
		}
		f.imports[name] = module
		f.linked = append(f.linked, module)
	}
	r := &reader{file: f, fset: fset, functions: make(map[*ast.SelectorExpr]bool), closed: make(map[*ast.CallExpr]bool)}
	for _, declaration := range tree.Decls {
		r.declaration(declaration)
	}
	return f
}

var version = found.Expression(`^v\d+$`)

// packageName is the name that a package most likely has.
func packageName(module string) string {
	base := path.Base(module)
	if version().MatchString(base) {
		base = path.Base(path.Dir(module))
	}
	base, _, _ = strings.Cut(base, ".") // gopkg.in/yaml.v3
	return strings.TrimPrefix(base, "go-")
}

type reader struct {
	file *File
	fset *token.FileSet
	// locals are what the function that is read sets its names to; nil stands
	// for what cannot be told. types are those its names are declared with.
	locals map[string][]ast.Expr
	types  map[string]ast.Expr
	// indexed are the keys that are set in its maps.
	indexed map[string][]ast.Expr
	// functions are what is called.
	functions map[*ast.SelectorExpr]bool
	// closed are calls that prepare what is closed where it is made.
	closed map[*ast.CallExpr]bool
}

func (r *reader) at(n ast.Node) contract.Evidence {
	return contract.Evidence{File: r.file.path, Line: r.fset.Position(n.Pos()).Line}
}

func (r *reader) declaration(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		r.closes(d)
		r.function(d)
	case *ast.GenDecl:
		if d.Tok == token.IMPORT {
			return
		}
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				r.values(spec, d.Tok == token.VAR, embeds(d.Doc) || embeds(spec.Doc))
			case *ast.TypeSpec:
				r.typed(spec)
			}
		}
		r.scope(d)
		r.walk(d)
		r.locals, r.types, r.indexed = nil, nil, nil
	}
}

// unread are files of SQL that the scan leaves out.
var unread = found.Expression(`migrat|schema\.sql|structure\.sql|\.(?:up|down)\.sql|testdata|static`)

// embeds tells whether a comment has the compiler put a file of SQL in, which is
// read by itself.
func embeds(doc *ast.CommentGroup) bool {
	if doc != nil {
		for _, line := range doc.List {
			if strings.HasPrefix(line.Text, "//go:embed ") && strings.HasSuffix(strings.TrimSpace(line.Text), ".sql") && !unread().MatchString(line.Text) {
				return true
			}
		}
	}
	return false
}

func (r *reader) values(spec *ast.ValueSpec, variable, embedded bool) {
	for i, name := range spec.Names {
		t := text{}
		switch {
		case embedded:
			t = plain("")
		case i < len(spec.Values) && len(spec.Values) == len(spec.Names):
			t = r.textOf(spec.Values[i], 0)
		}
		r.file.constants[name.Name], r.file.variables[name.Name] = &t, variable
	}
}

func (r *reader) function(d *ast.FuncDecl) {
	if d.Recv != nil && len(d.Recv.List) == 1 {
		r.file.methods[typeName(d.Recv.List[0].Type)+"."+d.Name.Name] = r.returned(d)
	}
	if d.Body == nil {
		return
	}
	r.scope(d)
	defer func() { r.locals, r.types, r.indexed = nil, nil, nil }()
	r.reading(func() { r.walk(d.Body) })
}

// returned is the text that a method returns and does nothing else.
func (r *reader) returned(d *ast.FuncDecl) *text {
	t := text{}
	if d.Body != nil && len(d.Body.List) == 1 {
		if statement, ok := d.Body.List[0].(*ast.ReturnStmt); ok && len(statement.Results) == 1 {
			t = r.textOf(statement.Results[0], 0)
		}
	}
	return &t
}
