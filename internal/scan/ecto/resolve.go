package ecto

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// project is all files of a tree.
type project struct {
	to      *found.Findings
	files   []*File
	modules map[string][]*module
}

// Resolve joins what the files say, and notes it.
func Resolve(files []*File, to *found.Findings) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	p := &project{to: to, files: files, modules: make(map[string][]*module)}
	ecto := false
	var renamed []string
	for _, f := range files {
		ecto, renamed = ecto || f.ecto, append(renamed, f.renamed...)
		for _, m := range f.modules {
			p.modules[m.name] = append(p.modules[m.name], m)
		}
	}
	if len(files) > 0 && !ecto {
		to.MayUpsert()
		to.Gap(contract.Gap{Reach: contract.Anything, Why: "Elixir without Ecto is not understood: its files were read for words only", At: contract.Evidence{File: files[0].Path}})
	}
	for _, f := range files {
		for _, u := range f.upserts {
			if slices.ContainsFunc(u.Arbiter.Columns, func(field string) bool { return slices.Contains(renamed, field) }) {
				u.Arbiter = contract.Arbiter{Any: true}
			}
			to.Upsert(u)
		}
		for _, m := range f.modules {
			for _, s := range m.schemas {
				p.schema(m, s)
			}
		}
	}
}

// schema notes the table of a schema. Ecto names each column in its SQL, so the columns
// are those of the fields.
func (p *project) schema(m *module, s schema) {
	with, opaque := p.settings(m, 0)
	columns := s.withTimes(with.times)
	if key := with.key; !with.keyed {
		columns = append(columns, "id")
	} else if key != "" {
		columns = append(columns, key)
	}
	uses := contract.Named(columns...)
	if opaque = cmp.Or(s.opaque, opaque); opaque != "" || with.computed {
		uses = contract.Every()
	}
	name := contract.Name{Schema: with.prefix, Name: s.source}
	p.to.Use(name, contract.Use{Origin: contract.Model, By: m.name, At: s.at, Reads: uses, Updates: uses, Adds: true, Inserts: uses})
	for _, join := range s.joins {
		p.to.Use(contract.Name{Name: join}, contract.Use{Origin: contract.Table, By: "many_to_many of " + m.name, At: s.at,
			Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every()})
	}
	if s.computed {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "the table of a many_to_many of " + m.name + " is computed", At: s.at})
	}
	p.schemaless(name)
}

// schemaless notes a gap where a text may name a schema's table to a query that is
// without the schema: then its columns are any of which there is a word.
func (p *project) schemaless(name contract.Name) {
	for _, f := range p.files {
		for _, text := range slices.Sorted(maps.Keys(f.names)) {
			if names(text, name.Name) {
				p.to.Gap(contract.Gap{Reach: contract.Within, Relation: name, At: f.names[text],
					Why: fmt.Sprintf("a text says %s: a query may have the table without its schema", strings.ReplaceAll(text, sqltext.Hole, "…"))})
				return
			}
		}
	}
}

// names tells whether a text may be a name when what is put in is known.
func names(text, name string) bool {
	if !strings.Contains(text, sqltext.Hole) {
		return text == name
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(text), sqltext.Hole, ".*")
	is, err := regexp.MatchString("^"+pattern+"$", name)
	return err != nil || is
}

// harmless are modules whose use changes nothing of a schema but what it names.
var harmless = found.Expression(`^(?:Ecto\.Schema|TypedEctoSchema|TypedStruct|(?:Waffle|Arc)\.Ecto\.Schema|PolymorphicEmbed|EctoEnum|Gettext(?:\..*)?|Bitwise|Mix\.Config)$`)

// settings are those of a module, with what modules that it uses give. opaque is one
// that is not in the tree and may give anything, "" if there is none.
func (p *project) settings(m *module, depth int) (with settings, opaque string) {
	with = m.own
	for _, name := range m.own.uses {
		if harmless().MatchString(name) {
			continue
		}
		if len(p.modules[name]) != 1 || depth > 10 {
			opaque = name
			continue
		}
		used := p.modules[name][0]
		above, why := p.settings(&module{name: used.name, own: used.given}, depth+1)
		opaque = cmp.Or(opaque, why)
		if !with.keyed {
			with.key, with.keyed = above.key, above.keyed
		}
		with.prefix = cmp.Or(with.prefix, above.prefix)
		if with.times == nil {
			with.times = above.times
		}
		with.computed = with.computed || above.computed
	}
	return with, opaque
}
