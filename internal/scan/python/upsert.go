package python

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// upsertMethods are those of libraries whose INSERT ... ON CONFLICT has a target
// that is not read: django-postgres-extra's and the like.
var upsertMethods = []string{"upsert", "aupsert", "bulk_upsert", "upsert_and_get", "on_conflict", "bulk_update_or_create"}

// upsert reads a call that may insert ON CONFLICT. Which table it is of only the
// model tells.
func (r *reader) upsert(n *syntax.Node, name string, arguments *syntax.Node) {
	positional, options, unknown := 0, make(map[string]*syntax.Node), false
	if arguments != nil {
		for _, argument := range arguments.Children {
			switch argument.Kind {
			case "keyword_argument":
				options[r.Text(argument.Child("name"))] = argument.Child("value")
			case "dictionary_splat", "list_splat":
				unknown = true
			case "comment":
			default:
				positional++
			}
		}
	}
	any := []contract.Arbiter{{Any: true}}
	var arbiters []contract.Arbiter
	switch {
	case slices.Contains(upsertMethods, name):
		arbiters = any
	case name == "bulk_create" || name == "abulk_create":
		// Fields are named, and which columns those have is the model's to say.
		if update := options["update_conflicts"]; unknown || positional > 3 || update != nil && !update.Is("false") {
			arbiters = any
		}
	case name == "on_conflict_do_update" || name == "on_conflict_do_nothing":
		if arbiters = r.arbiters(options); unknown || positional > 0 || arbiters == nil && name == "on_conflict_do_update" {
			arbiters = any
		}
	}
	for _, a := range arbiters {
		r.upserts = append(r.upserts, contract.Upsert{Arbiter: a, Why: "rows are inserted ON CONFLICT", At: r.At(n)})
	}
}

// arbiters reads the options of SQLAlchemy's on_conflict_do_update.
func (r *reader) arbiters(options map[string]*syntax.Node) []contract.Arbiter {
	if constraint := options["constraint"]; constraint != nil && !constraint.Is("none") {
		if name, ok := r.plain(constraint); ok {
			return []contract.Arbiter{{Name: name}}
		}
		return []contract.Arbiter{{Any: true}}
	}
	elements := options["index_elements"]
	if elements == nil {
		return nil
	}
	a := contract.Arbiter{Partial: options["index_where"] != nil}
	for _, element := range elements.Children {
		name, ok := r.plain(element)
		if !ok {
			return []contract.Arbiter{{Any: true}}
		}
		a.Columns = append(a.Columns, name)
	}
	if !elements.Is("list", "tuple") || a.Columns == nil {
		return []contract.Arbiter{{Any: true}}
	}
	return []contract.Arbiter{a}
}

// plain is a text that is one word.
func (r *reader) plain(n *syntax.Node) (string, bool) {
	t, ok := TextOf(n, r.Src)
	return t, ok && oneWord.MatchString(t)
}
