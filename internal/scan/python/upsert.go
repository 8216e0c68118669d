package python

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// WhyUpsert is the reason of an upsert into a table that is not known.
const WhyUpsert = "rows are inserted ON CONFLICT"

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
		if update := options["update_conflicts"]; unknown || positional > 3 || update != nil && !update.Is("false") {
			r.Bulk = append(r.Bulk, r.bulk(n, options["unique_fields"], unknown || positional > 3))
		}
	case slices.Contains(conflictMethods, name):
		c, needs := r.target(options)
		switch {
		case unknown || positional > 0 || !needs && name == "on_conflict_do_update":
			c = Conflict{Arbiter: contract.Arbiter{Any: true}}
		case !needs:
			return
		}
		c.At, c.Table = r.At(n), r.inserted(n.Child("function").Child("object"))
		r.Conflicts = append(r.Conflicts, c)
	case options["update_conflicts"] != nil: // partial(Account.objects.bulk_create, update_conflicts=True)
		arbiters = any
	}
	for _, a := range arbiters {
		r.upserts = append(r.upserts, contract.Upsert{Arbiter: a, Why: WhyUpsert, At: r.At(n)})
	}
}

// plain is a text that is one word.
func (r *reader) plain(n *syntax.Node) (string, bool) {
	t, ok := TextOf(n, r.Src)
	return t, ok && oneWord().MatchString(t)
}
