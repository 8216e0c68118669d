package sqlalchemy

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// columns are those that something names; every says that it may name more, and
// reflected that it asks the database for them.
type columns struct {
	names     []string
	every     bool
	reflected bool
	primary   bool
	// properties are the columns by the names that the code has for them, "" where it
	// is not known.
	properties map[string]string
}

// add adds a column, of which an empty name is not known.
func (c *columns) add(name string) {
	if name == "" {
		c.every = true
		return
	}
	c.names = append(c.names, name)
}

func (c *columns) join(d columns) {
	c.names = append(c.names, d.names...)
	c.properties = maps.Clone(c.properties) // it may be a class's
	for name, column := range d.properties {
		c.property(name, column)
	}
	c.every, c.reflected, c.primary = c.every || d.every, c.reflected || d.reflected, c.primary || d.primary
}

// set is what is used. SQLAlchemy names each column of a model in its SQL.
func (c columns) set(except, only []string) contract.Columns {
	switch {
	case only != nil:
		return contract.Named(only...)
	case c.every:
		return contract.Every(except...)
	}
	return contract.Named(slices.DeleteFunc(slices.Clone(c.names), func(name string) bool { return slices.Contains(except, name) })...)
}

// isColumn tells a call that makes a column.
func (r *reader) isColumn(n *syntax.Node) bool {
	name := r.called(n)
	return name == "Column" || name == "mapped_column" || last(r.Imports[name]) == "Column" || last(r.Imports[name]) == "mapped_column"
}

func (r *reader) hasColumn(n *syntax.Node) bool {
	has := false
	n.Walk(func(n *syntax.Node) bool {
		has = has || r.isColumn(n)
		return !has
	})
	return has
}

// columnsIn reads the columns made anywhere in an expression. One without a name
// of its own is called as the attribute; an empty attribute gives none.
func (r *reader) columnsIn(n *syntax.Node, attribute string) (c columns) {
	n.Walk(func(n *syntax.Node) bool {
		if r.called(n) == "composite" {
			attribute = "" // the parts are not called as the whole
		}
		if !r.isColumn(n) {
			return true
		}
		c.join(r.column(n, attribute))
		return false
	})
	return c
}

// column reads Column("name", Type, …) or Column(Type, …).
func (r *reader) column(n *syntax.Node, attribute string) (c columns) {
	arguments := n.Child("arguments")
	if !arguments.Is("argument_list") {
		c.add("")
		return c
	}
	if value := r.keyword(n, "primary_key"); value != nil {
		c.primary = r.Text(value) != "False"
	}
	name := attribute
	for _, child := range arguments.Children {
		if child.Is("dictionary_splat", "list_splat") {
			c.every = true
		}
	}
	positional := r.positional(arguments)
	if value := r.keyword(n, "name"); value != nil {
		name, _ = r.constant(value)
	} else if len(positional) > 0 {
		if t, ok := r.constant(positional[0]); ok {
			name = t
		} else if !r.isType(positional[0]) {
			name = ""
		}
	}
	c.add(name)
	return c
}

// upperTypes are SQLAlchemy's types whose names are in capitals, as those of
// constants are. From sqlalchemy.types and dialects.postgresql of 1.4 and 2.0.
var upperTypes = setOf(`ARRAY BIGINT BINARY BIT BLOB BOOLEAN BYTEA CHAR CIDR CITEXT CLOB DATE DATEMULTIRANGE DATERANGE DATETIME DECIMAL DOMAIN DOUBLE
	DOUBLE_PRECISION ENUM FLOAT GUID HSTORE INET INT INT4MULTIRANGE INT4RANGE INT8MULTIRANGE INT8RANGE INTEGER INTERVAL JSON JSONB JSONPATH
	MACADDR MACADDR8 MONEY NCHAR NUMERIC NUMMULTIRANGE NUMRANGE NVARCHAR OID REAL REGCLASS REGCONFIG SMALLINT TEXT TIME TIMESTAMP TSMULTIRANGE TSQUERY
	TSRANGE TSTZMULTIRANGE TSTZRANGE TSVECTOR UUID VARBINARY VARCHAR`)

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// isType tells a column's type, default or constraint from its name, when it is no
// text.
func (r *reader) isType(n *syntax.Node) bool {
	name := ""
	switch {
	case n.Is("call"):
		name = r.called(n)
		if name == "" || slices.Contains([]string{"as_mutable", "with_variant", "evaluates_none"}, last(r.Text(n.Child("function").Child("attribute")))) {
			return n.Child("function").Is("attribute")
		}
	case n.Is("identifier", "attribute"):
		name = last(r.Text(n))
	case n.Is("subscript"):
		name = last(r.Text(n.Child("value")))
	default:
		return false
	}
	if upperTypes[name] || strings.HasPrefix(r.Imports[name], "sqlalchemy.") {
		return true
	}
	return name != "" && unicode.IsUpper(rune(name[0])) && strings.ToUpper(name) != name
}

// A table is a Table object.
type table struct {
	// by is the name that the code has for it.
	by       string
	name     contract.Name
	computed bool
	columns  columns
	// light tables are made of their names only, where they are used.
	light bool
	// bare tables have no columns there: they are looked up, or read from the
	// database.
	bare bool
	// twin: the file has another table of the name.
	twin bool
	at   contract.Evidence
	node *syntax.Node
}

// isTable tells SQLAlchemy's Table from other things called so.
func (r *reader) isTable(n *syntax.Node) bool {
	if r.called(n) != "Table" || len(r.positional(n.Child("arguments"))) == 0 {
		return false
	}
	full, ok := r.Full(r.Text(n.Child("function")))
	return strings.HasPrefix(full, "sqlalchemy") || r.hasColumn(n) || r.keyword(n, "autoload", "autoload_with") != nil ||
		(!ok || slices.Contains(r.Libraries, "sqlalchemy")) && !strings.HasPrefix(full, "rich.") && len(r.positional(n.Child("arguments"))) > 1
}

func (r *reader) hasTable(n *syntax.Node) bool {
	return slices.ContainsFunc(r.file.tables, func(t *table) bool { return t.node == n })
}

// table reads Table("name", metadata, Column(…), …).
func (r *reader) table(n *syntax.Node, by string) *table {
	t := &table{by: by, at: r.At(n), node: n, bare: true}
	for _, other := range r.file.tables {
		if other.by == by {
			other.twin, t.twin = true, true
		}
	}
	r.file.tables = append(r.file.tables, t)
	name, ok := r.constant(r.positional(n.Child("arguments"))[0])
	t.name.Name, t.computed = name, !ok
	if schema := r.keyword(n, "schema"); schema != nil {
		t.name.Schema, _ = r.constant(schema)
	}
	if t.by == "" {
		t.by = "Table " + name
	}
	if r.keyword(n, "autoload", "autoload_with") != nil {
		t.columns.every, t.columns.reflected, t.bare = true, true, false
	}
	for i, child := range n.Child("arguments").Children {
		switch {
		case child.Is("comment") || i == 0:
		case child.Is("list_splat", "dictionary_splat"):
			t.columns.every, t.bare = true, false
		case r.isColumn(child):
			made := r.column(child, "")
			made.keyed("", r.keyword(child, "key") != nil)
			t.columns.join(made)
			t.bare = false
		case child.Is("call") && !notColumn[r.called(child)] && r.called(child) != "MetaData":
			t.columns.every, t.bare = true, false // a function that makes a column
		case i > 1 && child.Is("identifier", "attribute", "subscript"):
			t.columns.every, t.bare = true, false
		}
	}
	return t
}

// notColumn are calls whose values are no columns. From sqlalchemy, sqlalchemy.orm,
// sqlalchemy.ext and sqlalchemy_utils.
var notColumn = setOf(`relationship relation dynamic_loader backref synonym association_proxy hybrid_property hybrid_method column_property composite
	query_expression with_expression validates reconstructor object_session query_property deferred property classmethod staticmethod Relationship
	Index UniqueConstraint PrimaryKeyConstraint ForeignKeyConstraint CheckConstraint ExcludeConstraint ForeignKey Computed Identity Sequence DDL
	set frozenset dict list tuple str int float bool len range sorted namedtuple getLogger get_logger compile lazy_gettext gettext _ N_ partial
	MetaData SQLAlchemyAutoSchema PrivateAttr ConfigDict field_validator validator model_validator generic_relationship`)

// names reads a list of texts, as ["a", "b"].
func (r *reader) names(n *syntax.Node) (names []string, ok bool) {
	if !n.Is("list", "tuple", "set") {
		return nil, false
	}
	names = []string{}
	for _, child := range n.Children {
		t, ok := python.TextOf(child, r.Src)
		if !ok {
			return nil, false
		}
		names = append(names, t)
	}
	return names, true
}
