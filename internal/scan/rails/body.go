package rails

import (
	"strings"

	"github.com/migguard/migguard/internal/scan/syntax"
)

// An ignoring is one statement about the columns that a model ignores. A list
// that cannot be read, or stands under a condition, is nil: it ignores nothing.
type ignoring struct {
	operator string // =, +=, -= or "reset"
	list     excerpt
	columns  []string
}

// A joinTable is that of has_and_belongs_to_many.
type joinTable struct {
	table *text
	other string // the association's name or class_name
	line  int
}

// set reads self.NAME = VALUE.
func (r *reader) set(c *class, name, operator string, value *syntax.Node) bool {
	switch name {
	case "table_name":
		r.setTable(c, value)
		return false
	case "abstract_class":
		c.abstract = r.text(value) == "true"
	case "table_name_prefix", "table_name_suffix":
		t, ok := textOf(value, r.src)
		if !ok {
			t = hole(r.text(value))
		}
		if name == "table_name_prefix" {
			c.prefix = &t
		} else {
			c.suffix = &t
		}
	case "ignored_columns":
		if operator == "=" && r.conditional {
			operator = "reset"
		}
		i := ignoring{operator: operator, list: r.excerpt(value)}
		if r.conditional && operator == "+=" {
			i.list = excerpt{}
		}
		c.ignores = append(c.ignores, i)
		return true // its words are no use of the columns
	case "only_columns":
		if list, ok := stringsOf(value, r.src, nil); ok && !r.conditional {
			c.only = list
		}
	}
	return false
}

func (r *reader) setTable(c *class, value *syntax.Node) {
	if s, ok := plainText(value, r.src); ok {
		c.tables = append(c.tables, tableName{text{s: s}, r.conditional})
		return
	}
	if t, ok := textOf(value, r.src); ok {
		c.tables = append(c.tables, tableName{t, r.conditional})
		return
	}
	if !value.Is("nil") {
		c.dynamicTable = r.text(value)
	}
}

// method reads the methods of a class that say something of its table, and
// walks the rest of it.
func (r *reader) method(n *syntax.Node, in *class) {
	name, body := r.text(n.Child("name")), n.Child("body")
	onClass := r.singleton || n.Kind == "singleton_method"
	// When a method is run, if ever, is not known; hooks are run.
	inner := &reader{file: r.file, src: r.src, conditional: true, inMethod: true}
	if in == nil || body == nil {
		inner.below(n, in)
		return
	}
	value := body
	if body.Is("body_statement") {
		value = nil
		if len(body.Children) == 1 {
			value = body.Children[0]
		}
	}
	switch {
	case onClass && (name == "included" || name == "prepended" || name == "extended" || name == "inherited"):
		if parameters := n.Child("parameters"); parameters != nil && len(parameters.Children) > 0 && name != "inherited" {
			inner.hook, inner.conditional, inner.inMethod = r.text(parameters.Children[0]), r.conditional, false
		}
	case onClass && name == "table_name" && value != nil:
		r.setTable(in, value)
	case onClass && name == "table_name":
		in.dynamicTable = "def self.table_name"
	case onClass && name == "table_name_prefix":
		t, ok := textOf(value, r.src)
		if !ok {
			t = hole(r.text(body))
		}
		in.prefix = &t
	case onClass && name == "ignored_columns":
		i := ignoring{operator: "=", list: r.excerpt(value)}
		if r.conditional {
			i = ignoring{operator: "reset"}
		}
		in.ignores = append(in.ignores, i)
		return
	case (onClass || in.module) && name == "columns" && !r.conditional:
		if columns := rejected(body, r.src); columns != nil {
			in.ignores = append(in.ignores, ignoring{operator: "+=", columns: columns})
			return
		}
	case !onClass && name == "readonly?":
		in.readonly = r.text(value) == "true" && !r.conditional
	}
	inner.below(n, in)
}

// rejected reads super.reject { |c| c.name == "x" } and the same with
// ["x"].include?(c.name). Anything else rejects nothing.
func rejected(body *syntax.Node, src []byte) []string {
	var columns []string
	calls := 0
	body.Walk(func(n *syntax.Node) bool {
		if n.Kind == "call" && n.Child("method").Text(src) == "reject" && n.Child("receiver").Is("super") {
			calls++
			block := n.Child("block").Child("body")
			if block != nil && len(block.Children) == 1 {
				columns = comparedNames(block.Children[0], src)
			}
			return false
		}
		return true
	})
	if calls != 1 {
		return nil
	}
	return columns
}

func comparedNames(n *syntax.Node, src []byte) []string {
	isName := func(n *syntax.Node) bool {
		text := strings.TrimSuffix(n.Text(src), ".to_s")
		return n.Is("call") && strings.HasSuffix(text, ".name")
	}
	switch {
	case n.Is("binary") && n.Child("operator").Text(src) == "==" && isName(n.Child("left")):
		if s, ok := plainText(n.Child("right"), src); ok {
			return []string{s}
		}
	case n.Is("binary") && (n.Child("operator").Text(src) == "||" || n.Child("operator").Text(src) == "or"):
		left, right := comparedNames(n.Child("left"), src), comparedNames(n.Child("right"), src)
		return append(left, right...)
	case n.Is("call") && n.Child("method").Text(src) == "include?":
		arguments := n.Child("arguments")
		if arguments != nil && len(arguments.Children) == 1 && isName(arguments.Children[0]) {
			list, _ := stringsOf(n.Child("receiver"), src, nil)
			return list
		}
	}
	return nil
}
