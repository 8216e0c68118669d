package laravel

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// project is all files of a tree.
type project struct {
	to *found.Findings
	// classes are found by their name in full.
	classes map[string][]*class
	// tables are those of the models.
	tables map[*class]contract.Name
	// keys are the names that primary keys have.
	keys []string
	// copies says that rows of any model are copied.
	copies bool
}

// Files are those of a tree. Of one without classes, queries and upserts nothing is kept.
type Files struct {
	files           []*File
	first           string // the first of all, by its path
	laravel, copies bool   // some file does so
}

// Add adds a file, whose Note was called.
func (t *Files) Add(f *File) {
	if t.first == "" || f.Path < t.first {
		t.first = f.Path
	}
	t.laravel, t.copies = t.laravel || f.laravel, t.copies || f.copies
	f.imports = nil
	if len(f.classes)+len(f.queries)+len(f.fragments)+len(f.given) > 0 {
		t.files = append(t.files, f)
	}
}

// Resolve joins what the files say, and notes it.
func Resolve(tree *Files, to *found.Findings) {
	files := slices.SortedFunc(slices.Values(tree.files), func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	p := &project{to: to, classes: make(map[string][]*class), tables: make(map[*class]contract.Name), keys: []string{"id"}, copies: tree.copies}
	for _, f := range files {
		for _, c := range f.classes {
			if c.full != "" {
				p.classes[c.full] = append(p.classes[c.full], c)
			}
			if key := c.texts["primaryKey"]; key != "" {
				p.keys = append(p.keys, key)
			}
			if c.computed["primaryKey"] {
				p.keys = append(p.keys, sqltext.Hole)
			}
		}
	}
	if tree.first != "" && !tree.laravel {
		to.MayUpsert()
		to.Gap(contract.Gap{Reach: contract.Anything, Why: "PHP without Laravel's database is not understood: its files were read for words only",
			At: contract.Evidence{File: tree.first}})
	}
	for _, f := range files {
		for _, c := range f.classes {
			if k := p.kindOf(c, 0); k != noModel {
				p.model(c, k)
			}
		}
	}
	for _, f := range files {
		for _, at := range f.given {
			to.Upsert(contract.Upsert{Arbiter: contract.Arbiter{Any: true}, Why: "the word upsert may be the name of a method that is called", At: at})
		}
		for i := range f.queries {
			p.query(f, &f.queries[i])
		}
		for _, part := range f.fragments {
			if part.of != nil {
				part.Base = p.baseOf(f, part.of)
			}
			sqltext.Fragment(to, part.Literal)
		}
	}
}

// find is a class of the tree, nil if there is none. Of several with the name it is
// the one of the nearest folder.
func (p *project) find(full string, from *File) (nearest *class) {
	best := -1
	for _, c := range p.classes[full] {
		near := 0
		for near < min(len(c.file.Path), len(from.Path)) && c.file.Path[near] == from.Path[near] {
			near++
		}
		if near > best {
			nearest, best = c, near
		}
	}
	return nearest
}

// tableOfQuery is the table that a query's model stands for, and whether it has one.
func (p *project) tableOfQuery(f *File, q *query) (contract.Name, bool) {
	if c := p.find(q.class, f); c != nil {
		name, ok := p.tables[c]
		return name, ok
	}
	return contract.Name{}, false
}

// baseOf is the relation that a part of a query's SQL is of, empty if it may be
// several.
func (p *project) baseOf(f *File, q *query) contract.Name {
	table, ok := p.tableOfQuery(f, q)
	switch {
	case ok && len(q.tables) == 0:
		return table
	case !ok && len(q.tables) == 1:
		return q.tables[0]
	}
	return contract.Name{}
}

// query notes what a chain of calls uses. Of a table that it names, any column may be
// named elsewhere.
func (p *project) query(f *File, q *query) {
	names := slices.Clone(q.tables)
	model, isModel := p.tableOfQuery(f, q)
	if isModel {
		names = append(names, model)
	}
	if len(names) == 0 || q.leads {
		for _, a := range q.arbiters {
			p.to.Upsert(contract.Upsert{Arbiter: a, Why: "rows are inserted ON CONFLICT", At: q.at})
		}
	}
	for _, name := range names {
		alone := len(names) == 1
		use := contract.Use{Origin: contract.SQL, At: q.at, OnTable: q.onTable,
			Reads: q.of(name, q.reads, alone), Updates: q.of(name, q.updates, alone)}
		if name == names[0] || !isModel {
			use.Adds, use.Inserts, use.Arbiters = q.adds, q.of(name, q.inserts, alone), q.arbiters
		}
		if !isModel && !q.lists {
			use.Reads, use.Star = contract.Every(), true
		}
		if isModel && name == model && use.Reads.Empty() && use.Updates.Empty() && !use.Adds && use.OnTable == "" {
			continue // the model itself says as much
		}
		p.to.Use(name, use)
		p.open(name, q.at)
	}
}

// open notes a gap for the columns of a table, of which only the words are known.
func (p *project) open(name contract.Name, at contract.Evidence) {
	p.to.Gap(contract.Gap{Reach: contract.Within, Relation: name, At: at, Why: "Eloquent and its query builder take names of columns from all places of the code"})
}

// of are the columns that some names mean in a table. A name without a table may be
// one of each.
func (q *query) of(table contract.Name, names []string, alone bool) contract.Columns {
	var columns []string
	for _, name := range names {
		before, column, qualified := strings.Cut(name, ".")
		switch {
		case !qualified:
			columns = append(columns, name)
		case !alone && q.aliases[before] != table && before != table.Name:
		case column == "*":
			return contract.Every()
		default:
			columns = append(columns, column)
		}
	}
	return contract.Named(columns...)
}
