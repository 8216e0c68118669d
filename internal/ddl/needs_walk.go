package ddl

import (
	"cmp"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// needWalker walks the trees of queries and gathers what they need.
type needWalker struct {
	needs    map[Name]*Need
	aliases  []string
	loose    []string
	outside  []Name
	opaque   bool
	prepares bool
	exists   bool // inside of EXISTS, which returns no columns
}

func (w *needWalker) need(name Name) *Need {
	if w.needs[name] == nil {
		w.needs[name] = &Need{Relation: name}
	}
	return w.needs[name]
}

func (w *needWalker) uses() Uses {
	u := Uses{Opaque: w.opaque, Prepares: w.prepares, Aliases: w.aliases, Outside: w.outside, Loose: w.loose}
	for _, n := range w.needs {
		for _, set := range []*ColumnSet{&n.Reads, &n.Updates, &n.Inserts} {
			slices.Sort(set.Names)
		}
		u.Needs = append(u.Needs, *n)
	}
	slices.SortFunc(u.Needs, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Relation.Schema, b.Relation.Schema), cmp.Compare(a.Relation.Name, b.Relation.Name))
	})
	return u
}

// node walks what stands below a node of an expression or a query.
func (w *needWalker) node(n *pg.Node, scope *needScope) {
	if n != nil {
		w.message(n.ProtoReflect(), scope)
	}
}

func (w *needWalker) nodes(list []*pg.Node, scope *needScope) {
	for _, n := range list {
		w.node(n, scope)
	}
}

// message walks any message. Queries open a scope of their own; a column, a
// star and a relation are noted; the rest is only gone through.
func (w *needWalker) message(m protoreflect.Message, scope *needScope) {
	switch n := m.Interface().(type) {
	case *pg.SelectStmt:
		scope = w.open(scope, n.GetWithClause(), n.GetFromClause())
		if groupsByKey(n) {
			w.onTable(grouped(n, scope.relations), "GROUP BY the primary key")
		}
	case *pg.SubLink:
		if n.GetSubLinkType() == pg.SubLinkType_EXISTS_SUBLINK && !w.exists {
			w.exists = true
			defer func() { w.exists = false }()
		}
	case *pg.InsertStmt:
		w.insert(n, scope)
		return
	case *pg.UpdateStmt:
		w.update(n, scope)
		return
	case *pg.DeleteStmt:
		w.delete(n, scope)
		return
	case *pg.MergeStmt:
		w.merge(n, scope)
		return
	case *pg.ColumnRef:
		w.column(n, scope)
		return
	case *pg.RangeSubselect:
		// Only a LATERAL subquery sees its neighbours.
		if !n.GetLateral() && scope != nil {
			scope = &needScope{outer: scope.outer, ctes: scope.ctes}
		}
	case *pg.RangeVar, *pg.WithClause:
		return // the query that has it saw to it
	case *pg.JoinExpr:
		w.join(n, scope)
	}
	w.inside(m, scope)
}

// inside walks all that is right under a message.
func (w *needWalker) inside(m protoreflect.Message, scope *needScope) {
	below(m, func(n protoreflect.Message) { w.message(n, scope) })
}

// join notes the columns that a join names without a qualifier.
func (w *needWalker) join(n *pg.JoinExpr, scope *needScope) {
	for _, name := range stringsOf(n.GetUsingClause()) {
		w.unqualified(name, scope)
	}
	if n.GetIsNatural() {
		w.star(scope)
	}
}

// everything notes each relation below as used with all its columns, for
// statements that are not understood further.
func (w *needWalker) everything(m protoreflect.Message) {
	if r, ok := m.Interface().(*pg.RangeVar); ok {
		need := w.need(rangeName(r))
		need.Adds = true
		need.Reads.All, need.Updates.All, need.Inserts.All = true, true, true
		return
	}
	below(m, w.everything)
}
