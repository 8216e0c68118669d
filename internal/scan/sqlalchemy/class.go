package sqlalchemy

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A class may be a model, or give columns to models.
type class struct {
	name  string
	file  *File
	at    contract.Evidence
	bases []string
	// mapped says that SQLModel's table=True stands behind the bases.
	mapped bool
	naming naming
	// schema is that of __table_args__, if there are any.
	schema    string
	arguments bool
	// inline is a Table in the body, ref the name of one elsewhere.
	inline   *table
	ref      string
	abstract bool
	columns  columns
	// plain are annotated attributes that are columns in SQLModel, and in
	// SQLAlchemy when they are Mapped.
	plain columns
	// bare says that some of those have no value: what they are annotated with
	// may be another name of Mapped.
	bare    bool
	except  []string
	only    []string
	methods map[string]bool // until it is read
	// twin: the file has another class of the name.
	twin bool
}

// naming is what __tablename__ says.
type naming struct {
	name     string
	computed bool
	// none is None: the table is the parent's.
	none bool
	// lower and same are a declared_attr that returns cls.__name__.lower() or
	// cls.__name__; each is asked of every class anew.
	lower, same bool
}

func (n naming) given() bool { return n.name != "" || n.computed || n.lower || n.same }

func (r *reader) class(n, decorated *syntax.Node) {
	c := &class{name: r.Text(n.Child("name")), file: r.file, at: r.At(n), methods: make(map[string]bool)}
	if bases := n.Child("superclasses"); bases != nil {
		for _, base := range bases.Children {
			switch {
			case base.Is("identifier", "attribute"):
				c.bases = append(c.bases, r.Text(base))
			case base.Is("subscript"):
				c.bases = append(c.bases, r.Text(base.Child("value"))) // Generic[T]
			case base.Is("keyword_argument"):
				r.option(base, c)
			case !base.Is("comment"):
				c.bases = append(c.bases, "?") // made by a call
			}
		}
	}
	if decorated != nil {
		r.decorators(decorated, c)
	}
	r.body(n.Child("body"), c)
	for _, method := range []string{"__init_subclass__", "__declare_last__", "__declare_first__", "__prepare__", "__table_cls__"} {
		c.columns.every = c.columns.every || c.methods[method]
	}
	c.methods = nil
	r.file.classes = append(r.file.classes, c)
}

func (r *reader) option(n *syntax.Node, c *class) {
	switch value := r.Text(n.Child("value")); r.Text(n.Child("name")) {
	case "table":
		c.mapped = value == "True"
		c.naming.computed = value != "True" && value != "False"
	case "metaclass":
		c.columns.every = !slices.Contains([]string{"ABCMeta", "DeclarativeMeta", "EnumMeta"}, last(value))
	}
}

// harmless are decorators of classes that add no columns.
var harmless = setOf(`mapped mapped_as_dataclass as_declarative dataclass total_ordering generic_repr python_2_unicode_compatible final
	unique_constructor deprecated runtime_checkable define attrs`)

func (r *reader) decorators(n *syntax.Node, c *class) {
	for _, child := range n.Children {
		if !child.Is("decorator") || len(child.Children) != 1 {
			continue
		}
		what := child.Children[0]
		if what.Is("call") {
			what = what.Child("function")
		}
		switch name := last(r.Text(what)); {
		case name == "as_declarative":
			r.file.assign(c.name, assigned{call: "declarative_base"})
		case name == "mapped" || name == "mapped_as_dataclass":
			c.mapped = true
		case !harmless[name]:
			c.columns.every = true
		}
	}
}

func (r *reader) body(body *syntax.Node, c *class) {
	if body == nil {
		return
	}
	for _, statement := range body.Children {
		only := statement
		if statement.Is("expression_statement") && len(statement.Children) == 1 {
			only = statement.Children[0]
		}
		switch {
		case only.Is("assignment"):
			r.attribute(only, c)
		case only.Is("call") && !notColumn[r.called(only)]:
			c.columns.every = true // a call in a class's body can set anything
		case only.Is("function_definition"):
			c.methods[r.Text(only.Child("name"))] = true
		case only.Is("decorated_definition"):
			r.decorated(only, c)
		case only.Is("if_statement", "try_statement", "with_statement", "for_statement", "while_statement", "match_statement"):
			// What is set under a condition counts as set.
			only.Walk(func(n *syntax.Node) bool {
				if n.Is("block") {
					r.body(n, c)
					return false
				}
				return !n.Is("function_definition", "class_definition")
			})
			c.columns.every = c.columns.every || !only.Is("if_statement", "try_statement")
		}
	}
}

// decorated reads a method that SQLAlchemy asks for an attribute.
func (r *reader) decorated(n *syntax.Node, c *class) {
	method := n.Child("definition")
	if !method.Is("function_definition") {
		return
	}
	name := r.Text(method.Child("name"))
	c.methods[name] = true
	declared := slices.ContainsFunc(n.Children, func(d *syntax.Node) bool {
		return d.Is("decorator") && strings.Contains(r.Text(d), "declared_attr")
	})
	if !declared {
		return
	}
	returned := r.returned(method.Child("body"))
	switch {
	case name == "__tablename__":
		c.naming = r.naming(returned)
	case name == "__table_args__" || name == "__mapper_args__":
		r.special(name, returned, c)
	case returned == nil:
		c.columns.every = true
	default:
		r.value(name, returned, c)
	}
}

// returned is what a method returns that does nothing else, nil for others.
func (r *reader) returned(body *syntax.Node) *syntax.Node {
	var value *syntax.Node
	for _, statement := range body.Children {
		switch {
		case statement.Is("return_statement") && len(statement.Children) == 1 && value == nil:
			value = statement.Children[0]
		case statement.Is("comment"), statement.Is("expression_statement") && len(statement.Children) == 1 && statement.Children[0].Is("string"):
		default:
			return nil
		}
	}
	return value
}

func (r *reader) naming(n *syntax.Node) naming {
	if t, ok := r.constant(n); ok {
		return naming{name: t}
	}
	switch r.Text(n) {
	case "None":
		return naming{none: true}
	case "cls.__name__.lower()", "str(cls.__name__).lower()", "self.__name__.lower()":
		return naming{lower: true}
	case "cls.__name__", "self.__name__":
		return naming{same: true}
	}
	return naming{computed: true}
}
