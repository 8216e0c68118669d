package ddl

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// systemColumns are those that a table has besides its own (manual, "System
// Columns").
var systemColumns = []string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}

// named are the needs of the entries that are relations.
func (w *needWalker) named(entries []needRange) (needs []*Need) {
	for _, r := range entries {
		if r.name.Name != "" {
			needs = append(needs, w.need(r.name))
		}
	}
	return needs
}

// onTable notes what a view of the relations could not do.
func (w *needWalker) onTable(entries []needRange, what string) {
	for _, n := range w.named(entries) {
		n.onTable(what)
	}
}

// only notes that the text means a table without its partitions, beside what else it does
// with it.
func (n *Need) only(r *pg.RangeVar) {
	if r.GetInh() || strings.HasPrefix(n.OnTable, "ONLY") {
		return
	}
	what := n.OnTable
	n.OnTable = "ONLY"
	if what != "" {
		n.onTable(what)
	}
}

// onTable notes what a view of the relation could not do.
func (n *Need) onTable(what string) {
	if strings.HasPrefix(n.OnTable, "ONLY") {
		what = "ONLY, " + what
	}
	n.OnTable = what
}

// aggregates are functions under which a column need not be grouped by.
var aggregates = []string{"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
	"bool_and", "bool_or", "every", "bit_and", "bit_or", "stddev", "variance", "percentile_cont", "percentile_disc", "mode"}

// groupsByKey tells a query that returns, sorts or chooses by a column which it does not
// group by, as PostgreSQL lets it where it groups by a table's primary key. A view
// has none (42803). An aggregate of the application's own is taken for a function.
func groupsByKey(n *pg.SelectStmt) bool {
	if len(n.GetGroupClause()) == 0 {
		return false
	}
	grouped := map[string]bool{}
	for _, g := range n.GetGroupClause() {
		if place := int(g.GetAConst().GetIval().GetIval()); place > 0 && place <= len(n.GetTargetList()) {
			g = n.GetTargetList()[place-1].GetResTarget().GetVal()
		}
		columnsIn(g.ProtoReflect(), func(name string) { grouped[name] = true })
	}
	other := false
	look := func(name string) { other = other || !grouped[name] }
	for _, target := range n.GetTargetList() {
		if !grouped[target.GetResTarget().GetName()] {
			columnsIn(target.ProtoReflect(), look)
		}
	}
	if having := n.GetHavingClause(); having != nil {
		columnsIn(having.ProtoReflect(), look)
	}
	for _, by := range n.GetSortClause() {
		if name := lastField(by.GetSortBy().GetNode().GetColumnRef()); name == "" || !slices.ContainsFunc(n.GetTargetList(), func(t *pg.Node) bool { return t.GetResTarget().GetName() == name }) {
			columnsIn(by.ProtoReflect(), look)
		}
	}
	return other
}

// grouped are the entries that a query groups by columns of: those it names, and all
// where a column has no qualifier.
func grouped(n *pg.SelectStmt, entries []needRange) (of []needRange) {
	named := map[string]bool{}
	for _, g := range n.GetGroupClause() {
		fields := g.GetColumnRef().GetFields()
		if len(fields) < 2 {
			return entries
		}
		named[fields[len(fields)-2].GetString_().GetSval()] = true
	}
	for _, e := range entries {
		if named[e.alias] {
			of = append(of, e)
		}
	}
	return of
}

// columnsIn calls with the last name of each column below, "" for *, but for those
// under an aggregate.
func columnsIn(m protoreflect.Message, do func(name string)) {
	switch n := m.Interface().(type) {
	case *pg.ColumnRef:
		do(lastField(n))
		return
	case *pg.FuncCall:
		names := stringsOf(n.GetFuncname())
		if slices.Contains(aggregates, names[len(names)-1]) {
			return
		}
	case *pg.SelectStmt:
		return // its own columns
	}
	below(m, func(n protoreflect.Message) { columnsIn(n, do) })
}

// lastField is a column's own name; "" of * and of no column.
func lastField(c *pg.ColumnRef) string {
	fields := c.GetFields()
	if len(fields) == 0 {
		return ""
	}
	return fields[len(fields)-1].GetString_().GetSval()
}
