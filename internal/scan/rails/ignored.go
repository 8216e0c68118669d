package rails

import (
	"slices"

	"github.com/migguard/migguard/internal/scan/syntax"
)

// ignored lists the columns that a model ignores for sure. It has those of its
// superclass, unless it sets its own.
func (a *app) ignored(m *model) []string { return a.ignoredIn(m, 0) }

func (a *app) ignoredIn(m *model, depth int) []string {
	if depth > 50 { // a circle of superclasses
		return nil
	}
	var columns []string
	if parent, _ := a.parent(m); parent != nil {
		columns = a.ignoredIn(parent, depth+1)
	}
	set := false
	for _, c := range a.facts(m) {
		for _, i := range c.ignores {
			operator, list := a.ignoring(i, c)
			switch operator {
			case "=":
				if set {
					// Which of two comes last is not known.
					list = slices.DeleteFunc(slices.Clone(columns), func(s string) bool { return !slices.Contains(list, s) })
				}
				columns, set = list, true
			case "+=", "|=":
				columns = append(slices.Clone(columns), list...)
			case "-=":
				columns = slices.DeleteFunc(slices.Clone(columns), func(s string) bool { return list == nil || slices.Contains(list, s) })
			default:
				return nil
			}
		}
	}
	return columns
}

// ignoring reads one statement; "= super + list" adds.
func (a *app) ignoring(i ignoring, c *class) (operator string, columns []string) {
	if i.columns != nil || i.list == nil {
		return i.operator, i.columns
	}
	value := i.list
	if i.operator == "=" && value.Is("binary") && value.Child("operator").Text(c.src) == "+" {
		left, right := value.Child("left"), value.Child("right")
		switch {
		case isInherited(left, c.src):
			i.operator, value = "+=", right
		case isInherited(right, c.src):
			i.operator, value = "+=", left
		}
	}
	columns, _ = a.strings(value, c, 0)
	return i.operator, columns
}

func isInherited(n *syntax.Node, src []byte) bool {
	text := n.Text(src)
	return n.Is("super") || text == "ignored_columns" || text == "self.ignored_columns"
}

// only lists the columns of an allow-list, nil if there is none.
func (a *app) only(m *model) []string {
	for _, c := range a.facts(m) {
		if c.only != nil {
			return c.only
		}
	}
	if parent, _ := a.parent(m); parent != nil {
		return a.only(parent)
	}
	return nil
}

// readonly tells whether the model or a superclass says that it never writes.
func (a *app) readonly(m *model) bool {
	for range 50 {
		for _, c := range a.facts(m) {
			if c.readonly {
				return true
			}
		}
		parent, _ := a.parent(m)
		if parent == nil {
			return false
		}
		m = parent
	}
	return false
}
