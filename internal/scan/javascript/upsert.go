package javascript

import (
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// upsertMethods insert ON CONFLICT: upsert of Sequelize, TypeORM and Prisma, orUpdate of
// TypeORM's query builder, the others of Drizzle's. Sequelize's bulkCreate does where it
// is told what to update.
var upsertMethods = []string{"upsert", "onConflictDoUpdate", "onConflictDoNothing", "orUpdate", "bulkCreate"}

// upsertNames are those by which the methods, given away, may be called elsewhere.
var upsertNames = []string{"upsert", "onConflict", "onConflictDoUpdate", "onConflictDoNothing", "orUpdate"}

// updates is the option that has Sequelize's inserts update.
const updates = "updateOnDuplicate"

const whyUpsert = "rows are inserted ON CONFLICT"

// conflict is a call of upsertMethods. What it needs the models tell.
type conflict struct {
	name string
	call *syntax.Node
	at   contract.Evidence
}

// upsert keeps a call that may insert ON CONFLICT, but for Knex's: see arbiters.
func (r *reader) upsert(n *syntax.Node, name string, arguments []*syntax.Node) {
	if !slices.Contains(upsertMethods, name) {
		return
	}
	if name == "bulkCreate" {
		if len(arguments) < 2 {
			return
		}
		options := value{r.File, bare(arguments[1])}
		update, all := options.property(updates)
		if options.node.Is("object") && all && update == nil {
			return
		}
		r.updating[options.node] = true
	}
	r.conflicts = append(r.conflicts, conflict{name, n, r.at(n)})
}

// mayUpsert notes what may lead to an upsert in a way that is not read.
func (r *reader) mayUpsert(n *syntax.Node, why string) {
	r.upserts = append(r.upserts, contract.Upsert{Arbiter: contract.Arbiter{Any: true}, Why: why, At: r.at(n)})
}

// upsertGiven notes that a method which inserts ON CONFLICT is no call's, or that its options
// are not: from there they may come to any.
func (r *reader) upsertGiven(n *syntax.Node) {
	switch n.Kind {
	case "member_expression":
		if name := r.text(n.Child("property")); slices.Contains(upsertNames, name) && !r.called[n] {
			r.mayUpsert(n, "a method that inserts ON CONFLICT is given away")
		}
	case "pair_pattern":
		if key := r.text(n.Child("key")); slices.Contains(upsertNames, key) && key != r.text(n.Child("value")) {
			r.mayUpsert(n, "a method that inserts ON CONFLICT gets another name")
		}
	case "string":
		if t, ok := textOf(n, r.src); ok && slices.Contains(upsertNames, t) {
			r.mayUpsert(n, "the word "+t+" may be the name of a method that is called")
		}
	case "object":
		if given, _ := (value{r.File, n}).property(updates); given != nil && !r.updating[n] {
			r.mayUpsert(n, "rows may be inserted with "+updates)
		}
	case "assignment_expression":
		left := bare(n.Child("left"))
		r.called[left] = true // it is a method that the source has
		if left.Is("member_expression", "subscript_expression") && strings.Contains(r.text(left), updates) {
			r.mayUpsert(n, "rows may be inserted with "+updates)
		}
	}
}

// clause is what stands behind ON CONFLICT.
var clause = found.Expression(`(?is)^\s*(?:\(|on\s+constraint\s).*\bdo\s+(?:update|nothing)\b`)

// lower are names that no mapping of cases changes.
var lower = found.Expression(`^[a-z_][a-z0-9_]*$`)

// arbiters is what Knex's onConflict is given: nothing, a column or a list of them. That
// of TypeORM 0.2 takes what stands behind ON CONFLICT in SQL.
func (r *reader) arbiters(arguments *syntax.Node) []contract.Arbiter {
	if len(arguments.Children) == 0 {
		return nil
	}
	first := bare(arguments.Children[0])
	if t, ok := r.literal(first); ok && clause().MatchString(t) {
		r.fragments = append(r.fragments, sqltext.Literal{Text: "ON CONFLICT " + t, At: r.at(arguments)})
		return nil
	}
	elements := []*syntax.Node{first}
	if first.Is("array") {
		elements = first.Children
	}
	var a contract.Arbiter
	for _, element := range elements {
		name, ok := r.literal(element)
		if !ok || !lower().MatchString(name) {
			return []contract.Arbiter{{Any: true}}
		}
		a.Columns = append(a.Columns, name)
	}
	return []contract.Arbiter{a}
}

// chained notes Knex's upserts of tables that are not known.
func (p *project) chained(c chain) {
	for _, a := range c.arbiters {
		p.to.Upsert(contract.Upsert{Arbiter: a, Why: whyUpsert, At: c.at})
	}
}
