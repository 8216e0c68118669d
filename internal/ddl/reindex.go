package ddl

import (
	"errors"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// errNoReindex is for a text that is not one REINDEX of an index or a table.
var errNoReindex = errors.New("not one REINDEX of an index or a table")

// errMovesIndex is for a REINDEX that moves what it rebuilds.
var errMovesIndex = errors.New("it moves indexes to another tablespace")

// WriteReindex writes a REINDEX of an index or a table with CONCURRENTLY, of what
// has that name. The error is ErrUnfaithful where the result would not mean the
// same.
func WriteReindex(sql string, of Name) (string, error) {
	if err := checkText(sql); err != nil {
		return "", err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return "", syntaxError(sql, 0, err)
	}
	if len(tree.GetStmts()) != 1 || tree.GetStmts()[0].GetStmt().GetReindexStmt().GetRelation() == nil {
		return "", errNoReindex
	}
	s := tree.GetStmts()[0].GetStmt().GetReindexStmt()
	if option(s.GetParams(), "tablespace") != nil {
		return "", errMovesIndex
	}
	params := []*pg.Node{{Node: &pg.Node_DefElem{DefElem: &pg.DefElem{
		Defname: "concurrently", Defaction: pg.DefElemAction_DEFELEM_UNSPEC}}}}
	for _, n := range s.GetParams() {
		if n.GetDefElem().GetDefname() != "concurrently" {
			params = append(params, n)
		}
	}
	s.Params, s.Relation.Schemaname, s.Relation.Relname = params, of.Schema, of.Name
	return writeBack(tree)
}
