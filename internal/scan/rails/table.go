package rails

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// tables are the names of the tables that a model may stand for; several if a
// name is set under a condition. ok is false if a name is computed.
func (a *app) tables(m *model) (names []string, ok bool) { return a.tablesIn(m, 0) }

func (a *app) tablesIn(m *model, depth int) (names []string, ok bool) {
	if depth > 50 {
		return nil, false
	}
	sure := false
	for _, c := range a.facts(m) {
		if c.dynamicTable != "" {
			return nil, false
		}
		for _, t := range c.tables {
			name, ok := a.fill(t.text, c)
			if !ok {
				return nil, false
			}
			names = append(names, name)
			sure = sure || !t.conditional
		}
	}
	if sure {
		return names, true
	}
	if parent, _ := a.parent(m); parent != nil && a.kindOf(parent) != noModel {
		// A subclass of a concrete model shares its table; one of an abstract
		// class has that class's, if it names one.
		inherited, ok := a.tablesIn(parent, depth+1)
		if !parent.abstract() || len(inherited) > 0 || !ok {
			return append(names, inherited...), ok
		}
	}
	if m.abstract() {
		return names, true
	}
	computed, ok := a.computed(m, depth)
	return append(names, computed), ok
}

// computed is the name by convention. See compute_table_name of ActiveRecord.
func (a *app) computed(m *model, depth int) (string, bool) {
	parts := strings.Split(m.name, "::")
	prefix, suffix := &a.prefix, &a.suffix
	contained := ""
	found := false
	for i := len(parts) - 1; i > 0; i-- {
		around := a.classes[strings.Join(parts[:i], "::")]
		if around == nil {
			continue
		}
		inModel := a.kindOf(around) == isModel
		if inModel && i == len(parts)-1 && !around.abstract() {
			tables, ok := a.tablesIn(around, depth+1)
			if !ok || len(tables) == 0 {
				return "", false
			}
			contained = tables[0]
			if !a.singularTables {
				contained = a.inflector.singularize(contained)
			}
			contained += "_"
		}
		if own := a.ownPrefix(around); own != nil {
			prefix, found = own, true
		}
		if found || inModel {
			found = true
			break
		}
	}
	if own := a.ownPrefix(m); own != nil && !found {
		prefix = own
	}
	name := a.inflector.underscore(parts[len(parts)-1])
	if !a.singularTables {
		name = a.inflector.pluralize(name)
	}
	before, ok := a.fill(*prefix, nil)
	after, alsoOK := a.fill(*suffix, nil)
	return before + contained + name + after, ok && alsoOK
}

func (a *app) ownPrefix(m *model) *text {
	for _, c := range a.facts(m) {
		if c.prefix != nil {
			return c.prefix
		}
	}
	return nil
}

// fill puts in what the holes of a text are known to be: tables' names and
// prefixes. ok is false if a hole stays.
func (a *app) fill(t text, c *class) (string, bool) {
	s, holes := a.filled(t, c)
	return s, len(holes) == 0
}

func (a *app) filled(t text, c *class) (string, []string) {
	var b strings.Builder
	var left []string
	parts := strings.Split(t.s, sqltext.Hole)
	for i, part := range parts {
		b.WriteString(part)
		if i == len(parts)-1 || i >= len(t.holes) {
			continue
		}
		if value, ok := a.known(t.holes[i], c); ok {
			b.WriteString(value)
		} else {
			b.WriteString(sqltext.Hole)
			left = append(left, t.holes[i])
		}
	}
	return b.String(), left
}

// known is what an expression is, if it is a table's name.
func (a *app) known(expression string, c *class) (string, bool) {
	if name, ok := strings.CutPrefix(expression, "isolate_namespace "); ok {
		return strings.ReplaceAll(a.inflector.underscore(name), "/", "_") + "_", true
	}
	for _, before := range []string{"self.class.", "self.", "ActiveRecord::Base.", "klass."} {
		if before != "klass." {
			expression = strings.TrimPrefix(expression, before)
		}
	}
	switch expression {
	case "table_name_prefix":
		return a.fill(a.prefix, nil)
	case "table_name_suffix":
		return a.fill(a.suffix, nil)
	}
	receiver, method, ok := strings.Cut(expression, ".")
	if !ok {
		receiver, method = "", expression
	}
	if method != "table_name" && method != "quoted_table_name" {
		return "", false
	}
	var m *model
	switch {
	case receiver == "" && c != nil && !c.module:
		m = a.classes[c.name]
	case receiver != "" && c != nil:
		m = a.lookup(receiver, c.inside())
	case receiver != "":
		m = a.lookup(receiver, nil)
	}
	if m == nil || a.kindOf(m) != isModel {
		return "", false
	}
	// A class method of an STI base runs for its subclasses, which share the
	// table; of an abstract class for any.
	tables, ok := a.tables(m)
	if !ok || len(tables) != 1 {
		return "", false
	}
	return tables[0], true
}

// relation splits a table's name at its schema.
func relation(table string) contract.Name {
	table = strings.ReplaceAll(table, `"`, "")
	if schema, name, ok := strings.Cut(table, "."); ok {
		return contract.Name{Schema: schema, Name: name}
	}
	return contract.Name{Name: table}
}

// joinTableName is the name by convention of the table between two others.
func joinTableName(a, b string) string {
	names := []string{a, b}
	slices.Sort(names)
	// Of a prefix that both have, one is enough.
	if i := strings.LastIndexAny(names[0], "._"); i >= 0 {
		for ; i >= 0; i = strings.LastIndexAny(names[0][:i], "._") {
			if rest, ok := strings.CutPrefix(names[1], names[0][:i+1]); ok {
				return names[0] + "_" + rest
			}
		}
	}
	return names[0] + "_" + names[1]
}
