package sqlalchemy

import (
	"strings"
	"unicode"

	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// attribute reads NAME = value, NAME: type, and NAME: type = value.
func (r *reader) attribute(n *syntax.Node, c *class) {
	left, right := n.Child("left"), n.Child("right")
	if !left.Is("identifier") {
		c.columns.every = true // a, b = …, or vars()["a"] = …
		return
	}
	name := r.Text(left)
	if strings.HasPrefix(name, "__") {
		r.special(name, right, c)
		return
	}
	if kind := n.Child("type"); kind != nil && r.annotated(name, r.Text(kind), right, c) {
		return
	}
	if right != nil {
		r.value(name, right, c)
	}
}

// annotated reads NAME: Mapped[…], and what SQLModel makes a column of. It is true
// when that is all there is to it.
func (r *reader) annotated(name, kind string, right *syntax.Node, c *class) bool {
	kind = strings.Trim(kind, `"'`)
	generic, _, _ := strings.Cut(kind, "[")
	mapped := last(generic) == "Mapped" || last(r.Imports[generic]) == "Mapped"
	switch {
	case strings.Contains(kind, "ClassVar") || strings.Contains(kind, "InitVar"):
		return true
	case right == nil && mapped:
		c.columns.add(name)
		c.columns.property(name, name)
		return true
	case mapped || r.hasColumn(right):
		return false
	case strings.HasPrefix(name, "_") || r.called(right) == "Relationship" || r.called(right) == "relationship":
		return true
	case r.called(right) == "Field":
		column := columns{names: []string{name}}
		column.keyed(name, false)
		if value := r.keyword(right, "primary_key"); value != nil {
			column.primary = r.Text(value) != "False"
		}
		if column.every = r.keyword(right, "sa_column", "sa_column_kwargs") != nil || strings.Contains(r.Text(right), "**"); column.every {
			column.property(name, "")
		}
		c.plain.join(column)
		return true
	case right == nil || !right.Is("call"):
		c.plain.add(name)
		c.plain.property(name, name)
		c.bare = c.bare || right == nil
		return true
	}
	c.plain.add(name)
	return false
}

// value reads what an attribute is set to.
func (r *reader) value(name string, n *syntax.Node, c *class) {
	switch {
	case r.hasColumn(n):
		made := r.columnsIn(n, name)
		made.keyed(name, false)
		c.columns.join(made)
	case n.Is("call"):
		called := r.called(n)
		constant := name == strings.ToUpper(name) && called == strings.ToLower(called)
		if !notColumn[called] && !constant {
			c.columns.every = true
		}
	case n.Is("identifier", "attribute", "subscript", "conditional_expression", "assignment", "boolean_operator"):
		// It may be a column that was made elsewhere; not so Status.NEW.
		text := last(r.Text(n))
		constant := name == strings.ToUpper(name) || n.Is("attribute") && text != "" && unicode.IsUpper(rune(text[0]))
		if !constant && !c.methods[text] && !strings.HasPrefix(text, "_") && text != "metadata" {
			c.columns.every = true
		}
	}
}

// special reads __tablename__ and the like.
func (r *reader) special(name string, n *syntax.Node, c *class) {
	switch name {
	case "__tablename__":
		if n != nil {
			c.naming = r.naming(n)
		}
	case "__abstract__":
		c.abstract = n != nil && r.Text(n) == "True"
	case "__table__":
		switch {
		case n == nil:
		case r.isTable(n):
			c.inline = r.table(n, "")
		case n.Is("identifier", "attribute"):
			c.ref = r.Text(n)
		default:
			c.naming.computed, c.columns.every = true, true
		}
	case "__table_args__":
		r.arguments(n, c)
	case "__mapper_args__":
		r.mapper(n, c)
	}
}

// arguments reads __table_args__, for the schema and for reflection.
func (r *reader) arguments(n *syntax.Node, c *class) {
	c.arguments = true
	if !n.Is("dictionary", "tuple") {
		c.columns.every = c.columns.every || n != nil && !n.Is("none") // what is in it may be autoload
		return
	}
	n.Walk(func(n *syntax.Node) bool {
		switch {
		case n.Is("call"):
			return false
		case n.Is("dictionary_splat", "list_splat"):
			c.columns.every = true
		case n.Is("pair"):
			switch key, _ := python.TextOf(n.Child("key"), r.Src); key {
			case "schema":
				c.schema, _ = r.constant(n.Child("value"))
			case "autoload", "autoload_with":
				c.columns.every, c.columns.reflected = true, true
			}
		}
		return true
	})
}

// mapper reads __mapper_args__, for columns that the model leaves alone.
func (r *reader) mapper(n *syntax.Node, c *class) {
	if !n.Is("dictionary") {
		return
	}
	for _, pair := range n.Children {
		key, _ := python.TextOf(pair.Child("key"), r.Src)
		names, ok := r.names(pair.Child("value"))
		switch {
		case strings.Contains(key, sqltext.Hole) || !ok:
		case key == "exclude_properties":
			c.except = names
		case key == "include_properties":
			c.only = names
		}
	}
}
