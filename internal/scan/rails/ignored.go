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
	// Which of several bodies runs last is not known: the class may be opened
	// again, and what it includes may stand before or behind its own lines. So
	// a list that is set counts for what all of them have, and what one adds
	// counts only if none sets.
	var sets [][]string
	var adds, removed []string
	for _, c := range a.facts(m) {
		b, ok := a.ignoredByBody(c)
		if !ok {
			return nil
		}
		if b.set {
			sets = append(sets, b.columns)
		} else {
			adds = append(adds, b.columns...)
		}
		removed = append(removed, b.removed...)
	}
	columns = append(slices.Clone(columns), adds...)
	if len(sets) > 0 {
		columns = sets[0]
		for _, set := range sets[1:] {
			columns = slices.DeleteFunc(slices.Clone(columns), func(s string) bool { return !slices.Contains(set, s) })
		}
	}
	return slices.DeleteFunc(slices.Clone(columns), func(s string) bool { return slices.Contains(removed, s) })
}

// ignoredBody is what the lines of one body leave of the list.
type ignoredBody struct {
	set              bool // they set it; otherwise they add to it
	columns, removed []string
}

// ignoredByBody runs the lines of one body. ok is false if they do what is not
// understood.
func (a *app) ignoredByBody(c *class) (b ignoredBody, ok bool) {
	for _, i := range c.ignores {
		operator, list := a.ignoring(i, c)
		switch operator {
		case "=":
			b = ignoredBody{set: true, columns: list}
		case "+=", "|=":
			b.columns = append(slices.Clone(b.columns), list...)
		case "-=":
			if list == nil {
				return b, false
			}
			b.columns = slices.DeleteFunc(slices.Clone(b.columns), func(s string) bool { return slices.Contains(list, s) })
			b.removed = append(b.removed, list...)
		default:
			return b, false
		}
	}
	return b, true
}

// ignoring reads one statement; "= super + list" adds.
func (a *app) ignoring(i ignoring, c *class) (operator string, columns []string) {
	if i.columns != nil || i.list.node == nil {
		return i.operator, i.columns
	}
	value, src := i.list.node, i.list.src
	if i.operator == "=" && value.Is("binary") && value.Child("operator").Text(src) == "+" {
		left, right := value.Child("left"), value.Child("right")
		switch {
		case isInherited(left, src):
			i.operator, value = "+=", right
		case isInherited(right, src):
			i.operator, value = "+=", left
		}
	}
	a.collecting = true
	columns, _ = a.strings(excerpt{value, src}, c, 0)
	a.collecting = false
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
