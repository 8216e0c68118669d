package ddl

import (
	"errors"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Analysable is what a server can be made to analyse of one statement without
// running it: of PREPARE and COPY the query in it; for COPY, TRUNCATE and LOCK of
// relations, which are analysed when they run, a query that fails where these
// would, as there is no such relation or column, or, but for LOCK, no table. Any
// other statement is written anew: INTERVAL $1, as pg_stat_statements prints it, is no SQL
// and becomes a cast. Errors are as Deparse's.
func Analysable(sql string) (string, error) {
	tree, err := parseTree(sql)
	if err != nil {
		return "", err
	}
	if len(tree.GetStmts()) != 1 {
		return "", errors.New("not one statement")
	}
	raw := tree.GetStmts()[0]
	switch s := raw.GetStmt().GetNode().(type) {
	case *pg.Node_PrepareStmt:
		raw.Stmt = s.PrepareStmt.GetQuery()
	case *pg.Node_CopyStmt:
		if s.CopyStmt.GetQuery() == nil {
			return fromTables(stringsOf(s.CopyStmt.GetAttlist()), rangeName(s.CopyStmt.GetRelation())), nil
		}
		raw.Stmt = s.CopyStmt.GetQuery()
	case *pg.Node_TruncateStmt:
		return fromTables(nil, rangeNames(s.TruncateStmt.GetRelations())...), nil
	case *pg.Node_LockStmt:
		return "SELECT FROM " + joined(rangeNames(s.LockStmt.GetRelations()), ""), nil
	}
	raw.StmtLen = 0
	eachMessage(tree.ProtoReflect(), callExtract)
	return writeBack(tree)
}

// fromTables is a query that is only taken where all of the relations are tables: of
// views there is no sample (transformRangeTableSample,
// src/backend/parser/parse_clause.c).
func fromTables(columns []string, names ...Name) string {
	for i, c := range columns {
		columns[i] = Quote(c)
	}
	return strings.TrimSuffix("SELECT "+strings.Join(columns, ", "), " ") + " FROM " + joined(names, " TABLESAMPLE pg_catalog.system (0)")
}

// joined are names in a list, each with what follows it.
func joined(names []Name, after string) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = n.String() + after
	}
	return strings.Join(texts, ", ")
}

// callExtract writes extract(year FROM t) as a call of its function, because
// extract($1 FROM t) is no SQL.
func callExtract(m protoreflect.Message) {
	call, ok := m.Interface().(*pg.FuncCall)
	if !ok || call.GetFuncformat() != pg.CoercionForm_COERCE_SQL_SYNTAX {
		return
	}
	if name := stringsOf(call.GetFuncname()); len(name) == 2 && name[1] == "extract" {
		call.Funcformat = pg.CoercionForm_COERCE_EXPLICIT_CALL
	}
}
