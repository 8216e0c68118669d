package python

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A binding is a name that a file gives to what it imports, as "package.module.Name".
type binding struct{ as, full string }

func (f *File) keepImports(imports map[string]string) {
	for as, full := range imports {
		f.bindings = append(f.bindings, binding{as, full})
	}
	slices.SortFunc(f.bindings, func(a, b binding) int { return cmp.Compare(a.as, b.as) })
	f.bindings = slices.Clip(f.bindings)
}

// imported reads "import a.b as c".
func (r *reader) imported(n *syntax.Node) {
	for _, child := range n.Children {
		module := r.Text(child)
		// Without "as" the first part is what the file can name.
		first, _, _ := strings.Cut(module, ".")
		as, means := first, first
		if child.Is("aliased_import") {
			module, as = r.Text(child.Child("name")), r.Text(child.Child("alias"))
			means = module
		}
		r.bind(as, means)
		r.noteLibrary(module, r.At(n))
	}
}

// bind notes what a name of an import means. What a function imports is known to
// it alone, so the top of the file wins; of two there it is not known which.
func (r *reader) bind(as, full string) {
	known, ok := r.Imports[as]
	switch {
	case len(r.scopes) > 1:
		if !ok {
			r.Imports[as] = full
		}
		r.doubt[as] = r.doubt[as] || ok && known != full
		return
	case ok && r.top[as] && known != full:
		full = "?"
	}
	r.Imports[as], r.top[as] = full, true
}

// importFrom reads "from .base import A as B".
func (r *reader) importFrom(n *syntax.Node) {
	module := r.Text(n.Child("module_name"))
	r.noteLibrary(module, r.At(n))
	if dots := len(module) - len(strings.TrimLeft(module, ".")); dots > 0 {
		// One dot is the package the file stands in.
		folder := path.Dir(r.Path)
		for range dots - 1 {
			folder = path.Dir(folder)
		}
		module = strings.Trim(strings.ReplaceAll(strings.TrimPrefix(folder, "."), "/", ".")+"."+strings.TrimLeft(module, "."), ".")
	}
	for _, child := range n.Children {
		if child.Is("wildcard_import") {
			r.Wildcards = append(r.Wildcards, module)
		}
		if child.Field != "name" {
			continue
		}
		name := r.Text(child)
		as := name
		if child.Is("aliased_import") {
			name, as = r.Text(child.Child("name")), r.Text(child.Child("alias"))
		}
		r.bind(as, module+"."+name)
	}
}

// otherORMs have models that are not understood.
var otherORMs = found.Expression(`^(peewee|playhouse|tortoise|pony|piccolo|ormar|gino|edgy|pypika|dataset|pugsql|storm|sqlobject|orator|masonite)\b`)

func (r *reader) noteLibrary(module string, at contract.Evidence) {
	first, _, _ := strings.Cut(module, ".")
	if !slices.Contains(r.Libraries, first) {
		r.Libraries = append(r.Libraries, first)
	}
	if otherORMs().MatchString(module) {
		r.foreign = append(r.foreign, at)
	}
}
