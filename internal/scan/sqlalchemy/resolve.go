package sqlalchemy

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// project is all files of a tree.
type project struct {
	*python.Project
	files   map[*python.File]*File
	classes map[string]*class // by the path of their file and their name
	parents map[*class]bool
	// moves says that schemas are exchanged when the code runs, exposes that
	// tables are used past their models.
	moves, exposes bool
	to             *found.Findings
}

// Resolve joins what the files say, and notes it. mapped tells which classes are
// models.
func Resolve(files []*File, tree *python.Project, to *found.Findings) (mapped func(path, class string) bool) {
	models := make(map[string]bool)
	mapped = func(path, class string) bool { return models[path+":"+class] }
	if !tree.Imports(Libraries...) {
		return mapped
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	p := &project{Project: tree, files: make(map[*python.File]*File), classes: make(map[string]*class), parents: make(map[*class]bool), to: to}
	for _, f := range files {
		p.files[f.File] = f
		p.moves, p.exposes = p.moves || f.moves, p.exposes || f.exposes
		for _, c := range f.classes {
			// Of two of a name it is not known which one others have as base.
			if twin := p.classes[f.Path+":"+c.name]; twin != nil {
				twin.columns.every, c.columns.every = true, true
				twin.twin, c.twin = true, true
			}
			p.classes[f.Path+":"+c.name] = c
		}
	}
	for _, f := range files {
		for _, c := range f.classes {
			for _, base := range c.bases {
				if parent := p.base(c, base); parent != nil {
					p.parents[parent] = true
				}
			}
		}
	}
	for _, f := range files {
		f.note(to)
		p.tables(f)
		p.conflicts(f)
		for _, c := range f.classes {
			if p.model(c) {
				models[f.Path+":"+c.name] = true
			}
		}
	}
	return mapped
}

// note notes what a file says by itself.
func (f *File) note(to *found.Findings) {
	for _, g := range f.blind {
		to.Blind(g)
	}
	for _, t := range f.fragments {
		sqltext.Fragment(to, t)
	}
}

// tables notes the Table objects of a file.
func (p *project) tables(f *File) {
	for _, t := range f.tables {
		switch {
		case t.computed:
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "a table whose name is computed", At: t.at})
		case t.bare && !p.defined(t):
			// What is not defined anywhere is read from the database.
			p.use(t.name, t.by, t.at, contract.Every(), true)
		case t.bare:
		case t.light:
			columns := t.columns.set(nil, nil)
			p.to.Use(t.name, contract.Use{Origin: contract.Table, By: "table " + t.name.Name, At: t.at, Reads: columns, Updates: columns, Adds: true, Inserts: columns})
		case !p.owned(f, t):
			p.use(t.name, t.by, t.at, t.columns.set(nil, nil), t.columns.reflected)
		}
	}
}

// owned tells a Table that stands in the body of a class: the model leaves out
// what it excludes.
func (p *project) owned(f *File, t *table) bool {
	return slices.ContainsFunc(f.classes, func(c *class) bool { return c.inline == t })
}

// defined tells whether a table that is only looked up has its columns elsewhere.
func (p *project) defined(t *table) bool {
	for _, f := range p.files {
		for _, other := range f.tables {
			if !other.bare && !other.light && other.name.Name == t.name.Name {
				return true
			}
		}
		for _, c := range f.classes {
			if c.naming.name == t.name.Name {
				return true
			}
		}
	}
	return false
}

// use notes a model. One that is reflected looks up the columns and the primary key of
// what has the name when it is made.
func (p *project) use(name contract.Name, by string, at contract.Evidence, columns contract.Columns, reflected bool) {
	if p.moves {
		name.Schema = ""
	}
	use := contract.Use{Origin: contract.Model, By: by, At: at, Reads: columns, Updates: columns, Adds: true, Inserts: columns, Introspects: reflected}
	if columns.All {
		use.OnTable = "SQLAlchemy may look up the primary key"
	}
	p.to.Use(name, use)
}

// base finds a base class in the source, nil if it is not there.
func (p *project) base(c *class, name string) *class {
	f, as := p.Find(c.file.File, name, func(f *python.File, name string) bool { return p.classes[f.Path+":"+name] != nil })
	if f == nil {
		return nil
	}
	if parent := p.classes[f.Path+":"+as]; parent != c {
		return parent
	}
	return nil
}

// root says what a base is that is no class of the source.
type root struct {
	// direct are classes whose subclasses are bases and no models.
	direct bool
	// declarative bases make models of classes; flask's also name their tables,
	// and SQLModel's make columns of all that is annotated.
	declarative, flask, sqlmodel bool
	columns                      columns
	cls                          *class // that a base is made of
	known                        bool
}

// oslo are the classes of oslo_db.sqlalchemy.models (12.1).
var oslo = map[string][]string{"ModelBase": nil, "TimestampMixin": {"created_at", "updated_at"}, "SoftDeleteMixin": {"deleted_at", "deleted"}}

// plainBases have no columns. From Python, sqlalchemy and flask_login.
var plainBases = setOf(`object ABC Generic Protocol str int Enum IntEnum StrEnum UserMixin AsyncAttrs MappedAsDataclass Exception`)

// root finds out about a base that is not a class of the source.
func (p *project) root(f *python.File, name string, depth int) root {
	in, as := p.Find(f, name, func(f *python.File, name string) bool {
		first, _, _ := strings.Cut(name, ".")
		_, ok := p.files[f].assigned[first]
		return ok
	})
	if in != nil && depth < 10 {
		first, rest, _ := strings.Cut(as, ".")
		a := p.files[in].assigned[first]
		switch called := last(a.call); {
		case a.name != "":
			if rest != "" {
				a.name += "." + rest
			}
			return p.root(in, a.name, depth+1)
		case called == "SQLAlchemy" && rest == "Model", called == "declarative_base", called == "generate_base", rest == "Base" && called == "registry":
			made := root{declarative: true, flask: called == "SQLAlchemy", known: true}
			if a.cls != "" {
				cls := p.base(&class{file: p.files[in]}, a.cls)
				if made.cls = cls; cls == nil {
					of := p.root(in, a.cls, depth+1)
					made.known, made.columns, made.declarative = of.known, of.columns, true
				}
			}
			return made
		}
		return root{} // what is called makes a base in ways not known
	}
	full, imported := f.Full(name)
	if !imported {
		full = name
	}
	switch base := last(full); {
	case base == "DeclarativeBase" || base == "DeclarativeBaseNoMeta":
		return root{declarative: true, direct: true, known: true}
	case base == "SQLModel":
		return root{declarative: true, sqlmodel: true, known: true}
	case base == "DeferredReflection":
		return root{known: true, columns: columns{every: true, reflected: true}}
	case strings.HasPrefix(full, "sqlalchemy.") && (base == "ConcreteBase" || base == "AbstractConcreteBase"):
		return root{known: true}
	case strings.HasPrefix(full, "oslo_db.") && slices.Contains(keysOf(oslo), base):
		return root{known: true, columns: columns{names: oslo[base]}}
	case name == "db.Model" && !strings.HasPrefix(full, "django."):
		// Which db is not found: SQLAlchemy(…) is called somewhere else.
		return root{declarative: true, flask: true, known: true}
	case plainBases[base]:
		return root{known: true}
	}
	return root{}
}

func keysOf(m map[string][]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// snake is the name Flask-SQLAlchemy gives to a table, since 2.3: an underscore
// before a capital that follows a small letter or a digit, and before one that a
// small letter follows.
func snake(name string) string {
	var b strings.Builder
	for i := range len(name) {
		upper := func(at int) bool { return at < len(name) && name[at] >= 'A' && name[at] <= 'Z' }
		lower := func(at int) bool { return at >= 0 && at < len(name) && name[at] >= 'a' && name[at] <= 'z' }
		digit := i > 0 && name[i-1] >= '0' && name[i-1] <= '9'
		if upper(i) && (lower(i-1) || digit || i > 0 && lower(i+1)) {
			b.WriteByte('_')
		}
		b.WriteByte(name[i])
	}
	return strings.TrimLeft(strings.ToLower(b.String()), "_")
}
