package django

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// project is all files of a tree.
type project struct {
	// classes are found by module and name.
	classes map[string]*class
	paths   map[string]*File
}

// Resolve joins what the files say, and notes it.
func Resolve(files []*File, to *found.Findings) {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.path, b.path) })
	p := &project{classes: make(map[string]*class), paths: make(map[string]*File)}
	for _, f := range files {
		p.paths[f.path] = f
		for _, c := range f.classes {
			p.classes[f.module()+"."+c.name] = c
		}
	}
	for _, f := range files {
		f.note(to)
		for _, c := range f.classes {
			if p.kindOf(c, 0) != noModel {
				p.model(c, to)
			}
		}
	}
}

// note notes what a file says by itself.
func (f *File) note(to *found.Findings) {
	here := contract.Evidence{File: f.path, Line: 1}
	if f.err != nil {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: f.err.Error(), At: here})
	}
	if f.weak {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "not all of the file could be parsed", At: here})
	}
	to.Words(f.words...)
	for _, t := range f.texts {
		sqltext.Read(to, t)
	}
	if len(f.dynamic) > 0 {
		to.Gap(contract.Gap{Reach: contract.Anything, At: f.dynamic[0],
			Why: fmt.Sprintf("%d places in this file take SQL from a variable", len(f.dynamic))})
	}
	for _, at := range f.foreign {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "an ORM that is not understood", At: at})
	}
	for _, at := range f.added {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "a model is changed from outside its class", At: at})
	}
}

type kind int

const (
	noModel kind = iota
	isModel
	unknownModel // a base is not in the source, and it has fields
)

// kindOf tells whether a class is a model.
func (p *project) kindOf(c *class, depth int) kind {
	unknown := false
	for _, base := range c.bases {
		if c.isDjangoModel(base) {
			return isModel
		}
		parent := p.base(c, base)
		switch {
		case parent == nil:
			unknown = true
		case parent != c && depth < 50:
			switch p.kindOf(parent, depth+1) {
			case isModel:
				return isModel
			case unknownModel:
				unknown = true
			}
		}
	}
	if unknown && c.looksLikeModel() {
		return unknownModel
	}
	return noModel
}

// isDjangoModel tells Django's own base class, in the ways it is imported.
func (c *class) isDjangoModel(base string) bool {
	first, rest, dotted := strings.Cut(base, ".")
	full := c.file.imports[first]
	if dotted {
		full += "." + rest
	}
	return base == "models.Model" || strings.HasPrefix(full, "django.") && strings.HasSuffix(full, ".models.Model")
}

// looksLikeModel tells a class with columns from one whose base is of another
// library.
func (c *class) looksLikeModel() bool {
	if c.meta != nil {
		for _, option := range []string{"abstract", "proxy", "db_table", "app_label"} {
			if _, ok := c.meta.values[option]; ok {
				return true
			}
		}
	}
	for _, base := range c.bases {
		last := base[strings.LastIndex(base, ".")+1:]
		if strings.HasPrefix(last, "Abstract") || strings.HasSuffix(last, "Model") || strings.HasSuffix(last, "Site") {
			return true
		}
	}
	// Forms and serializers have fields too; those of models come by the name
	// of the module.
	return slices.ContainsFunc(c.fields, func(f field) bool { return modelFields[f.kind] }) && !c.isForm()
}

func (c *class) isForm() bool {
	return slices.ContainsFunc(c.bases, func(base string) bool {
		return strings.Contains(base, "Form") || strings.Contains(base, "Serializer") || strings.Contains(base, "Filter") || strings.Contains(base, "Field") ||
			strings.Contains(base, "Index") || strings.Contains(base, "Schema")
	})
}

// base finds a base class in the source, nil if it is not there.
func (p *project) base(c *class, name string) *class {
	if found := p.classes[c.file.module()+"."+name]; found != nil {
		return found
	}
	first, rest, dotted := strings.Cut(name, ".")
	full, ok := c.file.imports[first]
	if !ok {
		return nil
	}
	if dotted {
		full += "." + rest
	}
	return p.named(full, 0)
}

// named finds a class by the full name it is imported by, through packages that
// import it themselves. The tree's root need not be the first on Python's path.
func (p *project) named(full string, depth int) *class {
	if c := p.classes[full]; c != nil || depth > 10 {
		return c
	}
	module, name := full[:max(strings.LastIndex(full, "."), 0)], full[strings.LastIndex(full, ".")+1:]
	files := p.modules(module)
	if len(files) > 1 {
		return nil // which of them is meant is not known
	}
	for _, f := range files {
		if c := p.classes[f.module()+"."+name]; c != nil {
			return c
		}
		if next, ok := f.imports[name]; ok && next != full {
			if c := p.named(next, depth+1); c != nil {
				return c
			}
		}
	}
	return nil
}

// modules are the files a dotted name may mean.
func (p *project) modules(module string) []*File {
	file := strings.ReplaceAll(module, ".", "/")
	var files []*File
	for _, end := range []string{file + ".py", path.Join(file, "__init__.py")} {
		for at, f := range p.paths {
			if at == end || strings.HasSuffix(at, "/"+end) {
				files = append(files, f)
			}
		}
	}
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.path, b.path) })
	return files
}
