package rails

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// An upsert is a call that inserts ON CONFLICT: q says whose table it is of.
type upsert struct {
	q        query
	arbiters []contract.Arbiter
}

// conflictOptions say which index an upsert finds: Rails' first, then those of
// activerecord-import, on_duplicate_key_update with a hash of them.
var conflictOptions = []string{"unique_by", "conflict_target", "constraint_name", "on_duplicate_key_update", "on_duplicate_key_ignore"}

// upsert reads a call that may insert ON CONFLICT. Without unique_by Rails' upsert
// takes the primary key, and its insert needs no index.
func (r *reader) upsert(n *syntax.Node, name string, arguments *syntax.Node, in *class) {
	u := upsert{q: query{class: in, root: r.root(n.Child("receiver"), in), at: r.at(n)}}
	options := map[string]*syntax.Node{}
	if arguments != nil {
		options = r.options(arguments)
	}
	given := false
	for _, option := range conflictOptions {
		if value := options[option]; value != nil {
			given = true
			u.arbiters = append(u.arbiters, r.arbiters(option, value)...)
		}
	}
	switch {
	case name == "insert_conflict" || name == "on_conflict": // Sequel's
		u.arbiters = []contract.Arbiter{{Any: true}}
	case given:
	case hasUnknownOptions(name, arguments):
		u.arbiters = []contract.Arbiter{{Any: true}}
	case name == "upsert" || name == "upsert_all":
		u.arbiters = []contract.Arbiter{{Primary: true}}
	}
	if len(u.arbiters) > 0 {
		r.file.upserts = append(r.file.upserts, u)
	}
}

// hasUnknownOptions tells whether options of Rails' methods are put in when the code
// runs. An array has an insert, too, of several values.
func hasUnknownOptions(name string, arguments *syntax.Node) bool {
	if arguments == nil || !slices.Contains([]string{"upsert", "upsert_all", "insert", "insert_all"}, name) {
		return false
	}
	return slices.ContainsFunc(arguments.Children, func(n *syntax.Node) bool {
		return n.Is("hash_splat_argument") || n.Is("splat_argument", "forward_argument") && name != "insert"
	}) || name != "insert" && len(withoutOptions(arguments).Children) > 1
}

// arbiters reads what an option asks for. Rails finds an index by its name or its
// columns, with the predicate it has.
func (r *reader) arbiters(option string, value *syntax.Node) (list []contract.Arbiter) {
	if value.Is("hash") && (option == "on_duplicate_key_update" || option == "on_duplicate_key_ignore") {
		for key, inner := range r.options(value) {
			if key == "conflict_target" || key == "constraint_name" {
				list = append(list, r.arbiters(key, inner)...)
			}
		}
		if list == nil || slices.ContainsFunc(value.Children, func(n *syntax.Node) bool { return !n.Is("pair", "comment") }) {
			list = append(list, contract.Arbiter{Any: true})
		}
		return list
	}
	names, ok := stringsOf(value, r.src, nil)
	switch {
	case option == "on_duplicate_key_ignore" && value.Is("true", "false", "nil"):
		return nil // DO NOTHING whatever the conflict
	case !ok || option == "on_duplicate_key_update" || slices.ContainsFunc(names, func(s string) bool { w := found.WordsOf(s); return len(w) != 1 || w[0] != s }):
		return []contract.Arbiter{{Any: true}}
	case option == "constraint_name" && len(names) == 1:
		return []contract.Arbiter{{Name: names[0]}}
	case option == "unique_by" && len(names) == 1:
		list = []contract.Arbiter{{Name: names[0]}}
	}
	return append(list, contract.Arbiter{Columns: names, Partial: true})
}

// upserts notes those of a file.
func (a *app) upserts(f *File, to *found.Findings) {
	for _, u := range f.upserts {
		if base := a.base(u.q); base.Name != "" {
			to.Use(base, contract.Use{Origin: contract.SQL, At: u.q.at, Arbiters: u.arbiters})
			continue
		}
		for _, arbiter := range u.arbiters {
			to.Upsert(contract.Upsert{Arbiter: arbiter, Why: "rows of a table that is not known are inserted ON CONFLICT", At: u.q.at})
		}
	}
}
