package ddl

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// needScope is what the names in one query can mean.
type needScope struct {
	outer     *needScope
	relations []needRange
	ctes      []string // visible here, those of outer queries included
}

// needRange is one entry of FROM. A subquery, a function or a CTE has no name:
// what it needs itself is noted where it stands.
type needRange struct {
	alias string
	name  Name
}

// open makes the scope of a query from its WITH and FROM, and walks the former.
func (w *needWalker) open(outer *needScope, with *pg.WithClause, from []*pg.Node) *needScope {
	scope := &needScope{outer: outer}
	if outer != nil {
		scope.ctes = slices.Clone(outer.ctes)
	}
	// A CTE sees those before it, and itself and all with RECURSIVE. To know
	// too many of them would hide a table of the same name.
	for _, n := range with.GetCtes() {
		cte := n.GetCommonTableExpr()
		visible := &needScope{outer: outer, ctes: slices.Clone(scope.ctes)}
		if with.GetRecursive() {
			for _, other := range with.GetCtes() {
				visible.ctes = append(visible.ctes, other.GetCommonTableExpr().GetCtename())
			}
		}
		w.node(cte.GetCtequery(), visible)
		scope.ctes = append(scope.ctes, cte.GetCtename())
	}
	for _, n := range from {
		w.from(n, scope)
	}
	return scope
}

// from notes the relations of a FROM item, through its joins.
func (w *needWalker) from(n *pg.Node, scope *needScope) {
	switch item := n.GetNode().(type) {
	case *pg.Node_JoinExpr:
		w.from(item.JoinExpr.GetLarg(), scope)
		w.from(item.JoinExpr.GetRarg(), scope)
		if alias := item.JoinExpr.GetAlias().GetAliasname(); alias != "" {
			// (a JOIN b) AS j: j.x may be a column of either, which a name
			// that means none of them would hide.
			w.aliases = append(w.aliases, alias)
			for _, r := range slices.Clone(scope.relations) {
				scope.relations = append(scope.relations, needRange{alias, r.name})
			}
		}
	case *pg.Node_RangeVar:
		w.rangeVar(item.RangeVar, scope)
	case *pg.Node_RangeSubselect:
		w.derived(item.RangeSubselect.GetAlias(), scope)
	case *pg.Node_RangeFunction:
		w.derived(item.RangeFunction.GetAlias(), scope)
	case *pg.Node_RangeTableFunc:
		w.derived(item.RangeTableFunc.GetAlias(), scope)
	case *pg.Node_JsonTable:
		w.derived(item.JsonTable.GetAlias(), scope)
	case *pg.Node_RangeTableSample:
		before := len(scope.relations)
		w.from(item.RangeTableSample.GetRelation(), scope)
		w.onTable(scope.relations[before:], "TABLESAMPLE")
	}
}

func (w *needWalker) derived(alias *pg.Alias, scope *needScope) {
	if name := alias.GetAliasname(); name != "" {
		w.aliases = append(w.aliases, name)
		scope.relations = append(scope.relations, needRange{alias: name})
	}
}

func (w *needWalker) rangeVar(r *pg.RangeVar, scope *needScope) Name {
	entry := needRange{alias: r.GetRelname(), name: rangeName(r)}
	if alias := r.GetAlias().GetAliasname(); alias != "" {
		entry.alias = alias
		w.aliases = append(w.aliases, alias)
	}
	if r.GetSchemaname() == "" && slices.Contains(scope.ctes, r.GetRelname()) {
		entry.name = Name{}
	} else {
		w.need(entry.name).only(r)
		// Columns get other names: users AS u(a, b).
		if len(r.GetAlias().GetColnames()) > 0 {
			w.need(entry.name).Reads.All = true
		}
	}
	scope.relations = append(scope.relations, entry)
	return entry.name
}

// column notes a reference to a column, to a whole row or to every column.
func (w *needWalker) column(c *pg.ColumnRef, scope *needScope) {
	var parts []string
	star := false
	for _, field := range c.GetFields() {
		if field.GetAStar() != nil {
			star = true
		} else {
			parts = append(parts, field.GetString_().GetSval())
		}
	}
	switch {
	case star && len(parts) == 0:
		w.star(scope)
		if scope != nil {
			for _, n := range w.named(scope.relations) {
				n.Star = n.Star || !w.exists
			}
		}
	case star:
		for _, n := range w.qualified(parts, scope) {
			n.Reads.All, n.Star = true, n.Star || !w.exists
		}
	case len(parts) == 1:
		w.unqualified(parts[0], scope)
	default:
		last := len(parts) - 1
		for _, n := range w.qualified(parts[:last], scope) {
			n.Reads.add(parts[last])
			if slices.Contains(systemColumns, parts[last]) {
				n.onTable(parts[last])
			}
		}
	}
}

// star notes every column of the innermost query's relations.
func (w *needWalker) star(scope *needScope) {
	if scope == nil {
		return
	}
	for _, n := range w.named(scope.relations) {
		n.Reads.All = true
	}
}

// unqualified notes a name that is a column of any relation in scope, or the
// whole row of the one that is called so.
func (w *needWalker) unqualified(name string, scope *needScope) {
	found := false
	for ; scope != nil; scope = scope.outer {
		for _, r := range scope.relations {
			if r.name.Name == "" {
				continue
			}
			found = true
			w.need(r.name).Reads.add(name)
			switch {
			case r.alias == name:
				w.need(r.name).Reads.All = true
				w.need(r.name).onTable("a row as one value")
			case slices.Contains(systemColumns, name):
				w.need(r.name).onTable(name)
			}
		}
	}
	if !found {
		w.loose = append(w.loose, name)
	}
}

// qualified lists the relations that a qualifier means: what the nearest query
// calls so, else the relation of that name.
func (w *needWalker) qualified(parts []string, scope *needScope) []*Need {
	last := parts[len(parts)-1]
	for ; scope != nil; scope = scope.outer {
		var found []*Need
		known := false
		for _, r := range scope.relations {
			if r.alias == last {
				known = true
				if r.name.Name != "" {
					found = append(found, w.need(r.name))
				}
			}
		}
		if known {
			return found
		}
	}
	name := Name{Name: last}
	if len(parts) > 1 {
		name.Schema = parts[len(parts)-2]
	}
	if !slices.Contains(w.outside, name) {
		w.outside = append(w.outside, name)
	}
	return []*Need{w.need(name)}
}
