package ecto

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A module may have a schema, or settings for the schemas of modules that use it.
type module struct {
	name    string
	at      contract.Evidence
	file    *File
	schemas []schema
	// own are its settings, given those that its macros put into others.
	own, given settings
}

// settings are what a schema depends on besides its fields.
type settings struct {
	uses []string
	// key is the column of the primary key, "" for none; keyed says that it is set.
	key    string
	keyed  bool
	prefix string
	// times are the options of timestamps.
	times map[string]string
	// computed says that one of them is no literal.
	computed bool
}

func (m *module) settings(quoted bool) *settings {
	if quoted {
		return &m.given
	}
	return &m.own
}

// schema is one "schema "users" do".
type schema struct {
	source string
	named  bool // the source is a literal
	at     contract.Evidence
	// columns are its fields', times the options of each timestamps().
	columns []string
	times   []map[string]string
	joins   []string
	// opaque is what may have columns that are not known, "" if nothing may.
	opaque string
	// computed says that the table of a many_to_many is.
	computed bool
}

// isSchema are the macros that make one: Ecto's, and typed_ecto_schema's.
var isSchema = map[string]bool{"schema": true, "typed_schema": true}

// attribute reads "@primary_key {:id, :binary_id, []}", and tells whether what is in
// it is of no concern.
func (r *reader) attribute(operand *syntax.Node) bool {
	c, ok := callOf(operand, r.src)
	if !ok || len(c.given)+len(c.options) == 0 {
		return false
	}
	if c.name == "doc" || c.name == "moduledoc" || c.name == "typedoc" || c.name == "spec" || c.name == "type" {
		return true
	}
	if r.module == nil {
		return false
	}
	s := r.module.settings(r.quoted)
	switch c.name {
	case "primary_key":
		key, keyed := s.key, s.keyed
		s.primaryKey(c.given, r)
		s.computed = s.computed || keyed && key != s.key
	case "schema_prefix":
		for _, given := range c.given {
			t, ok := literal(given, r.src)
			if s.prefix = t; !ok && !given.Is("nil") {
				s.computed = true
			}
		}
	case "timestamps_opts":
		options, ok := r.times(c)
		s.times, s.computed = options, s.computed || !ok
	case "field_source_mapper":
		s.computed = true
	default:
		return false
	}
	return true
}

func (s *settings) primaryKey(given []*syntax.Node, r *reader) {
	s.keyed, s.key = true, ""
	switch {
	case len(given) == 1 && given[0].Is("boolean"):
	case len(given) == 1 && given[0].Is("tuple") && len(given[0].Children) > 0:
		name, ok := atomOf(given[0].Children[0], r.src)
		s.key, s.computed = name, s.computed || !ok
		for _, child := range given[0].Children[1:] {
			if list := keywords(child); list != nil {
				if source, ok := pairs(list, r.src)["source"]; ok {
					s.key, ok = atomOf(source, r.src)
					s.computed = s.computed || !ok
				}
			}
		}
	default:
		s.computed = true
	}
}

// times reads the options of timestamps; ok says that all are literals.
func (r *reader) times(c call) (options map[string]string, ok bool) {
	options = make(map[string]string)
	for name, value := range c.options {
		if !strings.HasPrefix(name, "inserted_at") && !strings.HasPrefix(name, "updated_at") {
			continue
		}
		switch column, isAtom := atomOf(value, r.src); {
		case isAtom:
			options[name] = column
		case value.Is("boolean"):
			options[name] = ""
		default:
			return options, false
		}
	}
	return options, len(c.given) == 0
}

// schema reads a schema's fields.
func (r *reader) schema(c call) {
	s := schema{at: r.at(c.node)}
	s.source, s.named = literal(c.given[0], r.src)
	if !s.named && c.given[0].Is("unary_operator") && len(r.values) > 0 {
		if values := r.values[len(r.values)-1][r.text(c.given[0])]; len(values) == 1 {
			s.source, s.named = literal(values[0], r.src)
		}
	}
	for _, n := range c.body.Children {
		if n.Is("comment") || n.Is("unary_operator") && n.Child("operator").Is("@") {
			continue
		}
		if field, ok := callOf(n, r.src); ok {
			r.field(&s, field)
		} else {
			s.opaque = r.text(n)
		}
		r.fieldTexts(n)
	}
	if r.module == nil || r.quoted {
		s.named = false // its table is that of modules which use this one
	}
	if !s.named {
		r.file.Blinds = append(r.file.Blinds, contract.Gap{Reach: contract.Anything, Why: "a schema of a table whose name is computed", At: s.at})
		return
	}
	r.module.schemas = append(r.module.schemas, s)
}

// fieldTexts notes the texts in a field's options, as the names of other tables.
func (r *reader) fieldTexts(n *syntax.Node) {
	n.Walk(func(n *syntax.Node) bool {
		t, ok := textOf(n, r.src)
		if ok {
			r.string(t, n)
		}
		return !ok
	})
}

// field reads one line of a schema.
func (r *reader) field(s *schema, c call) {
	name, ok := "", false
	if len(c.given) > 0 {
		name, ok = atomOf(c.given[0], r.src)
	}
	source, renamed := c.options["source"]
	column := name
	if renamed {
		atom, isAtom := atomOf(source, r.src)
		if column = atom; !isAtom {
			s.opaque = r.text(c.node)
		}
		r.file.renamed = append(r.file.renamed, name)
	}
	switch {
	case c.of != nil:
		s.opaque = r.text(c.node)
	case c.name == "has_many" || c.name == "has_one":
	case c.name == "timestamps":
		options, ok := r.times(c)
		if s.times = append(s.times, options); !ok {
			s.opaque = r.text(c.node)
		}
	case !ok:
		s.opaque = r.text(c.node)
	case c.name == "many_to_many":
		r.join(s, c)
	case c.name == "field":
		if !c.options["virtual"].Is("boolean") || r.text(c.options["virtual"]) != "true" {
			s.columns = append(s.columns, column)
		}
		if len(c.given) > 2 {
			s.opaque = r.text(c.node) // options in a variable
		}
	case c.name == "embeds_one" || c.name == "embeds_many" || strings.HasPrefix(c.name, "polymorphic_embeds_"):
		s.columns = append(s.columns, column)
	case c.name == "belongs_to":
		key, given := c.options["foreign_key"]
		if r.text(c.options["define_field"]) == "false" {
			return
		}
		if !renamed {
			column = name + "_id"
			if given {
				if column, ok = atomOf(key, r.src); !ok {
					s.opaque = r.text(c.node)
				}
			}
		}
		s.columns = append(s.columns, column)
		if len(c.given) > 2 {
			s.opaque = r.text(c.node)
		}
	default:
		s.opaque = r.text(c.node)
	}
}

// join notes the table of many_to_many, which may be a schema's.
func (r *reader) join(s *schema, c call) {
	through := c.options["join_through"]
	t, ok := literal(through, r.src)
	switch {
	case ok:
		s.joins = append(s.joins, t)
	case !through.Is("alias") && !strings.HasPrefix(r.text(through), "__MODULE__"):
		s.computed = true
	}
}

// withTimes adds the columns of timestamps(): its own options come before those of the
// module.
func (s *schema) withTimes(of map[string]string) []string {
	columns := slices.Clone(s.columns)
	for _, own := range s.times {
		for _, name := range []string{"inserted_at", "updated_at"} {
			column := name
			for _, option := range []string{name, name + "_source"} {
				for _, options := range []map[string]string{of, own} {
					if given, ok := options[option]; ok {
						column = given
					}
				}
			}
			if column != "" {
				columns = append(columns, column)
			}
		}
	}
	return columns
}
