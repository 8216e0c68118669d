package rails

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// app is all files of an application, its classes found by name.
type app struct {
	inflector *inflector
	classes   map[string]*model
	names     []string // of classes, sorted
	// prefix and suffix are set for all tables.
	prefix, suffix text
	singularTables bool
	enumerates     bool // the columns in SELECT
	// ignoredLists are the strings of constants that lists of ignored columns are
	// made of, collected while they are read.
	ignoredLists map[*syntax.Node][]string
	collecting   bool
}

// model is a class or module of all its openings. Most are no models.
type model struct {
	name     string
	openings []*class
	kind     modelKind
	resolved bool // kind is known; also ends circles of superclasses
}

type modelKind int

const (
	noModel modelKind = iota
	isModel
	unknownModel // its superclass is not in the source
)

// libraryBases are ActiveRecord's own, and ApplicationRecord in case it is not
// in the folder.
var libraryBases = []string{"ActiveRecord::Base", "ApplicationRecord", "ActiveStorage::Record", "ActionText::Record", "ActionMailbox::Record"}

// notModels are superclasses from libraries that no model has.
var notModels = []string{"ActiveRecord::StatementInvalid", "Struct", "Data", "Object", "BasicObject", "Module", "Class", "Hash", "Array", "String", "Set", "SimpleDelegator", "Delegator",
	"StandardError", "RuntimeError", "ArgumentError", "Exception", "Numeric", "OpenStruct", "Thor", "Rails::Engine", "Rails::Railtie", "Rails::Application"}

func newApp(files []*File, classes []*class) (*app, []contract.Gap) {
	a := &app{inflector: newInflector(), classes: make(map[string]*model), ignoredLists: make(map[*syntax.Node][]string)}
	var gaps []contract.Gap
	for _, f := range files {
		for _, p := range f.readInflections(a.inflector) {
			gaps = append(gaps, contract.Gap{Reach: contract.Anything, Why: p.why, At: contract.Evidence{File: f.path, Line: p.line}})
		}
		if t, ok := f.settings["table_name_prefix"]; ok {
			a.prefix = t
		}
		if t, ok := f.settings["table_name_suffix"]; ok {
			a.suffix = t
		}
		if t, ok := f.settings["pluralize_table_names"]; ok && slices.Contains(t.holes, "false") {
			a.singularTables = true
		}
		if t, ok := f.settings["enumerate_columns_in_select_statements"]; ok && slices.Contains(t.holes, "true") {
			a.enumerates = true
		}
	}
	for _, c := range classes {
		if c.super != reopened {
			a.add(c.name, c)
		}
	}
	// What is opened by its name from elsewhere joins the class it means.
	for _, c := range classes {
		if c.super != reopened {
			continue
		}
		c.super = ""
		if m := a.lookup(c.name, c.nesting); m != nil {
			m.openings = append(m.openings, c)
		}
	}
	for name := range a.classes {
		a.names = append(a.names, name)
	}
	slices.Sort(a.names)
	return a, gaps
}

func (f *File) readInflections(to *inflector) []problem {
	if f.inflections == nil {
		return nil
	}
	return to.read(f.inflections)
}

func (a *app) add(name string, c *class) {
	if a.classes[name] == nil {
		a.classes[name] = &model{name: name}
	}
	a.classes[name].openings = append(a.classes[name].openings, c)
}

// lookup finds a constant as Ruby does: in the classes and modules around it,
// from the innermost out, then at the top.
func (a *app) lookup(name string, nesting []string) *model {
	if rest, ok := strings.CutPrefix(name, "::"); ok {
		return a.classes[rest]
	}
	for _, around := range nesting {
		if m := a.classes[around+"::"+name]; m != nil {
			return m
		}
	}
	return a.classes[name]
}

// inside is the nesting of what stands in a class's body.
func (c *class) inside() []string { return append([]string{c.name}, c.nesting...) }

// parent is the superclass, nil if it is not in the source; name is how it is
// written.
func (a *app) parent(m *model) (parent *model, name string) {
	for _, c := range m.openings {
		if c.super == "" {
			continue
		}
		super, _, _ := strings.Cut(c.super, "[") // ActiveRecord::Migration[7.0]
		if p := a.lookup(super, c.nesting); p != nil && p != m {
			return p, super
		}
		name = strings.TrimPrefix(super, "::")
	}
	return nil, name
}

// kindOf tells whether a class is a model.
func (a *app) kindOf(m *model) modelKind {
	if m.resolved {
		return m.kind
	}
	m.resolved = true
	parent, name := a.parent(m)
	switch {
	case slices.Contains(libraryBases, m.name) || slices.Contains(libraryBases, name):
		m.kind = isModel
	case parent != nil:
		m.kind = a.kindOf(parent)
	case name != "" && a.looksLikeModel(m, name):
		m.kind = unknownModel
	}
	return m.kind
}

// looksLikeModel tells a class apart that may be a model, as its superclass is
// of a library, by what only models do or where they stand.
func (a *app) looksLikeModel(m *model, super string) bool {
	if slices.Contains(notModels, super) || strings.HasSuffix(super, "Error") || strings.HasPrefix(super, "ActionMailer::") ||
		strings.HasPrefix(super, "ActionController::") || strings.HasPrefix(super, "Struct.new") || strings.HasPrefix(super, "ActiveRecord::Migration") {
		return false
	}
	for _, c := range m.openings {
		if strings.HasPrefix(super, "Sequel::Model") || c.macros > 0 || len(c.tables) > 0 || len(c.ignores) > 0 || strings.Contains(c.at.File, "app/models/") && !strings.Contains(c.at.File, "concerns/") {
			return true
		}
	}
	return false
}

// abstract tells whether a model has no table of its own.
func (m *model) abstract() bool {
	return slices.Contains(libraryBases, m.name) || slices.ContainsFunc(m.openings, func(c *class) bool { return c.abstract })
}

// facts lists all that is said of a class, in the order Ruby would run it as far
// as that is known: what it includes, then itself.
func (a *app) facts(m *model) []*class { return a.factsOf(m, map[*model]bool{}) }

func (a *app) factsOf(m *model, seen map[*model]bool) []*class {
	if seen[m] {
		return nil
	}
	seen[m] = true
	var facts []*class
	for _, c := range m.openings {
		for _, name := range c.includes {
			if included := a.lookup(name, c.inside()); included != nil && included.openings[0].module {
				facts = append(facts, a.factsOf(included, seen)...)
			}
		}
		for _, name := range c.mayInclude {
			if included := a.lookup(name, c.inside()); included != nil && included.openings[0].module {
				for _, fact := range a.factsOf(included, seen) {
					facts = append(facts, fact.maybe())
				}
			}
		}
	}
	for _, c := range m.openings {
		// A class that is only made under a condition is whole when it is.
		if c.underCondition && len(m.openings) > 1 {
			c = c.maybe()
		}
		facts = append(facts, c)
	}
	return facts
}

// maybe is what is said by a module that may not be included: its tables and
// joins, and nothing that makes the model use less. What it sets may be in
// force, so a list of ignored columns becomes empty.
func (c *class) maybe() *class {
	m, says := *c, *c.said
	m.said = &says
	m.readonly, m.only, m.abstract = false, nil, false
	m.ignores = nil
	for _, i := range c.ignores {
		if i.operator != "+=" {
			m.ignores = []ignoring{{operator: "reset"}}
		}
	}
	m.tables = nil
	for _, t := range c.tables {
		t.conditional = true
		m.tables = append(m.tables, t)
	}
	return &m
}

// constant gives the strings of a constant, seen from a class.
func (a *app) constant(name string, nesting []string, depth int) ([]string, bool) {
	if depth > 5 {
		return nil, false
	}
	owner, last := "", name
	if i := strings.LastIndex(name, "::"); i >= 0 {
		owner, last = name[:i], name[i+2:]
	}
	search := nesting
	if owner != "" {
		m := a.lookup(owner, nesting)
		if m == nil {
			return nil, false
		}
		search = []string{m.name}
	}
	for _, around := range search {
		m := a.classes[around]
		if m == nil {
			continue
		}
		for _, c := range a.facts(m) {
			if value, known := c.constants[last]; known {
				list, ok := a.strings(value, c, depth+1)
				if a.collecting {
					a.ignoredLists[value.node] = list
				}
				return list, ok
			}
		}
	}
	return nil, false
}

// strings reads a list, following constants.
func (a *app) strings(e excerpt, c *class, depth int) ([]string, bool) {
	return stringsOf(e.node, e.src, func(name string) ([]string, bool) { return a.constant(name, c.inside(), depth) })
}
