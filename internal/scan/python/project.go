package python

import (
	"path"
	"slices"
	"strings"
)

// A Project is all files of a tree.
type Project struct {
	Paths map[string]*File
	byEnd map[string][]*File
}

// NewProject joins files.
func NewProject(files []*File) *Project {
	p := &Project{Paths: make(map[string]*File, len(files)), byEnd: make(map[string][]*File)}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b *File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range files {
		p.Paths[f.Path] = f
		// The tree's root need not be the first on Python's path.
		for module := f.Module(); module != ""; {
			p.byEnd[module] = append(p.byEnd[module], f)
			_, module, _ = strings.Cut(module, ".")
		}
	}
	return p
}

// Imports tells whether any file imports one of some libraries.
func (p *Project) Imports(libraries ...string) bool {
	for _, f := range p.Paths {
		if slices.ContainsFunc(libraries, func(l string) bool { return slices.Contains(f.Libraries, l) }) {
			return true
		}
	}
	return false
}

// Full is the name in full of what a file calls so, as it imports it; ok says
// that it does.
func (f *File) Full(name string) (full string, ok bool) {
	first, rest, dotted := strings.Cut(name, ".")
	i, ok := slices.BinarySearchFunc(f.bindings, first, func(b binding, name string) int { return strings.Compare(b.as, name) })
	if !ok {
		return "", false
	}
	if full = f.bindings[i].full; dotted {
		full += "." + rest
	}
	return full, true
}

// Find finds the file that defines what another file calls so, and the name it
// has there; defines tells whether a file does. It follows imports, through packages that
// import the name themselves. nil says that it is not in the tree, or that it is
// not known which of several is meant.
func (p *Project) Find(f *File, name string, defines func(*File, string) bool) (*File, string) {
	return p.find(f, name, defines, 0)
}

func (p *Project) find(f *File, name string, defines func(*File, string) bool, depth int) (*File, string) {
	if defines(f, name) {
		return f, name
	}
	if depth > 10 {
		return nil, ""
	}
	if full, ok := f.Full(name); ok {
		// The module may be any beginning of the name: a.b.Class, a.b.db.Model.
		for end := strings.LastIndex(full, "."); end > 0; end = strings.LastIndex(full[:end], ".") {
			if files := p.Modules(full[:end]); len(files) == 1 && (files[0] != f || full[end+1:] != name) {
				return p.find(files[0], full[end+1:], defines, depth+1)
			}
		}
		return nil, ""
	}
	for _, module := range f.Wildcards {
		if files := p.Modules(module); len(files) == 1 && files[0] != f {
			if in, as := p.find(files[0], name, defines, depth+1); in != nil {
				return in, as
			}
		}
	}
	return nil, ""
}

// Modules are the files a dotted name may mean.
func (p *Project) Modules(module string) []*File { return p.byEnd[module] }

// Beside is the file of that name in a folder, nil if there is none.
func (p *Project) Beside(folder, name string) *File { return p.Paths[path.Join(folder, name)] }
