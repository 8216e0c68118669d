package sqlalchemy

import (
	"bytes"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// Libraries are the modules that a tree with SQLAlchemy imports.
var Libraries = []string{"sqlalchemy", "flask_sqlalchemy", "sqlmodel", "oslo_db", "advanced_alchemy", "gino", "flask_appbuilder"}

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	*python.File
	classes []*class
	tables  []*table
	// assigned are the names that are set to a call or to another name, as
	// Base = declarative_base(cls=Mixin).
	assigned map[string]assigned
	// blind are places that may give models columns in ways not understood.
	blind     []contract.Gap
	fragments []sqltext.Literal
	// moves: the file names schema_translate_map; exposes: it asks models for
	// their __table__.
	moves, exposes bool
}

// assigned is what a name is set to: what is called, or the other name.
type assigned struct {
	call, name string
	// cls is the class that a base is made of.
	cls string
}

func (f *File) assign(name string, to assigned) {
	if f.assigned == nil {
		f.assigned = make(map[string]assigned)
	}
	f.assigned[name] = to
}

// Read reads the models of one Python file.
func Read(source python.Source) *File {
	f := &File{File: source.File,
		moves: bytes.Contains(source.Src, []byte("schema_translate_map")), exposes: bytes.Contains(source.Src, []byte(".__table__"))}
	r := &reader{Source: source, file: f}
	r.walk(source.Root)
	return f
}

type reader struct {
	python.Source
	file *File
	// inFunction counts the functions around what is read.
	inFunction int
	// inColumn counts the columns and indexes around what is read: SQL in them
	// is for the schema.
	inColumn int
}

func (r *reader) walk(n *syntax.Node) {
	switch n.Kind {
	case "class_definition":
		r.class(n, nil)
	case "function_definition":
		r.inFunction++
		defer func() { r.inFunction-- }()
	case "decorated_definition":
		if definition := n.Child("definition"); definition.Is("class_definition") {
			r.class(definition, n)
			for _, child := range definition.Children {
				r.walk(child)
			}
			return
		}
	case "assignment":
		r.assignment(n)
	case "call":
		if r.isSchema(n) {
			r.inColumn++
			defer func() { r.inColumn-- }()
		}
		r.call(n)
	}
	for _, child := range n.Children {
		r.walk(child)
	}
}

// called is the last part of the name of what a call calls, "" for others.
func (r *reader) called(n *syntax.Node) string {
	if !n.Is("call") {
		return ""
	}
	return last(r.Text(n.Child("function")))
}

func last(name string) string {
	if strings.HasSuffix(name, ")") {
		return ""
	}
	name = name[strings.LastIndex(name, ".")+1:]
	name, _, _ = strings.Cut(name, "[") // Mapped[int]
	return name
}

// isSchema tells calls whose SQL is sent only when the schema is made.
func (r *reader) isSchema(n *syntax.Node) bool {
	switch r.called(n) {
	case "Column", "mapped_column", "Index", "CheckConstraint", "Computed", "DDL", "Field", "ExcludeConstraint":
		return true
	}
	return false
}

// assignment notes what names are set to, and columns that are put into a class
// from outside.
func (r *reader) assignment(n *syntax.Node) {
	left, right := n.Child("left"), n.Child("right")
	switch {
	case left.Is("identifier") && right.Is("call"):
		a := assigned{call: r.Text(right.Child("function"))}
		if cls := r.keyword(right, "cls", "model_class", "base"); cls != nil {
			a.cls = r.Text(cls)
		}
		if r.inFunction == 0 {
			r.file.assign(r.Text(left), a)
		}
		if r.isTable(right) && !r.hasTable(right) {
			r.table(right, r.Text(left))
		}
	case left.Is("identifier") && right.Is("identifier", "attribute") && r.inFunction == 0:
		r.file.assign(r.Text(left), assigned{name: r.Text(right)})
	case left.Is("attribute", "subscript") && r.hasColumn(right) && !right.Is("lambda"):
		r.outside(n, "a column is put into a model from outside its class")
	}
}

func (r *reader) outside(n *syntax.Node, why string) {
	r.file.blind = append(r.file.blind, contract.Gap{Reach: contract.Anything, Why: why, At: r.At(n)})
}

// call reads the calls that make or change models outside of classes.
func (r *reader) call(n *syntax.Node) {
	arguments := n.Child("arguments")
	if !arguments.Is("argument_list") {
		return
	}
	positional := r.positional(arguments)
	switch name := r.called(n); name {
	case "Table":
		// One that a name is set to was read with its name.
		if r.isTable(n) && !r.hasTable(n) {
			r.table(n, "")
		}
	case "append_column", "add_property", "add_properties", "add_mapped_attribute", "add_columns_to_model":
		r.outside(n, "a model is changed from outside its class")
	case "setattr":
		if len(positional) == 3 && (r.hasColumn(positional[2]) || strings.HasPrefix(r.Text(positional[0]), "cls")) {
			r.outside(n, "an attribute whose name is computed is put into a class")
		}
	case "reflect", "automap_base":
		// A class is made of what is a table and has a primary key (measured:
		// TestORMs in internal/release).
		r.outside(n, "the tables are those that the database has: each may be used, with all columns")
		g := &r.file.blind[len(r.file.blind)-1]
		g.Introspects, g.NoUpsert = true, true // the calls themselves are read
	case "type", "new_class", "create_model":
		// type(x) asks for a type. What is made without bases is no model.
		if len(positional) >= 2 && (name != "type" || len(positional) == 3 && r.Text(positional[1]) != "()" && r.Text(positional[1]) != "(object,)") {
			r.outside(n, "a class that is made by a call may be a model")
		}
	case "copy_from", "copy_to", "copy_records_to_table", "copy_from_table", "read_sql_table":
		r.outside(n, "reads or writes every column of a table")
	case "text", "literal_column", "column":
		r.fragment(n, positional)
	case "table":
		r.light(n, positional)
	}
}

// fragment reads a part of SQL by itself; whole statements are read as any text.
func (r *reader) fragment(n *syntax.Node, positional []*syntax.Node) {
	if len(positional) == 0 || r.inColumn > 0 {
		return
	}
	t, ok := python.TextOf(positional[0], r.Src)
	switch {
	case !ok || sqltext.Is(t) || strings.TrimSpace(t) == "":
	case strings.HasSuffix(strings.TrimSpace(t), "*"):
		r.outside(n, "reads every column of a table that is not known")
	default:
		r.file.fragments = append(r.file.fragments, sqltext.Literal{Text: t, At: r.At(n)})
	}
}

// light reads table("users", column("id")), which knows no more than it says.
func (r *reader) light(n *syntax.Node, positional []*syntax.Node) {
	function := r.Text(n.Child("function"))
	if full, _ := r.Full(function); len(positional) == 0 || !strings.HasPrefix(full, "sqlalchemy.") && function != "db.table" {
		return
	}
	t := &table{at: r.At(n), light: true}
	name, ok := r.constant(positional[0])
	t.name.Name, t.computed = name, !ok
	for _, argument := range positional[1:] {
		column := ""
		if r.called(argument) == "column" {
			if parts := r.positional(argument.Child("arguments")); len(parts) > 0 {
				column, _ = r.constant(parts[0])
			}
		}
		t.columns.add(column)
	}
	r.file.tables = append(r.file.tables, t)
}
