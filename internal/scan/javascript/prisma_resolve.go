package javascript

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

const prismaPackage = "@prisma/client"

// prisma notes the models of all files of the schema: Prisma joins those of a
// folder. Its client selects every scalar field of a model by name, and returns
// them all from what it writes, so a model uses its columns and no others.
func (p *project) prisma() {
	models, kinds := make(map[string]*prismaModel), make(map[string]bool)
	var all []*prismaModel
	elsewhere := false // all of it is another kind of database's
	for _, f := range p.files {
		if f.prisma == nil {
			continue
		}
		if f.prisma.broken != "" {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: f.prisma.broken, At: contract.Evidence{File: f.path, Line: f.prisma.line}})
		}
		switch f.prisma.provider {
		case "mysql", "sqlite", "mongodb", "sqlserver":
			elsewhere = true
		}
		for name := range f.prisma.enums {
			kinds[name] = true
		}
		for _, m := range f.prisma.models {
			models[m.name] = m
			all = append(all, m)
		}
	}
	if at, used := p.used(prismaPackage, "prisma", "@prisma/adapter-pg"); used && len(all) == 0 {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "Prisma is used, and no schema was found", At: at})
	}
	for _, f := range p.files {
		elsewhere = elsewhere && (f.prisma == nil || !strings.HasPrefix(f.prisma.provider, "postgres"))
	}
	for _, m := range all {
		kept := &model{by: m.name, name: contract.Name{Schema: m.schema, Name: m.table}}
		p.models[prismaPackage] = append(p.models[prismaPackage], kept)
		if elsewhere || m.ignored {
			continue // the client does not have it
		}
		name := contract.Name{Schema: m.schema, Name: m.table}
		var columns []string
		for _, f := range m.fields {
			of := models[f.kind]
			switch {
			case f.ignored:
			case of != nil && f.list && !f.owns:
				p.joined(m, f, of)
			case of != nil:
			default:
				columns = append(columns, f.column)
				kept.property(f.name, f.column)
				if !scalars[f.kind] && !kinds[f.kind] {
					p.to.Blind(contract.Gap{Reach: contract.Within, Relation: name, Why: "the type " + f.kind + " of " + m.name + "." + f.name + " was not found", At: m.at})
				}
			}
		}
		named := contract.Named(columns...)
		p.to.Use(name, contract.Use{Origin: contract.Model, By: m.name, At: m.at, Reads: named, Updates: named, Adds: true, Inserts: named})
	}
}

// joined notes the table of two lists that point to one another. It is called
// after the relation or after both models, in the order of the alphabet, and has
// the columns A and B.
func (p *project) joined(m *prismaModel, f prismaField, of *prismaModel) {
	for _, back := range of.fields {
		if back.kind != m.name || !back.list || back.relation != f.relation || of == m && back.name == f.name && hasOther(m, f) {
			continue
		}
		table := f.relation
		if table == "" {
			first, second := m.name, of.name
			if strings.Compare(first, second) > 0 {
				first, second = second, first
			}
			table = first + "To" + second
		}
		columns := contract.Named("A", "B")
		p.to.Use(contract.Name{Name: "_" + table}, contract.Use{Origin: contract.Table, By: "relation " + m.name + "." + f.name, At: m.at,
			Reads: columns, Updates: columns, Adds: true, Inserts: columns})
		return
	}
}

// hasOther tells whether a relation of a model to itself has another side.
func hasOther(m *prismaModel, f prismaField) bool {
	for _, other := range m.fields {
		if other.kind == m.name && other.name != f.name && other.relation == f.relation {
			return true
		}
	}
	return false
}

// used tells whether one of some packages is named, and where.
func (p *project) used(names ...string) (contract.Evidence, bool) {
	for _, name := range names {
		if at, ok := p.uses[name]; ok {
			return at, true
		}
	}
	return contract.Evidence{}, false
}
