package golang

import (
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// project is all files of a tree.
type project struct {
	folders map[string][]*File
	// used are the types that are given to an ORM's methods, embedded those
	// that are part of others.
	used, embedded map[string]bool
	naming         *naming
	prefix         string
	computed       bool // tables' names are made in a way not understood
	gorm           bool
	untyped        bool // pgx gives rows the types of their columns
	unsafe         bool // rows are read whatever columns they have
	// configs and drivers are those of all files.
	configs, drivers []bool
	onTable          string // what GORM does with its models' tables at boot
	to               *found.Findings
}

// libraries that send SQL to a database.
var libraries = []string{"database/sql", "github.com/jackc/pgx", "github.com/jmoiron/sqlx", "github.com/lib/pq", "gorm.io/gorm", "github.com/jinzhu/gorm",
	"github.com/georgysavva/scany", "github.com/randallmlough/pgxscan", "github.com/blockloop/scan", "github.com/stephenafamo/scan", "github.com/jackc/pgconn"}

// others have models, or build SQL, in ways not understood; of builders the names
// stand in strings.
var (
	others = []string{"entgo.io/ent", "github.com/facebook/ent", "github.com/uptrace/bun", "xorm.io/xorm", "github.com/go-xorm/xorm", "github.com/beego/beego",
		"github.com/astaxie/beego/orm", "github.com/upper/db", "upper.io/db", "github.com/volatiletech/sqlboiler", "github.com/aarondl/sqlboiler", "github.com/go-pg/pg",
		"github.com/stephenafamo/bob", "github.com/go-jet/jet", "gorm.io/gen", "github.com/go-rel/rel", "github.com/gobuffalo/pop", "github.com/go-gorp/gorp",
		"gopkg.in/gorp", "gopkg.in/reform", "github.com/lqs/sqlingo", "github.com/gogf/gf", "zombiezen.com/go/sqlite", "github.com/zeromicro/go-zero/core/stores"}
	builders = []string{"github.com/Masterminds/squirrel", "github.com/doug-martin/goqu", "github.com/huandu/go-sqlbuilder", "github.com/gocraft/dbr", "github.com/mailru/dbr",
		"github.com/leporo/sqlf", "github.com/elgris/sqrl", "github.com/keegancsmith/sqlf", "github.com/nullism/bqb"}
)

// Resolve joins what the files say, and notes it. It tells whether pgx gives code an int32 or
// an int64, as its columns are.
func Resolve(files []*File, to *found.Findings) (untyped bool) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.path, b.path) })
	p := &project{folders: make(map[string][]*File), used: make(map[string]bool), embedded: make(map[string]bool), to: to}
	sends := false
	for _, f := range files {
		if f.skipped {
			continue
		}
		p.folders[f.folder()] = append(p.folders[f.folder()], f)
		sends = sends || f.uses(libraries...) != ""
		p.gorm = p.gorm || f.uses("gorm.io/gorm", "github.com/jinzhu/gorm") != ""
		p.unsafe = p.unsafe || f.unsafe
		p.untyped = p.untyped || f.untyped && f.uses("github.com/jackc/pgx") != ""
	}
	if p.gorm {
		// Save, and the rows of associations.
		to.Upsert(contract.Upsert{Arbiter: contract.Arbiter{Primary: true}, Why: "GORM saves rows ON CONFLICT"})
	}
	for _, f := range files {
		p.gather(f)
	}
	for _, f := range files {
		if !f.skipped {
			p.note(f, sends)
		}
	}
	return p.untyped
}

func (f *File) folder() string { return path.Dir(f.path) }

// uses is the first of some modules that a file imports, or a part of it.
func (f *File) uses(modules ...string) string {
	for _, module := range modules {
		for _, imported := range f.imports {
			if imported == module || strings.HasPrefix(imported, module+"/") || strings.HasPrefix(imported, module+".v") {
				return module
			}
		}
	}
	return ""
}

// survives tells whether GORM's queries live on when a column goes that no model
// has. It sends SELECT * as a prepared statement, and PostgreSQL refuses one whose
// columns have changed (SQLSTATE 0A000, once for each connection), unless the
// configuration says otherwise.
func (p *project) survives() bool {
	all := func(list []bool) bool { return len(list) > 0 && !slices.Contains(list, false) }
	return all(p.configs) || all(p.drivers)
}

// gather joins what all structs are to be judged by.
func (p *project) gather(f *File) {
	p.configs, p.drivers = append(p.configs, f.configs...), append(p.drivers, f.drivers...)
	if f.migrates {
		p.onTable = contract.Creates
	}
	for name := range f.used {
		p.used[name] = true
	}
	for _, s := range f.structs {
		for _, field := range s.fields {
			if _, tagged := field.gorm["EMBEDDED"]; tagged || field.embedded {
				p.embedded[last(field.kind)] = true
			}
		}
	}
	if f.naming != nil {
		prefix, ok := p.text(f, f.naming.prefix, 0)
		p.computed = p.computed || f.naming.computed || !ok || strings.Contains(prefix, sqltext.Hole) ||
			p.naming != nil && (p.prefix != prefix || p.naming.singular != f.naming.singular)
		p.naming, p.prefix = f.naming, prefix
	}
}

// note notes what a file says.
func (p *project) note(f *File, sends bool) {
	here := contract.Evidence{File: f.path, Line: 1}
	if f.err != nil {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "not all of the file could be parsed", At: here})
	}
	if library := f.uses(others...); library != "" {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: library + " is not understood", At: here})
	}
	if library := f.uses(builders...); library != "" {
		p.to.Gap(contract.Gap{Reach: contract.Anything, Why: library + " builds SQL when the code runs", At: here})
	}
	bound := p.bound(f)
	for _, t := range f.texts {
		if s, ok := p.text(f, t.text, 0); ok && sqltext.Is(s) {
			b := bound[s]
			sqltext.Read(p.to, sqltext.Literal{Text: s, At: t.at, Kept: b.Kept, Strict: b.Strict, TextBigint: p.untyped})
			delete(bound, s)
		}
	}
	for _, b := range bound { // the texts of other files
		sqltext.Read(p.to, b)
	}
	if sends {
		p.dynamic(f)
		for _, g := range f.blind {
			p.to.Blind(g)
		}
		for _, c := range f.copies {
			p.copied(f, c)
		}
	}
	if p.gorm {
		p.conditions(f)
		p.upserts(f)
		p.models(f)
	}
}

// dynamic notes SQL that is sent, and is no text of the source.
func (p *project) dynamic(f *File) {
	var places []contract.Evidence
	for _, t := range f.sent {
		// What is only added to a text is read by nobody.
		if s, ok := p.text(f, t.text, 0); !ok || strings.Contains(s, sqltext.Hole) && !sqltext.Is(s) {
			places = append(places, t.at)
		}
	}
	if len(places) > 0 {
		p.to.Gap(contract.Gap{Reach: contract.Anything, At: places[0], Why: sqltext.Variables(len(places))})
	}
}

func (p *project) copied(f *File, c copied) {
	table, ok := p.text(f, c.table, 0)
	var names []string
	for _, column := range c.columns {
		name, known := p.text(f, column, 0)
		ok = ok && known && !strings.Contains(name, sqltext.Hole)
		names = append(names, name)
	}
	if !ok || strings.Contains(table, sqltext.Hole) {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "copies rows into a table, or columns, that are computed", At: c.at})
		return
	}
	p.to.Use(nameOf(table), contract.Use{Origin: contract.SQL, At: c.at, Adds: true, Inserts: contract.Named(names...), OnTable: "COPY"})
}

var word = found.Expression(`^\w+$`)

// conditions notes the parts of SQL that are given to GORM's methods.
func (p *project) conditions(f *File) {
	for _, c := range f.conditions {
		s, ok := p.text(f, c.text, 0)
		_, of := p.structure(f, c.of)
		switch {
		case c.of == "table" && ok && !strings.Contains(s, sqltext.Hole):
			// Rows of it go into structs, and come from them, that may be any.
			name, _, _ := strings.Cut(strings.TrimSpace(s), " ")
			p.to.Gap(contract.Gap{Reach: contract.Within, Relation: nameOf(name), Why: "rows of a struct that is not known", At: c.at})
		case c.of == "table":
			p.to.Gap(contract.Gap{Reach: contract.Anything, Why: "rows of a table whose name is computed", At: c.at})
		case of != nil && of.other == "":
			p.to.Queried(c.at, p.shape(f, of, 0).columns...)
		case !ok:
			p.to.Gap(contract.Gap{Reach: contract.Anything, Why: "a part of SQL that is put together when the code runs", At: c.at})
		case strings.TrimSpace(s) == "":
		case strings.HasSuffix(strings.TrimSpace(s), "*"):
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "reads every column of a table that is not known", At: c.at})
		case !sqltext.Is(s):
			sqltext.Fragment(p.to, sqltext.Literal{Text: s, At: c.at})
			if word().MatchString(s) {
				p.to.Queried(c.at, snake(s)) // GORM knows columns by the names of fields, too
			}
		}
	}
}

// constant finds the text of a name, in its own package or in another of the tree.
func (p *project) constant(f *File, ref string) (*File, *text) {
	files := p.folders[f.folder()]
	if pkg, name, ok := strings.Cut(ref, "."); ok {
		files, ref = p.folder(f.imports[pkg]), name
	}
	for _, in := range files {
		if t := in.constants[ref]; t != nil && !slices.ContainsFunc(files, func(f *File) bool { return in.variables[ref] && f.set[ref] }) {
			return in, t
		}
	}
	return nil, nil
}

// folder is the files of a package, by its path: the longest folder that the path
// ends with.
func (p *project) folder(module string) []*File {
	for rest := module; rest != ""; {
		if files := p.folders[rest]; files != nil {
			return files
		}
		_, rest, _ = strings.Cut(rest, "/")
	}
	return nil
}
