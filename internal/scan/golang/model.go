package golang

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// shape is what GORM makes of a struct.
type shape struct {
	columns []string
	// every says that there may be more.
	every   bool
	primary bool
	tagged  bool
	joins   []string
}

// models notes the tables of the structs that GORM uses.
func (p *project) models(f *File) {
	for _, s := range f.structs {
		if s.other != "" {
			continue
		}
		made := p.shape(f, s, 0)
		method, named := p.method(f, s.name, "TableName")
		switch {
		case named:
		case p.used[s.name] && (made.tagged || made.primary):
		case made.tagged && made.primary && !p.embedded[s.name]:
		default:
			continue
		}
		table, ok := p.naming.table(p.prefix, s.name), !p.computed
		if named {
			table, ok = p.text(f, *method, 0)
			ok = ok && !strings.Contains(table, sqltext.Hole)
		}
		if !ok {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "model " + s.name + " has a table whose name is computed", At: s.at})
			continue
		}
		columns := contract.Named(made.columns...)
		if made.every || s.generic {
			columns = contract.Every()
		}
		reads, star := columns, !p.survives()
		if star {
			reads = contract.Every()
		}
		p.to.Use(nameOf(table), contract.Use{Origin: contract.Model, By: s.name, At: s.at, Reads: reads, Updates: columns, Adds: true, Inserts: columns, Star: star, OnTable: p.onTable})
		for _, join := range made.joins {
			p.to.Use(nameOf(p.naming.join(p.prefix, join)), contract.Use{Origin: contract.Table, By: "many2many of " + s.name, At: s.at,
				Reads: contract.Every(), Updates: contract.Every(), Adds: true, Inserts: contract.Every(), Star: star})
		}
	}
}

// nameOf reads "schema.table".
func nameOf(table string) contract.Name {
	if schema, name, ok := strings.Cut(table, "."); ok {
		return contract.Name{Schema: strings.Trim(schema, `"`), Name: strings.Trim(name, `"`)}
	}
	return contract.Name{Name: strings.Trim(table, `"`)}
}

// shape reads the fields of a struct, and of those embedded in it.
func (p *project) shape(f *File, s *structure, depth int) (made shape) {
	for _, field := range s.fields {
		p.field(f, field, &made, depth)
	}
	return made
}

func (p *project) field(f *File, field field, made *shape, depth int) {
	tag := field.gorm
	value, out := tag["-"]
	ignored := out && strings.TrimSpace(value) != "migration"
	_, embedded := tag["EMBEDDED"]
	_, primary := tag["PRIMARYKEY"]
	_, old := tag["PRIMARY_KEY"]
	made.tagged = made.tagged || tag != nil
	exported := field.name != "" && field.name[0] >= 'A' && field.name[0] <= 'Z'
	in, of := p.structure(f, field.kind)
	switch {
	case ignored, !exported && !field.embedded, field.kind == "func":
		return
	case field.embedded && last(field.kind) == "Model" && strings.HasSuffix(p.imported(f, field.kind), "gorm"):
		made.columns = append(made.columns, "id", "created_at", "updated_at", "deleted_at")
		made.primary, made.tagged = true, true
		return
	case (field.embedded || embedded) && of != nil && of.other == "" && !p.isValue(in, of):
		if depth > 20 {
			made.every = true
			return
		}
		below := p.shape(in, of, depth+1)
		for i := range below.columns {
			below.columns[i] = tag["EMBEDDEDPREFIX"] + below.columns[i]
		}
		made.columns = append(made.columns, below.columns...)
		made.joins = append(made.joins, below.joins...)
		made.every, made.primary, made.tagged = made.every || below.every || of.generic, made.primary || below.primary, made.tagged || below.tagged
		return
	case (field.embedded || embedded) && of == nil:
		made.every = true // fields of a library's struct
		return
	}
	if join := tag["MANY2MANY"]; join != "" {
		made.joins = append(made.joins, join)
		return
	}
	name := tag["COLUMN"]
	if name == "" {
		name = snake(field.name)
	}
	switch p.isColumn(f, in, of, field) {
	case yes:
		made.columns = append(made.columns, name)
		made.primary = made.primary || primary || old || name == "id"
	case perhaps:
		made.every = true
	}
}

type perhapsColumn int

const (
	no perhapsColumn = iota
	yes
	perhaps
)

// values are packages whose types are values of columns. From what is often used
// with GORM.
var values = setOf(`time sql uuid decimal null pq pgtype datatypes json netip net big civil gorm soft_delete types guid ulid xid pgvector carbon zero nulls`)

// isColumn tells a field with a column from one that leads to another model.
func (p *project) isColumn(f, in *File, of *structure, field field) perhapsColumn {
	for _, setting := range []string{"TYPE", "SERIALIZER", "COLUMN", "DEFAULT", "SIZE"} {
		if _, ok := field.gorm[setting]; ok {
			return yes
		}
	}
	for _, setting := range []string{"FOREIGNKEY", "REFERENCES", "POLYMORPHIC", "POLYMORPHICVALUE", "CONSTRAINT"} {
		if _, ok := field.gorm[setting]; ok {
			return no
		}
	}
	pkg, _, dotted := strings.Cut(field.kind, ".")
	switch {
	case of != nil && of.other == "" && !p.isValue(in, of):
		return no
	case of != nil && of.other == "interface", field.kind == "interface", field.kind == "any", field.kind == "map", field.kind == "struct", field.kind == "?":
		return perhaps
	case of != nil, !dotted, values[pkg]:
		return yes
	}
	return perhaps
}

// isValue tells a struct that goes into a column.
func (p *project) isValue(f *File, s *structure) bool {
	for _, name := range []string{"Value", "Scan", "GormDataType", "GormValue"} {
		if _, ok := p.method(f, s.name, name); ok {
			return true
		}
	}
	return false
}

func last(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// imported is the path of the package that a type stands in.
func (p *project) imported(f *File, kind string) string {
	pkg, _, ok := strings.Cut(kind, ".")
	if !ok {
		return ""
	}
	return f.imports[pkg]
}

// structure finds a type of the source, nil if it is not there.
func (p *project) structure(f *File, kind string) (*File, *structure) {
	files := p.folders[f.folder()]
	name := kind
	if pkg, rest, dotted := strings.Cut(kind, "."); dotted {
		files, name = p.folder(f.imports[pkg]), rest
	}
	for _, in := range files {
		if i := slices.IndexFunc(in.structs, func(s *structure) bool { return s.name == name }); i >= 0 {
			return in, in.structs[i]
		}
	}
	return nil, nil
}

// method finds a method of a type of a file's package.
func (p *project) method(f *File, of, name string) (*text, bool) {
	for _, in := range p.folders[f.folder()] {
		if t, ok := in.methods[of+"."+name]; ok {
			return t, true
		}
	}
	return nil, false
}
