package ddl

import (
	"errors"
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Uses is what statements need of the schema to run.
type Uses struct {
	// Needs has one entry for each relation, in order of the names. Names of
	// CTEs and of subqueries are not among them.
	Needs []Need
	// Opaque is set if the text runs code that is not in it: DO, CALL and
	// EXECUTE. What that needs is not among the needs.
	Opaque bool
	// Prepares says that PREPARE is among the statements.
	Prepares bool
	// Aliases are the names the text gives to relations and subqueries.
	Aliases []string
	// Outside are relations of Needs that only a qualifier of a column names: in a
	// part of a statement, what another part calls so.
	Outside []Name
	// Loose are unqualified names that no relation of the text can have.
	Loose []string
}

// Need is what a text needs of one relation.
//
// A column without a qualifier is counted for every relation that could have it:
// which of them does only the catalog knows. A qualifier that names nothing in
// the text is taken for a relation's own name, so that parts of statements can
// be read inside a made-up one.
type Need struct {
	Relation Name
	Reads    ColumnSet
	Updates  ColumnSet
	// Adds says that rows are inserted, and Inserts with which columns.
	Adds    bool
	Inserts ColumnSet
	// Arbiters are what ON CONFLICT finds an index by; DO NOTHING without a target
	// needs none.
	Arbiters []Arbiter
	// Star says that the text asks for every column by *, as SELECT * or RETURNING
	// *, so that what it returns changes with the relation.
	Star bool
	// OnTable is what the text does that works on a table and not on a view that
	// shows it, as "COPY"; see shim.TableView.Limits. "CREATE" makes a relation, and
	// "OVERRIDING USER VALUE" works on a view if its column is the identity itself.
	OnTable string
}

// Arbiter is the target of an ON CONFLICT clause: the name of a constraint, or
// columns, sorted, in which order they stand does not matter. Expressions are there
// beside them, and Partial says that there is a predicate.
type Arbiter struct {
	Name                 string
	Columns              []string
	Expressions, Partial bool
}

// ColumnSet is a set of columns, or all of them: SELECT *, a reference to a
// whole row, INSERT without a list.
type ColumnSet struct {
	All   bool
	Names []string
}

func (c *ColumnSet) add(name string) {
	if !slices.Contains(c.Names, name) {
		c.Names = append(c.Names, name)
	}
}

// NeedsOf lists what the statements of a text need of relations. A text of which
// any statement does not parse is an error, a *SyntaxError, and nothing else:
// half an answer would hide the other half.
//
// Statements that are not queries, as DDL, need every column of each relation
// they name: what they do to it is not looked at here.
func NeedsOf(sql string) (Uses, error) {
	if err := checkText(sql); err != nil {
		return Uses{}, err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return Uses{}, syntaxError(sql, 0, err)
	}
	w := &needWalker{needs: make(map[Name]*Need)}
	for _, raw := range tree.GetStmts() {
		if raw.GetStmt() == nil {
			return Uses{}, errors.New("statement is empty")
		}
		w.statement(raw.GetStmt())
	}
	return w.uses(), nil
}

// Part is one statement of a text, with what it needs: see NeedsOf. Err is set if the
// grammar refuses it, and Uses, Class, Tag and Calls say nothing then.
type Part struct {
	Text  string
	Span  Span
	Class Class
	Tag   string
	Uses  Uses
	// Calls says that it calls a function.
	Calls bool
	Err   error
}

// Parts lists the statements of a text, as Parse splits it, with what each needs. It
// parses each once, where Parse and NeedsOf together do so twice.
func Parts(sql string) []Part {
	var list []Part
	for p := range parts(sql) {
		made := Part{Text: sql[p.span.Start:p.span.End], Span: p.span, Class: Unparsed}
		if p.err != nil {
			made.Err = p.err
		} else {
			w := &needWalker{needs: make(map[Name]*Need)}
			w.statement(p.node)
			k := classify(p.node)
			made.Class, made.Tag, made.Uses = k.class, k.tag, w.uses()
			text := made.Text
			if p.plain != "" {
				text = p.plain
			}
			made.Calls = p.calls && len(calledFunctions(text, p.node)) > 0
		}
		list = append(list, made)
	}
	return list
}

// statement reads one statement at the top. Queries are walked with the names
// that are in scope; everything else counts with all it names.
func (w *needWalker) statement(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_SelectStmt, *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt:
		w.node(n, nil)
	case *pg.Node_ExplainStmt:
		w.statement(s.ExplainStmt.GetQuery())
	case *pg.Node_PrepareStmt:
		w.prepares = true
		w.statement(s.PrepareStmt.GetQuery())
	case *pg.Node_DeclareCursorStmt:
		w.statement(s.DeclareCursorStmt.GetQuery())
	case *pg.Node_CopyStmt:
		w.copy(s.CopyStmt)
	case *pg.Node_DoStmt, *pg.Node_CallStmt, *pg.Node_ExecuteStmt:
		w.opaque = true
		w.everything(n.ProtoReflect())
	case *pg.Node_LockStmt:
		for _, relation := range s.LockStmt.GetRelations() {
			w.need(rangeName(relation.GetRangeVar()))
		}
	case *pg.Node_TruncateStmt:
		for _, relation := range s.TruncateStmt.GetRelations() {
			need := w.need(rangeName(relation.GetRangeVar()))
			need.OnTable = "TRUNCATE"
			need.only(relation.GetRangeVar())
		}
	case *pg.Node_CreateStmt, *pg.Node_CreateTableAsStmt, *pg.Node_ViewStmt, *pg.Node_CreateSeqStmt:
		w.everything(n.ProtoReflect())
		for _, need := range w.needs {
			need.OnTable = "CREATE"
		}
	default:
		w.everything(n.ProtoReflect())
	}
}

func (w *needWalker) copy(s *pg.CopyStmt) {
	if s.GetQuery() != nil {
		w.statement(s.GetQuery())
		return
	}
	need := w.need(rangeName(s.GetRelation()))
	need.OnTable = "COPY"
	columns := &need.Reads
	if s.GetIsFrom() {
		need.Adds = true
		columns = &need.Inserts
	}
	columns.All = columns.All || len(s.GetAttlist()) == 0
	for _, name := range stringsOf(s.GetAttlist()) {
		columns.add(name)
	}
	w.node(s.GetWhereClause(), &needScope{relations: []needRange{{alias: s.GetRelation().GetRelname(), name: need.Relation}}})
}
