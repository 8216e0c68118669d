package rails

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// lookups is what ActiveRecord does when it first uses a model. A view has no primary
// key, and no defaults, so that it would write NULL in their place.
const lookups = "ActiveRecord looks up the primary key and the defaults"

const whyWeak = "not all of the file could be parsed"

// Files are those of an application. Of one with nothing but classes these are kept.
type Files struct {
	classes []*class
	others  []*File
}

// Add adds a file, whose Note was called.
func (t *Files) Add(f *File) {
	t.classes = append(t.classes, f.classes...)
	f.classes = nil
	if len(f.queries)+len(f.texts)+len(f.bulk)+len(f.upserts)+len(f.inflections)+len(f.settings) > 0 {
		t.others = append(t.others, f)
	}
}

// Resolve joins what the files say, and notes it.
func Resolve(tree *Files, to *found.Findings) {
	files := slices.SortedFunc(slices.Values(tree.others), func(a, b *File) int { return strings.Compare(a.path, b.path) })
	classes := slices.SortedStableFunc(slices.Values(tree.classes), func(a, b *class) int { return strings.Compare(a.at.File, b.at.File) })
	a, gaps := newApp(files, classes)
	for _, g := range gaps {
		to.Blind(g)
	}
	var bulk []bulkWrite
	for _, f := range files {
		bulk = append(bulk, f.bulk...)
	}
	for _, name := range a.names {
		m := a.classes[name]
		switch a.kindOf(m) {
		case isModel:
			a.model(m, bulk, to)
		case unknownModel:
			a.unknown(m, to)
		}
	}
	for _, f := range files {
		a.file(f, to)
	}
	for _, list := range a.ignoredLists {
		to.Forget(list...)
	}
}

// model notes what a model uses: its table with every column it does not
// ignore, and the tables that join it with others.
func (a *app) model(m *model, bulk []bulkWrite, to *found.Findings) {
	at := m.openings[0].at
	tables, ok := a.tables(m)
	if !ok {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "model " + m.name + " has a table whose name is computed", At: at})
	}
	if !m.abstract() {
		columns := contract.Every(a.ignored(m)...)
		// It names them all where it ignores some (ActiveRecord::QueryMethods,
		// build_select).
		star := len(columns.Except) == 0 && a.only(m) == nil && !a.enumerates
		if only := a.only(m); only != nil {
			columns = contract.Named(only...)
		}
		for _, table := range tables {
			use := contract.Use{Origin: contract.Model, By: m.name, At: at, Reads: columns, Updates: columns, Adds: true, Inserts: columns, Introspects: true,
				Star: star, OnTable: lookups}
			if a.readonly(m) {
				use.Updates, use.Adds, use.Inserts = contract.Columns{}, false, contract.Columns{}
				a.bulkWrites(m, table, bulk, to)
			}
			to.Use(relation(table), use)
		}
	}
	for _, c := range a.facts(m) {
		for _, j := range c.joins {
			a.join(m, tables, j, c, to)
		}
	}
}

// bulkWrites notes calls that write the rows of a model that is read-only
// otherwise: those on it, and those on a chain that names its table.
func (a *app) bulkWrites(m *model, table string, bulk []bulkWrite, to *found.Findings) {
	for _, w := range bulk {
		target := a.lookup(w.receiver, nil)
		named := strings.Contains(w.chain, table) || strings.Contains(w.chain, a.inflector.singularize(table))
		if w.receiver != "" && target == m || named {
			to.Use(relation(table), contract.Use{Origin: contract.SQL, At: w.at, Updates: contract.Every(), Adds: true, Inserts: contract.Every()})
		}
	}
}

func (a *app) join(m *model, tables []string, j joinTable, c *class, to *found.Findings) {
	at := contract.Evidence{File: c.at.File, Line: j.line, Text: "has_and_belongs_to_many :" + j.other}
	name, ok := "", false
	if j.table != nil {
		name, ok = a.fill(*j.table, c)
	} else {
		class := j.other
		if !strings.HasPrefix(class, "::") {
			class = a.inflector.camelize(a.inflector.singularize(class))
		}
		if other := a.lookup(class, c.inside()); other != nil && len(tables) == 1 {
			if others, known := a.tables(other); known && len(others) == 1 {
				name, ok = joinTableName(tables[0], others[0]), true
			}
		}
	}
	if !ok {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: fmt.Sprintf("the table that joins %s with %s is not known", m.name, j.other), At: at})
		return
	}
	to.Use(relation(name), contract.Use{Origin: contract.Table, By: "has_and_belongs_to_many :" + strings.TrimPrefix(j.other, "::") + " of " + m.name, At: at,
		Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every(), Star: !a.enumerates, OnTable: lookups})
}

// unknown notes a class that may be a model, as its superclass is not in the
// source.
func (a *app) unknown(m *model, to *found.Findings) {
	at := m.openings[0].at
	_, super := a.parent(m)
	why := fmt.Sprintf("class %s may be a model: its superclass %s is not in the source", m.name, super)
	tables, _ := a.tables(m)
	for _, table := range tables {
		to.Blind(contract.Gap{Reach: contract.Within, Relation: relation(table), Why: why, At: at})
	}
	if strings.HasPrefix(super, "Sequel::Model") {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "class " + m.name + " is a model of Sequel, which is not understood", At: at})
	}
	to.Gap(contract.Gap{Reach: contract.Unclaimed, Why: why, At: at})
}

// file notes the queries of a file, and SQL that other files may have a part of.
func (a *app) file(f *File, to *found.Findings) {
	a.upserts(f, to)
	for _, t := range f.texts {
		s, _ := a.filled(t.text, t.class)
		sqltext.Read(to, sqltext.Literal{Text: s, At: t.at})
	}
	var dynamic []query
	for _, q := range f.queries {
		if q.dynamic {
			dynamic = append(dynamic, q)
		}
		a.query(q, to)
	}
	// One gap for a file: they reach as far as each other.
	if len(dynamic) > 0 {
		to.Gap(contract.Gap{Reach: contract.Anything, At: dynamic[0].at,
			Why: fmt.Sprintf("%d queries in this file take what may be SQL from a variable", len(dynamic))})
	}
}

// query notes the columns that a query names.
func (a *app) query(q query, to *found.Findings) {
	base := a.base(q)
	at := contract.Evidence{File: q.at.File, Line: q.at.Line, Text: q.at.Text}
	for _, fragment := range q.fragments {
		s, _ := a.filled(fragment, q.class)
		if words := found.WordsOf(s); len(words) == 1 && words[0] == s && !strings.Contains(s, sqltext.Hole) {
			q.words = append(q.words, s) // a column, or the name of an association
			continue
		}
		to.Words(found.WordsOf(s)...)
		l := sqltext.Literal{Text: s, At: at, Base: base}
		if sqltext.IsStatement(s) {
			sqltext.Read(to, l)
		} else {
			sqltext.Fragment(to, l)
		}
	}
	if len(q.words) == 0 {
		return
	}
	to.Words(q.words...)
	if base.Name != "" {
		to.Use(base, contract.Use{Origin: contract.SQL, At: at, Reads: contract.Named(q.words...)})
	} else {
		to.Queried(at, q.words...)
	}
}

// base is the table of the model that a query is about, empty if not known.
func (a *app) base(q query) contract.Name {
	var m *model
	switch {
	case q.root == "self" && q.class != nil:
		m = a.classes[q.class.name]
	case q.root != "" && q.root != "self":
		var nesting []string
		if q.class != nil {
			nesting = q.class.inside()
		}
		m = a.lookup(q.root, nesting)
	}
	if m == nil || a.kindOf(m) != isModel {
		return contract.Name{}
	}
	if tables, ok := a.tables(m); ok && len(tables) == 1 {
		return relation(tables[0])
	}
	return contract.Name{}
}
