package javascript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// builderMethods take names of columns, and SQL: of Knex's query builder. Those of
// TypeORM have a number: so many of what they are given may be names that TypeORM
// does not look for among an entity's properties.
var builderMethods = func() map[string]int {
	methods := map[string]int{"select": 1, "addSelect": 1, "distinctOn": 1, "where": 1, "andWhere": 1, "orWhere": 1, "having": 1, "andHaving": 1, "orHaving": 1,
		"orderBy": 1, "addOrderBy": 1, "groupBy": 1, "addGroupBy": 1, "returning": 1, "onConflict": 1, "orUpdate": 2,
		"leftJoin": 3, "innerJoin": 3, "leftJoinAndSelect": 3, "innerJoinAndSelect": 3, "leftJoinAndMapOne": 4, "leftJoinAndMapMany": 4, "innerJoinAndMapOne": 4, "innerJoinAndMapMany": 4}
	for _, name := range strings.Fields(`distinct column columns first pluck whereNot orWhereNot whereIn orWhereIn whereNotIn whereNull orWhereNull whereNotNull
		orWhereNotNull whereBetween whereNotBetween whereLike whereILike whereJsonPath whereColumn havingIn rightJoin fullOuterJoin outerJoin crossJoin join leftOuterJoin
		on andOn orOn insert update upsert from into table merge increment decrement min max sum avg count countDistinct sumDistinct avgDistinct batchInsert using`) {
		methods[name] = 0
	}
	return methods
}()

// built is a call of a query builder: the names it gives, and whether there are
// others; entity says whether there are that TypeORM takes.
type built struct {
	words           []string
	at              contract.Evidence
	unknown, entity bool
	// seen are the constants that were followed: they may lead in a circle.
	seen map[string]bool
}

// builder notes a call of a query builder, if it may be one.
func (r *reader) builder(n *syntax.Node, arguments []*syntax.Node, names int) {
	b := built{at: r.at(n)}
	for i, argument := range arguments {
		one := built{seen: make(map[string]bool)}
		r.given(argument, &one, 0)
		b.words = append(b.words, one.words...)
		b.unknown = b.unknown || one.unknown
		b.entity = b.entity || one.unknown && i < names && !isClass(r.text(bare(argument)))
	}
	if len(b.words) > 0 || b.unknown {
		r.builders = append(r.builders, b)
	}
}

// given reads what a builder is given: texts, keys of objects, lists of both.
// Functions are walked by themselves.
func (r *reader) given(n *syntax.Node, b *built, depth int) {
	n = bare(n)
	if t, ok := textOf(n, r.src); ok {
		b.unknown = b.unknown || strings.Contains(t, sqltext.Hole)
		b.words = append(b.words, found.WordsOf(strings.ReplaceAll(t, sqltext.Hole, " "))...)
		return
	}
	switch {
	case depth > 20:
		b.unknown = true
	case n.Is("number", "true", "false", "null", "undefined", "arrow_function", "function_expression", "regex", "comment", "template_string"):
	case n.Is("array"):
		for _, child := range n.Children {
			r.given(child, b, depth+1)
		}
	case n.Is("object"):
		for _, child := range n.Children {
			switch child.Kind {
			case "pair":
				if child.Child("key").Is("computed_property_name") {
					b.unknown = true
				}
				b.words = append(b.words, found.WordsOf(r.key(child.Child("key")))...)
				// A value may be the name of a column, as in { alias: "name" }.
				if t, ok := textOf(child.Child("value"), r.src); ok {
					b.words = append(b.words, found.WordsOf(t)...)
				}
			case "shorthand_property_identifier":
				b.words = append(b.words, r.text(child))
			case "spread_element":
				b.unknown = true
			}
		}
	case n.Is("call_expression") && tagged(n):
	case n.Is("call_expression") && slices.Contains(rawMethods, r.callee(n, "")):
	case n.Is("identifier") && r.consts[r.text(n)] != nil && !bare(r.consts[r.text(n)]).Is("identifier"):
		if name := r.text(n); !b.seen[name] {
			b.seen[name] = true
			r.given(r.consts[name], b, depth+1)
		}
	default:
		b.unknown = true
	}
}

var className = found.Expression(`^(?:new\s+Brackets\(|[A-Z]\w*[a-z]\w*$)`)

// isClass tells an entity, which may be joined, by how people call classes.
func isClass(name string) bool { return className().MatchString(name) }

// builders notes what query builders are given, where a library has such: a name
// of no model's column is one of no telling which table.
func (p *project) builders() {
	_, typeorm := p.used(typeormPackage)
	_, knex := p.used("knex")
	for _, f := range p.files {
		if !typeorm && !knex || p.tree.quiet(f) {
			continue
		}
		unknown := 0
		var first contract.Evidence
		for _, b := range f.builders {
			p.to.Queried(b.at, b.words...)
			if b.entity || knex && b.unknown {
				if unknown++; unknown == 1 {
					first = b.at
				}
			}
		}
		gap := contract.Gap{Reach: contract.Anything, At: first,
			Why: fmt.Sprintf("%d calls of a query builder in this file take names, or objects with names, from a variable", unknown)}
		switch {
		case unknown > 0 && knex:
			p.to.Blind(gap) // an object's names may come from a request
		case unknown > 0:
			p.to.Gap(gap)
		}
	}
}
