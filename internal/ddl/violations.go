package ddl

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// WriteViolations writes the query whether a row of the table breaks the CHECK
// that an action adds. NULL breaks none. The columns that are to be added have their
// values in it, each an expression with its name, if the table has them not yet.
func (a *Alter) WriteViolations(action int, added ...string) (string, error) {
	def, from, err := a.checked(action)
	if err != nil {
		return "", err
	}
	rows := &pg.Node{Node: &pg.Node_RangeVar{RangeVar: from}}
	if len(added) > 0 {
		if rows, err = withColumns(from, added); err != nil {
			return "", err
		}
	}
	return a.text(query(subLink(pg.SubLinkType_EXISTS_SUBLINK, &pg.SelectStmt{
		FromClause: []*pg.Node{rows}, WhereClause: not(def.GetRawExpr()),
		LimitOption: pg.LimitOption_LIMIT_OPTION_DEFAULT, Op: pg.SetOperation_SETOP_NONE,
	})))
}

// WriteOneViolates writes the query whether one row of the table, any that there is,
// breaks the CHECK that an action adds.
func (a *Alter) WriteOneViolates(action int) (string, error) {
	def, from, err := a.checked(action)
	if err != nil {
		return "", err
	}
	one := subLink(pg.SubLinkType_EXPR_SUBLINK, &pg.SelectStmt{
		TargetList:  []*pg.Node{target(not(def.GetRawExpr()))},
		FromClause:  []*pg.Node{{Node: &pg.Node_RangeVar{RangeVar: from}}},
		LimitCount:  &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Val: &pg.A_Const_Ival{Ival: &pg.Integer{Ival: 1}}}}},
		LimitOption: pg.LimitOption_LIMIT_OPTION_COUNT, Op: pg.SetOperation_SETOP_NONE,
	})
	never := &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Val: &pg.A_Const_Boolval{Boolval: &pg.Boolean{}}}}}
	return a.text(query(&pg.Node{Node: &pg.Node_CoalesceExpr{CoalesceExpr: &pg.CoalesceExpr{Args: []*pg.Node{one, never}}}}))
}

// checked is the CHECK that an action adds, and the table with the rows it is for.
func (a *Alter) checked(action int) (*pg.Constraint, *pg.RangeVar, error) {
	def := a.actions[action].cmd.GetDef().GetConstraint()
	if def.GetRawExpr() == nil {
		return nil, nil, ErrUnfaithful
	}
	from := proto.Clone(a.stmt.GetRelation()).(*pg.RangeVar)
	from.Inh = from.GetInh() && !def.GetIsNoInherit()
	return def, from, nil
}

// withColumns are a table's rows with further columns, under its name.
func withColumns(table *pg.RangeVar, added []string) (*pg.Node, error) {
	sql := fmt.Sprintf("SELECT FROM (SELECT *, %s FROM t) %s", strings.Join(added, ", "), Quote(table.GetRelname()))
	if err := checkText(sql); err != nil {
		return nil, err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return nil, err
	}
	from := tree.GetStmts()[0].GetStmt().GetSelectStmt().GetFromClause()[0]
	from.GetRangeSubselect().GetSubquery().GetSelectStmt().FromClause = []*pg.Node{{Node: &pg.Node_RangeVar{RangeVar: table}}}
	return from, nil
}

func not(expression *pg.Node) *pg.Node {
	return &pg.Node{Node: &pg.Node_BoolExpr{BoolExpr: &pg.BoolExpr{Boolop: pg.BoolExprType_NOT_EXPR, Args: []*pg.Node{expression}}}}
}

func target(value *pg.Node) *pg.Node {
	return &pg.Node{Node: &pg.Node_ResTarget{ResTarget: &pg.ResTarget{Val: value}}}
}

func subLink(kind pg.SubLinkType, rows *pg.SelectStmt) *pg.Node {
	return &pg.Node{Node: &pg.Node_SubLink{SubLink: &pg.SubLink{SubLinkType: kind, Subselect: &pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: rows}}}}}
}

// query asks for one value.
func query(value *pg.Node) *pg.Node {
	return &pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: &pg.SelectStmt{
		TargetList:  []*pg.Node{target(value)},
		LimitOption: pg.LimitOption_LIMIT_OPTION_DEFAULT, Op: pg.SetOperation_SETOP_NONE}}}
}
