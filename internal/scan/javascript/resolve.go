package javascript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// project is all files of a tree.
type project struct {
	files []*File
	tree  *tree
	to    *found.Findings
	// uses are packages by name, with where a package.json or a file names them.
	uses map[string]contract.Evidence
	// settings are the words of settingWords that stand in some file.
	settings map[string]bool
	// models are those that were noted, by their library; unsure are the libraries of
	// which some model was not.
	models map[string][]*model
	unsure map[string]bool
	// alone says that a file without a package.json was noted.
	alone bool
}

// Resolve joins what the files say, and notes it. It tells whether code that may speak to
// a database is given a bigint as a text.
func Resolve(files []*File, to *found.Findings) (texts bool) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.path, b.path) })
	p := &project{files: files, tree: newTree(files), to: to, uses: make(map[string]contract.Evidence), settings: make(map[string]bool),
		models: make(map[string][]*model), unsure: make(map[string]bool)}
	for _, f := range files {
		p.libraries(f)
		for _, word := range f.settings {
			p.settings[word] = true
		}
	}
	for _, f := range files {
		p.note(f)
	}
	p.prisma()
	p.drizzle()
	p.typeorm()
	p.sequelize()
	p.builders()
	p.knex()
	p.upserts()
	p.others()
	return p.textBigint() && slices.ContainsFunc(files, p.speaks)
}

// speaks tells a file that may speak to a database. Without a package.json there are no
// libraries that could, unless the file shows one.
func (p *project) speaks(f *File) bool {
	if f.pkg != nil {
		return p.tree.speaks[f.pkg] || f.pkg.broken
	}
	if p.tree.of(f.path) == nil {
		return f.speaks || f.blind != "" || len(f.databases)+len(f.texts)+len(f.fragments)+len(f.dynamic) > 0 || slices.ContainsFunc(f.modules, isForeign)
	}
	return !p.tree.quiet(f)
}

// textBigint tells whether a bigint comes as a text, as node-postgres, postgres.js and
// Sequelize have it: 2^53 and more is no number of JavaScript's. TypeORM and Drizzle
// read a column as the number they declare it to be, Prisma too.
func (p *project) textBigint() bool {
	return !p.settings["setTypeParser"] && !p.settings["getTypeParser"] && !p.settings["parseInt8"]
}

// libraries notes which packages a file names.
func (p *project) libraries(f *File) {
	use := func(name string, at contract.Evidence) {
		if _, known := p.uses[name]; !known {
			p.uses[name] = at
		}
	}
	if f.pkg != nil {
		if f.pkg.broken {
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: "package.json cannot be read", At: f.pkg.at})
		}
		for _, name := range f.pkg.needs {
			use(name, contract.Evidence{File: f.path, Text: name})
		}
	}
	for _, module := range f.modules {
		if at, ok := f.databases[module]; ok {
			use(packageOf(module), at)
		}
	}
}

// others notes ORMs that are not understood.
func (p *project) others() {
	for name, at := range p.uses {
		switch {
		case otherORMs().MatchString(name):
			p.to.Blind(contract.Gap{Reach: contract.Anything, Why: name + " is not understood", At: at})
		case isDatabase(name) && !harmless().MatchString(name) && p.needed(name):
			p.to.MayUpsert()
			p.to.Gap(contract.Gap{Reach: contract.Anything, Why: name + " may speak to a database, and is not known", At: at})
		}
	}
}

// Note notes the words of a file, and keeps none.
func (f *File) Note(to *found.Findings) {
	to.Words(f.words...)
	f.words = nil
}

// note notes what a file says in its package.
func (p *project) note(f *File) {
	quiet := p.tree.quiet(f)
	if p.tree.of(f.path) == nil && f.pkg == nil && f.prisma == nil && !p.alone {
		p.alone = true
		p.to.MayUpsert()
		p.to.Gap(contract.Gap{Reach: contract.Anything, Why: "no package.json tells what this file can load", At: contract.Evidence{File: f.path}})
	}
	if f.blind != "" && !quiet {
		p.to.Blind(contract.Gap{Reach: contract.Anything, Why: f.blind, At: contract.Evidence{File: f.path, Line: 1}})
	}
	if f.partial != "" && !quiet {
		p.to.Gap(contract.Gap{Reach: contract.Anything, Why: f.partial, At: contract.Evidence{File: f.path, Line: 1}})
	}
	for _, t := range f.texts {
		t.TextBigint, t.Kept = p.textBigint(), f.kept[t.Text]
		sqltext.Read(p.to, t)
	}
	if quiet {
		return
	}
	for _, u := range f.upserts {
		p.to.Upsert(u)
	}
	for _, t := range f.fragments {
		t.TextBigint = p.textBigint()
		sqltext.Fragment(p.to, t)
	}
	places := slices.DeleteFunc(slices.Clone(f.dynamic), func(d dynamic) bool {
		_, used := p.uses[d.only]
		return d.only != "" && !used
	})
	if len(places) > 0 {
		p.to.Gap(contract.Gap{Reach: contract.Anything, At: places[0].at,
			Why: fmt.Sprintf("%d places in this file take SQL, or names for it, from a variable", len(places))})
	}
}
