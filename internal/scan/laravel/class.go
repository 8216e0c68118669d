package laravel

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A class may be a model, or a trait of one.
type class struct {
	name, full string
	// base and traits are names in full.
	base   string
	traits []string
	file   *File
	at     contract.Evidence
	// abstract classes and traits have no tables of their own.
	abstract, trait bool
	// texts are its properties and constants that are texts, off those that are
	// false or null, computed those that are neither.
	texts         map[string]string
	off, computed map[string]bool
	// constants are those that are texts.
	constants map[string]string
	// columns are those that its lists and relations name, relations the methods
	// with a relation whose key has the method's name.
	columns, relations []string
	joins              []join
	// copies says that it makes copies of rows it has read, with all their columns.
	copies bool
	// looks says that it has what models have.
	looks bool
}

// join is a belongsToMany: the related class in full, and the table if it is given.
type join struct {
	related, table string
	computed       bool
	at             contract.Evidence
}

// named are the properties and constants that tell a table or a column, lists those
// that list columns.
var (
	named = map[string]bool{"table": true, "primaryKey": true, "timestamps": true, "CREATED_AT": true, "UPDATED_AT": true, "DELETED_AT": true}
	lists = map[string]bool{"fillable": true, "guarded": true, "casts": true, "dates": true, "attributes": true}
	// renames are methods whose values are columns' names.
	renames = map[string]bool{"getKeyName": true, "getCreatedAtColumn": true, "getUpdatedAtColumn": true, "getDeletedAtColumn": true}
)

// readClass reads a class or a trait.
func (r *reader) readClass(n *syntax.Node) *class {
	c := &class{name: r.text(n.Child("name")), file: r.file, at: r.at(n), trait: n.Is("trait_declaration"),
		texts: make(map[string]string), off: make(map[string]bool), computed: make(map[string]bool)}
	c.full = r.file.full(c.name)
	for _, child := range n.Children {
		switch child.Kind {
		case "abstract_modifier":
			c.abstract = true
		case "base_clause":
			if len(child.Children) > 0 {
				c.base = r.file.full(r.text(child.Children[0]))
			}
		case "attribute_list":
			r.attributes(c, child)
		}
	}
	if n.Is("anonymous_class") {
		c.name, c.full = "", "" // it has no name that a table could have
	}
	if body := n.Child("body"); body != nil {
		r.constants(c, body)
		for _, member := range body.Children {
			r.member(c, member)
		}
	}
	r.file.classes = append(r.file.classes, c)
	return c
}

func (r *reader) member(c *class, n *syntax.Node) {
	switch n.Kind {
	case "use_declaration":
		for _, child := range n.Children {
			if child.Is("name", "qualified_name") {
				c.traits = append(c.traits, r.file.full(r.text(child)))
			}
		}
	case "property_declaration", "const_declaration":
		for _, child := range n.Children {
			switch {
			case child.Is("property_element"):
				r.property(c, r.text(child.Child("name").Children[0]), child.Child("default_value"))
			case child.Is("const_element") && len(child.Children) == 2:
				r.property(c, r.text(child.Children[0]), child.Children[1])
			}
		}
	case "method_declaration":
		r.method(c, n)
	}
}

// property reads what a property or a constant is set to.
func (r *reader) property(c *class, name string, value *syntax.Node) {
	switch {
	case lists[name]:
		c.looks = true
		list, _ := elements(value)
		for _, e := range list {
			if e.key == nil {
				e.key = e.value
			}
			if t, ok := literal(e.key, r.src); ok {
				c.columns = append(c.columns, columnOf(t)...)
			}
		}
	case !named[name] || value == nil:
	case value.Is("null") || value.Is("boolean") && strings.EqualFold(r.text(value), "false"):
		c.off[name] = true
	case value.Is("boolean"):
	default:
		c.looks = c.looks || name == "table" || name == "primaryKey"
		t, ok := literal(value, r.src)
		if !ok && value.Is("class_constant_access_expression") && value.Children[0].Is("relative_scope") {
			t, ok = c.constants[r.text(value.Children[1])]
		}
		if c.texts[name] = t; !ok {
			c.computed[name] = true
		}
	}
}

// constants reads those that a property may be set to.
func (r *reader) constants(c *class, body *syntax.Node) {
	c.constants = make(map[string]string)
	body.Walk(func(n *syntax.Node) bool {
		if n.Is("const_element") && len(n.Children) == 2 {
			if t, ok := literal(n.Children[1], r.src); ok {
				c.constants[r.text(n.Children[0])] = t
			}
		}
		return !n.Is("method_declaration")
	})
}

// attributes reads Laravel 13's #[Table('users', key: 'uid')].
func (r *reader) attributes(c *class, n *syntax.Node) {
	n.Walk(func(n *syntax.Node) bool {
		if !n.Is("attribute") || len(n.Children) == 0 || base(r.text(n.Children[0])) != "Table" {
			return true
		}
		parameters := n.Child("parameters")
		if parameters == nil {
			return false
		}
		for i, argument := range parameters.Children {
			property, ok := map[string]string{"name": "table", "key": "primaryKey", "timestamps": "timestamps"}[r.text(argument.Child("name"))]
			if i == 0 && argument.Child("name") == nil {
				property, ok = "table", true
			}
			if ok && len(argument.Children) > 0 {
				r.property(c, property, argument.Children[len(argument.Children)-1])
			}
		}
		return false
	})
}

// method reads what a method tells of the table or its columns.
func (r *reader) method(c *class, n *syntax.Node) {
	name := r.text(n.Child("name"))
	switch {
	case name == "getTable" || renames[name]:
		r.getter(c, name, n)
		return
	}
	n.Child("body").Walk(func(call *syntax.Node) bool {
		if !call.Is("member_call_expression") {
			return true
		}
		given := arguments(call)
		switch r.text(call.Child("name")) {
		case "belongsTo":
			c.looks = true
			if len(given) > 1 && !given[1].Is("null") {
				r.column(c, given[1])
			} else {
				c.relations = append(c.relations, snake(name))
			}
		case "morphTo":
			c.looks = true
			as := snake(name)
			if len(given) > 0 {
				if t, ok := literal(given[0], r.src); ok {
					as = snake(t)
				}
			}
			c.columns = append(c.columns, as+"_type", as+"_id")
			for _, argument := range given[min(1, len(given)):] {
				r.column(c, argument)
			}
		case "belongsToMany":
			c.looks = true
			r.join(c, call, given)
		case "hasMany", "hasOne", "morphMany", "morphOne", "morphToMany", "morphedByMany":
			c.looks = true
			r.morph(given)
		}
		return true
	})
}

// getter reads a method that gives a name: "return 'users';".
func (r *reader) getter(c *class, name string, n *syntax.Node) {
	body := n.Child("body")
	if name == "getTable" && body != nil && len(body.Children) == 1 && body.Children[0].Is("return_statement") && len(body.Children[0].Children) == 1 {
		r.property(c, "table", body.Children[0].Children[0])
		return
	}
	c.computed[map[bool]string{true: "table", false: "primaryKey"}[name == "getTable"]] = true
}

// column notes a column of the class's own table.
func (r *reader) column(c *class, n *syntax.Node) {
	if t, ok := literal(n, r.src); ok {
		c.columns = append(c.columns, t)
	}
}

// morph notes the columns of another table that a relation is named for.
func (r *reader) morph(given []*syntax.Node) {
	if len(given) > 1 {
		if t, ok := literal(given[1], r.src); ok {
			r.file.Words = append(r.file.Words, t+"_type", t+"_id")
		}
	}
}

// join notes the table that joins two models.
func (r *reader) join(c *class, call *syntax.Node, given []*syntax.Node) {
	j := join{at: r.at(call), computed: len(given) == 0}
	if len(given) > 0 {
		j.related = r.classOf(given[0])
	}
	if len(given) > 1 && !given[1].Is("null") {
		t, ok := literal(given[1], r.src)
		if j.table = t; !ok {
			// Laravel takes a pivot's class for its table, which is a model's.
			if r.classOf(given[1]) != "" {
				return
			}
			j.computed = true
		}
	}
	j.computed = j.computed || j.table == "" && j.related == ""
	c.joins = append(c.joins, j)
}

// classOf is the class that "User::class" or a text names, in full.
func (r *reader) classOf(n *syntax.Node) string {
	if n.Is("class_constant_access_expression") && len(n.Children) == 2 && r.text(n.Children[1]) == "class" && n.Children[0].Is("name", "qualified_name") {
		return r.file.full(r.text(n.Children[0]))
	}
	if t, ok := literal(n, r.src); ok && strings.Contains(t, `\`) {
		return strings.TrimPrefix(t, `\`)
	}
	return ""
}

// assignment reads "$this->table = 'users'", which may not be the only one.
func (r *reader) assignment(n *syntax.Node) {
	left := n.Child("left")
	if r.class == nil || !left.Is("member_access_expression") || r.text(left.Child("object")) != "$this" {
		return
	}
	if name := r.text(left.Child("name")); name == "table" || name == "primaryKey" {
		r.class.computed[name] = true
	}
}
