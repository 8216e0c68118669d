package django

import (
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/python"
)

// conflicts notes what bulk_create of a file's needs: of its model, or where that is not
// known of each model that has such fields.
func (p *project) conflicts(f *File, to *found.Findings) {
	for _, c := range f.Bulk {
		tables, arbiters := p.bulk(f, c)
		for _, table := range tables {
			to.Use(contract.Name{Name: table}, contract.Use{Origin: contract.SQL, At: c.At, Arbiters: arbiters})
		}
		for _, a := range arbiters {
			if tables == nil {
				to.Upsert(contract.Upsert{Arbiter: a, Why: python.WhyUpsert, At: c.At})
			}
		}
	}
}

// bulk is what a call needs, of tables that are nil where it may be any.
func (p *project) bulk(f *File, c python.Conflict) (tables []string, arbiters []contract.Arbiter) {
	if c.Table != "" {
		if of := p.base(&class{file: f}, c.Table); of != nil && p.kindOf(of, 0) == isModel && of.option("proxy") != "True" {
			if tables, ok := p.tables(of, 0); ok {
				a, _ := p.arbiter(of, c)
				return tables, []contract.Arbiter{a}
			}
		}
	}
	for _, f := range p.apps {
		for _, of := range f.classes {
			if a, may := p.arbiter(of, c); may && p.kindOf(of, 0) != noModel {
				arbiters = append(arbiters, a)
			}
		}
	}
	if arbiters == nil || c.Arbiter.Any {
		arbiters = []contract.Arbiter{{Any: true}}
	}
	return nil, arbiters
}

// arbiter is the index that a call means in a model, unknown where a field is not found;
// may says that the model may have the fields.
func (p *project) arbiter(of *class, c python.Conflict) (a contract.Arbiter, may bool) {
	columns := p.fieldColumns(of)
	_, _, more := p.columns(of)
	may = true
	for _, name := range c.Elements {
		column, has := columns[name]
		a.Columns, a.Any, may = append(a.Columns, column), a.Any || column == "", may && (has || more)
	}
	if a.Any || c.Arbiter.Any {
		return contract.Arbiter{Any: true}, may
	}
	return a, may
}

// fieldColumns are the columns of a model by the names of its fields, "" for one that is
// not known, and of the primary key as pk.
func (p *project) fieldColumns(of *class) map[string]string {
	columns := make(map[string]string)
	add := func(name, column string) {
		if known, ok := columns[name]; ok && known != column {
			column = "" // of a base, too
		}
		columns[name] = column
	}
	for _, c := range p.lineage(of, 0) {
		for _, f := range c.fields {
			column := f.column
			switch {
			case f.computed || !toOne[f.kind] && !modelFields[f.kind]:
				column = ""
			case column == "" && toOne[f.kind]:
				column = f.name + "_id"
			case column == "":
				column = f.name
			}
			if add(f.name, column); f.primary {
				add("pk", column)
			}
		}
	}
	if _, has := columns["pk"]; !has && columns["id"] == "" {
		columns["pk"], columns["id"] = "id", "id"
	}
	return columns
}
