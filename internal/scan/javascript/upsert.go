package javascript

import (
	"regexp"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// upsertMethods are those whose INSERT ... ON CONFLICT has a target that is not
// read: of Sequelize, TypeORM and Prisma, which find it by their models, and of
// Drizzle, which is given properties.
var upsertMethods = []string{"upsert", "onConflictDoUpdate", "orUpdate"}

const whyUpsert = "rows are inserted ON CONFLICT"

// upsert notes a call that inserts ON CONFLICT, but for Knex's: see arbiters.
func (r *reader) upsert(n *syntax.Node, name string, arguments []*syntax.Node) {
	is := slices.Contains(upsertMethods, name)
	switch name {
	case "onConflictDoNothing":
		is = len(arguments) > 0
	case "bulkCreate":
		// Sequelize finds an index only for rows that are to be updated.
		is = len(arguments) > 1 && (!bare(arguments[1]).Is("object") || strings.Contains(r.text(arguments[1]), "updateOnDuplicate") ||
			slices.ContainsFunc(bare(arguments[1]).Children, func(child *syntax.Node) bool { return child.Is("spread_element") }))
	}
	if is {
		r.upserts = append(r.upserts, contract.Upsert{Arbiter: contract.Arbiter{Any: true}, Why: whyUpsert, At: r.at(n)})
	}
}

// lower are names that no mapping of cases changes.
var lower = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// arbiters is what Knex's onConflict is given: nothing, a column or a list of them.
func (r *reader) arbiters(arguments *syntax.Node) []contract.Arbiter {
	if len(arguments.Children) == 0 {
		return nil
	}
	first := bare(arguments.Children[0])
	elements := []*syntax.Node{first}
	if first.Is("array") {
		elements = first.Children
	}
	var a contract.Arbiter
	for _, element := range elements {
		name, ok := r.literal(element)
		if !ok || !lower.MatchString(name) {
			return []contract.Arbiter{{Any: true}}
		}
		a.Columns = append(a.Columns, name)
	}
	return []contract.Arbiter{a}
}

// conflicts notes Knex's upserts of tables that are not known.
func (p *project) conflicts(c chain) {
	for _, a := range c.arbiters {
		p.to.Upsert(contract.Upsert{Arbiter: a, Why: whyUpsert, At: c.at})
	}
}
