package django

import (
	"slices"
	"strings"
	"unicode"

	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// class reads a class: its bases, its attributes and its Meta.
func (r *reader) class(n *syntax.Node) {
	c := &class{name: r.Text(n.Child("name")), file: r.file, at: r.At(n), methods: make(map[string]bool)}
	if bases := n.Child("superclasses"); bases != nil {
		for _, base := range bases.Children {
			if base.Is("identifier", "attribute") {
				c.bases = append(c.bases, r.Text(base))
			} else if !base.Is("keyword_argument", "comment") {
				c.bases = append(c.bases, "?") // made by a call
			}
		}
	}
	r.body(n.Child("body"), c)
	c.methods = nil
	r.file.classes = append(r.file.classes, c)
}

func (r *reader) body(body *syntax.Node, c *class) {
	if body == nil {
		return
	}
	for _, statement := range body.Children {
		switch {
		case statement.Is("expression_statement") && len(statement.Children) == 1 && statement.Children[0].Is("assignment"):
			r.attribute(statement.Children[0], c)
		case statement.Is("expression_statement") && len(statement.Children) == 1 && statement.Children[0].Is("call"):
			c.opaque = true // a call in a class's body can set anything
		case statement.Is("function_definition"):
			c.methods[r.Text(statement.Child("name"))] = true
		case statement.Is("class_definition") && r.Text(statement.Child("name")) == "Meta":
			c.meta = r.meta(statement)
		case statement.Is("if_statement", "try_statement", "with_statement", "for_statement"):
			// What is set under a condition counts as set.
			statement.Walk(func(n *syntax.Node) bool {
				if n.Is("block") {
					r.body(n, c)
					return false
				}
				return !n.Is("function_definition", "class_definition")
			})
			if statement.Is("for_statement") {
				c.opaque = true
			}
		}
	}
}

// attribute reads NAME = Call(...). Constants are no fields.
func (r *reader) attribute(n *syntax.Node, c *class) {
	left, right := n.Child("left"), n.Child("right")
	if !left.Is("identifier") {
		c.opaque = true // a, b = ..., or vars()["a"] = ...
		return
	}
	if name := r.Text(left); name == "label" || name == "name" {
		if t, ok := python.TextOf(right, r.Src); ok {
			if c.strings == nil {
				c.strings = make(map[string]string)
			}
			c.strings[name] = t
		}
	}
	if right.Is("identifier", "conditional_expression", "subscript", "assignment") && !c.methods[r.Text(right)] && !unicode.IsUpper(rune(r.Text(left)[0])) {
		c.opaque = true // it may be a field that was made elsewhere
	}
	if !right.Is("call") {
		return
	}
	kind := r.Text(right.Child("function"))
	if name := r.Text(left); name == strings.ToUpper(name) && kind == strings.ToLower(kind) {
		return // A_PATTERN = re.compile(...): a constant, made by a function
	}
	f := field{name: r.Text(left), kind: kind[strings.LastIndex(kind, ".")+1:]}
	arguments := right.Child("arguments")
	if arguments != nil {
		for _, argument := range arguments.Children {
			if argument.Is("dictionary_splat", "list_splat") {
				f.computed = true
			}
			if !argument.Is("keyword_argument") {
				continue
			}
			value := argument.Child("value")
			switch r.Text(argument.Child("name")) {
			case "db_column":
				f.column = r.literal(value, &f.computed)
			case "db_table":
				f.table = r.literal(value, &f.computed)
			case "through":
				f.through = !value.Is("none")
			case "primary_key":
				f.primary = r.Text(value) != "False"
			}
		}
	}
	c.fields = append(c.fields, f)
}

func (r *reader) literal(n *syntax.Node, computed *bool) string {
	if n.Is("none") {
		return ""
	}
	t, ok := python.TextOf(n, r.Src)
	if !ok || strings.Contains(t, "\x00") {
		*computed = true
	}
	return t
}

func (r *reader) meta(n *syntax.Node) *meta {
	m := &meta{bases: n.Child("superclasses") != nil, values: make(map[string]string)}
	body := n.Child("body")
	for _, statement := range body.Children {
		if len(statement.Children) != 1 || !statement.Children[0].Is("assignment") {
			continue
		}
		name, value := r.Text(statement.Children[0].Child("left")), statement.Children[0].Child("right")
		if !slices.Contains([]string{"abstract", "proxy", "db_table", "app_label"}, name) {
			continue
		}
		computed := false
		switch {
		case value.Is("true", "false"):
			m.values[name] = r.Text(value)
		default:
			m.values[name] = r.literal(value, &computed)
		}
		if computed {
			m.computed = append(m.computed, name)
		}
	}
	return m
}

// label is the application's name that an AppConfig gives, empty for other
// classes.
func (c *class) label() string {
	if !slices.ContainsFunc(c.bases, func(base string) bool {
		return strings.HasSuffix(base, "AppConfig") || strings.HasSuffix(base, "Config")
	}) {
		return ""
	}
	if label := c.strings["label"]; label != "" {
		return label
	}
	name := c.strings["name"]
	return name[strings.LastIndex(name, ".")+1:]
}
