package django

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says of models. Files are read independently of
// one another and resolved together.
type File struct {
	*python.File
	classes []*class
	added   []contract.Evidence // fields that are added to models from outside
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
	methods map[string]bool // until it is read
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

// Read reads the models of one Python file.
func Read(source python.Source) *File {
	f := &File{File: source.File}
	r := &reader{Source: source, file: f}
	source.Root.Walk(func(n *syntax.Node) bool {
		switch {
		case n.Is("class_definition"):
			r.class(n)
			return r.Text(n.Child("name")) != "Meta"
		case n.Is("call"):
			function := r.Text(n.Child("function"))
			if name := function[strings.LastIndex(function, ".")+1:]; name == "add_to_class" || name == "contribute_to_class" {
				f.added = append(f.added, r.At(n))
			}
		}
		return true
	})
	return f
}

type reader struct {
	python.Source
	file *File
}
