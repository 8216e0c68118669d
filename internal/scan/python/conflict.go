package python

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A Conflict is a call of SQLAlchemy's that inserts ON CONFLICT.
type Conflict struct {
	At contract.Evidence
	// Arbiter is what texts say of the index. Elements are its other columns, as the
	// code names them: Account.id, accounts.c.id.
	Arbiter  contract.Arbiter
	Elements []string
	// Table is the model or the table as the code names it, empty if that is not known.
	Table string
}

// unread is the index where nobody knows the models.
func (c Conflict) unread() contract.Arbiter {
	if len(c.Elements) > 0 {
		return contract.Arbiter{Any: true}
	}
	return c.Arbiter
}

// target reads the options of on_conflict_do_update; needs says that there is a target.
func (r *reader) target(options map[string]*syntax.Node) (c Conflict, needs bool) {
	any := Conflict{Arbiter: contract.Arbiter{Any: true}}
	if constraint := options["constraint"]; constraint != nil && !constraint.Is("none") {
		if name, ok := r.plain(constraint); ok {
			return Conflict{Arbiter: contract.Arbiter{Name: name}}, true
		}
		return any, true
	}
	elements := options["index_elements"]
	if elements == nil || elements.Is("none") {
		return any, options["index_where"] != nil
	}
	c.Arbiter.Partial = options["index_where"] != nil
	for _, element := range elements.Children {
		if name, ok := r.plain(element); ok {
			c.Arbiter.Columns = append(c.Arbiter.Columns, name)
		} else if element.Is("attribute") && r.means(element) {
			c.Elements = append(c.Elements, r.Text(element))
		} else if !element.Is("comment") {
			return any, true
		}
	}
	if !elements.Is("list", "tuple") || c.Arbiter.Columns == nil && c.Elements == nil {
		return any, true
	}
	return c, true
}

// conflictMethods are those of SQLAlchemy's INSERT.
var conflictMethods = []string{"on_conflict_do_update", "on_conflict_do_nothing"}

// conflictGiven notes such a method that is no call's: it may be called elsewhere.
func (r *reader) conflictGiven(n *syntax.Node) {
	name, ok := "", false
	if n.Is("attribute") {
		name, ok = r.Text(n.Child("attribute")), !r.called[n]
	} else {
		name, ok = TextOf(n, r.Src)
	}
	if ok && slices.Contains(conflictMethods, name) {
		r.upserts = append(r.upserts, contract.Upsert{Arbiter: contract.Arbiter{Any: true}, Why: "a method that inserts ON CONFLICT is given away", At: r.At(n)})
	}
}

// means tells whether what an expression begins with means the same in all of the file:
// a class or a table of its top, or an import, and nothing that a function sets.
func (r *reader) means(n *syntax.Node) bool {
	for n.Is("attribute") {
		n = n.Child("object")
	}
	name := r.Text(n)
	for _, inner := range r.scopes[1:] {
		if _, sets := inner[name]; sets {
			return false
		}
	}
	_, imports := r.Imports[name]
	values := r.scopes[0][name]
	return n.Is("identifier") && !r.doubt[name] && (imports && len(values) == 0 || !imports && len(values) == 1)
}

// inserted is what a statement inserts into, Account of insert(Account).values(…); empty
// if that is not known.
func (r *reader) inserted(n *syntax.Node) string {
	tables, ok := r.insertsInto(n, nil)
	if !ok || len(tables) == 0 || slices.ContainsFunc(tables, func(name string) bool { return name != tables[0] }) {
		return ""
	}
	return tables[0]
}

// insertsInto lists what an expression may insert into, through the names it is given.
func (r *reader) insertsInto(n *syntax.Node, seen []string) (tables []string, ok bool) {
	switch {
	case n.Is("parenthesized_expression") && len(n.Children) == 1:
		return r.insertsInto(n.Children[0], seen)
	case n.Is("identifier"):
		name := r.Text(n)
		if slices.Contains(seen, name) {
			return nil, true // stmt = stmt.values(…): the others tell
		}
		values, ok := r.values(name)
		for _, value := range values {
			of, known := r.insertsInto(value, append(seen, name))
			tables, ok = append(tables, of...), ok && known
		}
		return tables, ok
	case !n.Is("call"):
		return nil, false
	}
	function, arguments := n.Child("function"), n.Child("arguments")
	name, object := r.original(r.Text(function)), function.Child("object")
	if function.Is("attribute") {
		name = r.Text(function.Child("attribute"))
	}
	switch {
	case name != "insert" && object != nil && goesOn[name]:
		return r.insertsInto(object, seen)
	case name != "insert" || arguments == nil:
		return nil, false
	case len(arguments.Children) > 0:
		object = arguments.Children[0]
	}
	if !object.Is("identifier", "attribute") || !r.means(object) {
		return nil, false
	}
	return []string{strings.TrimSuffix(r.Text(object), ".__table__")}, true
}

// bulk reads Django's bulk_create with update_conflicts, which names fields of the model
// whose manager it is called of.
func (r *reader) bulk(n, unique *syntax.Node, unknown bool) Conflict {
	c := Conflict{At: r.At(n)}
	if unique.Is("list", "tuple") && !unknown {
		for _, field := range unique.Children {
			name, ok := r.plain(field)
			if !ok && !field.Is("comment") {
				c.Elements = nil
				break
			}
			c.Elements = append(c.Elements, name)
		}
	}
	c.Arbiter.Any = len(c.Elements) == 0
	manager := n.Child("function").Child("object")
	model := manager.Child("object")
	if manager.Is("attribute") && slices.Contains(managers, r.Text(manager.Child("attribute"))) && r.means(model) {
		c.Table = r.Text(model)
	}
	return c
}

// managers are those that Django gives to each model.
var managers = []string{"objects", "_default_manager", "_base_manager"}
