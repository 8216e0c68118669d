package django

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/python"
)

// project is all files of a tree.
type project struct {
	*python.Project
	// classes are found by the path of their file and their name.
	classes map[string]*class
	apps    map[*python.File]*File
}

// Resolve joins what the files say, and notes it. others tells classes that are
// models of another library.
func Resolve(files []*File, tree *python.Project, others func(path, class string) bool, to *found.Findings) {
	if !tree.Imports("django") {
		for _, f := range files {
			for _, c := range f.Bulk {
				to.Upsert(contract.Upsert{Arbiter: contract.Arbiter{Any: true}, Why: python.WhyUpsert, At: c.At})
			}
		}
		return
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	p := &project{tree, make(map[string]*class), make(map[*python.File]*File)}
	for _, f := range files {
		p.apps[f.File] = f
		for _, c := range f.classes {
			p.classes[f.Path+":"+c.name] = c
		}
	}
	for _, f := range files {
		p.conflicts(f, to)
		for _, at := range f.added {
			to.Blind(contract.Gap{Reach: contract.Anything, Why: "a model is changed from outside its class", At: at})
		}
		for _, c := range f.classes {
			if p.kindOf(c, 0) != noModel && !others(f.Path, c.name) {
				p.model(c, to)
			}
		}
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
	full, _ := c.file.Full(base)
	return base == "models.Model" || strings.HasPrefix(full, "django.") && strings.HasSuffix(full, ".models.Model")
}

// isOther tells a base class of a library whose classes have no tables.
func (c *class) isOther(base string) bool {
	full, _ := c.file.Full(base)
	return strings.HasPrefix(full, "pydantic.") || strings.HasPrefix(full, "sqlalchemy.")
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
		if c.isOther(base) {
			return false
		}
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
	f, as := p.Find(c.file.File, name, func(f *python.File, name string) bool { return p.classes[f.Path+":"+name] != nil })
	if f == nil {
		return nil
	}
	return p.classes[f.Path+":"+as]
}
