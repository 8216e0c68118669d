package ddl

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// insert notes INSERT: the columns it fills, those of its conflict clause and
// of RETURNING, and the query the rows come from.
func (w *needWalker) insert(n *pg.InsertStmt, outer *needScope) {
	// The rows' query sees the CTEs of the statement and not its table.
	source := w.open(outer, n.GetWithClause(), nil)
	w.node(n.GetSelectStmt(), source)

	scope := &needScope{outer: outer, ctes: source.ctes}
	// EXCLUDED is the row that was to be inserted.
	name := w.target(n.GetRelation(), scope)
	scope.relations = append(scope.relations, needRange{"excluded", name})
	need := w.need(name)
	need.Adds = true
	values := n.GetSelectStmt() != nil
	need.Inserts.All = need.Inserts.All || values && len(n.GetCols()) == 0
	for _, column := range n.GetCols() {
		need.Inserts.add(column.GetResTarget().GetName())
	}
	if conflict := n.GetOnConflictClause(); conflict != nil {
		w.arbiter(need, conflict.GetInfer())
		w.assign(need, conflict.GetTargetList())
		w.message(conflict.ProtoReflect(), scope)
	}
	if n.GetOverride() == pg.OverridingKind_OVERRIDING_USER_VALUE && need.OnTable == "" {
		need.OnTable = "OVERRIDING USER VALUE" // what it sets aside is an identity column's value
	}
	w.nodes(n.GetReturningList(), scope)
}

// arbiter notes the target of an ON CONFLICT clause, nil for one without.
func (w *needWalker) arbiter(need *Need, target *pg.InferClause) {
	if target == nil {
		return
	}
	a := Arbiter{Name: target.GetConname(), Partial: target.GetWhereClause() != nil}
	for _, element := range target.GetIndexElems() {
		if column := element.GetIndexElem().GetName(); column != "" {
			need.Reads.add(column)
			a.Columns = append(a.Columns, column)
		} else {
			a.Expressions = true
		}
	}
	slices.Sort(a.Columns)
	if a.Name != "" {
		need.OnTable = "ON CONFLICT ON CONSTRAINT"
	}
	need.Arbiters = append(need.Arbiters, a)
}

func (w *needWalker) update(n *pg.UpdateStmt, outer *needScope) {
	scope := w.open(outer, n.GetWithClause(), n.GetFromClause())
	w.assign(w.need(w.target(n.GetRelation(), scope)), n.GetTargetList())
	w.inside(n.ProtoReflect(), scope)
}

func (w *needWalker) delete(n *pg.DeleteStmt, outer *needScope) {
	scope := w.open(outer, n.GetWithClause(), n.GetUsingClause())
	w.target(n.GetRelation(), scope)
	w.inside(n.ProtoReflect(), scope)
}

func (w *needWalker) merge(n *pg.MergeStmt, outer *needScope) {
	scope := w.open(outer, n.GetWithClause(), []*pg.Node{n.GetSourceRelation()})
	need := w.need(w.target(n.GetRelation(), scope))
	need.OnTable = "MERGE" // a view's from PostgreSQL 17 on
	for _, clause := range n.GetMergeWhenClauses() {
		when := clause.GetMergeWhenClause()
		switch when.GetCommandType() {
		case pg.CmdType_CMD_UPDATE:
			w.assign(need, when.GetTargetList())
		case pg.CmdType_CMD_INSERT:
			need.Adds = true
			need.Inserts.All = need.Inserts.All || len(when.GetTargetList()) == 0 && len(when.GetValues()) > 0
			for _, column := range when.GetTargetList() {
				need.Inserts.add(column.GetResTarget().GetName())
			}
		}
	}
	w.inside(n.ProtoReflect(), scope)
}

// target enters the table that is written; a CTE cannot be meant.
func (w *needWalker) target(r *pg.RangeVar, scope *needScope) Name {
	ctes := scope.ctes
	scope.ctes = nil
	name := w.rangeVar(r, scope)
	scope.ctes = ctes
	return name
}

// assign notes the columns on the left of SET.
func (w *needWalker) assign(need *Need, targets []*pg.Node) {
	for _, target := range targets {
		if name := target.GetResTarget().GetName(); name != "" {
			need.Updates.add(name)
		}
	}
}
