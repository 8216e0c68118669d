package ddl

import (
	"reflect"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// classify gives class and tag. A statement type it has never met counts as
// Schema without a tag: an effect is assumed until shown otherwise.
func classify(n *pg.Node) known {
	if k, ok := fixed[reflect.TypeOf(n.GetNode())]; ok {
		return k
	}
	if k, ok := classifyQuery(n); ok {
		return k
	}
	if k, ok := classifySession(n); ok {
		return k
	}
	return known{Schema, schemaTag(n)}
}

func classifyQuery(n *pg.Node) (known, bool) {
	switch s := n.GetNode().(type) {
	case *pg.Node_SelectStmt:
		if intoOf(s.SelectStmt) != nil {
			return known{Schema, "SELECT INTO"}, true
		}
		return known{Query, "SELECT"}, true
	case *pg.Node_ExplainStmt:
		return known{explainClass(s.ExplainStmt), "EXPLAIN"}, true
	case *pg.Node_CreateTableAsStmt:
		k := known{Schema, "CREATE TABLE AS"}
		if s.CreateTableAsStmt.GetObjtype() == pg.ObjectType_OBJECT_MATVIEW {
			k.tag = "CREATE MATERIALIZED VIEW"
		}
		return k, true
	case *pg.Node_FetchStmt:
		if s.FetchStmt.GetIsmove() {
			return known{Query, "MOVE"}, true
		}
		return known{Query, "FETCH"}, true
	case *pg.Node_ClosePortalStmt:
		if s.ClosePortalStmt.GetPortalname() == "" {
			return known{Query, "CLOSE CURSOR ALL"}, true
		}
		return known{Query, "CLOSE CURSOR"}, true
	}
	return known{}, false
}

// explainClass: EXPLAIN plans only, but EXPLAIN ANALYZE runs its statement,
// CREATE TABLE AS and EXECUTE included.
func explainClass(s *pg.ExplainStmt) Class {
	if !isOn(option(s.GetOptions(), "analyze")) {
		return Query
	}
	return classify(s.GetQuery()).class
}

func classifySession(n *pg.Node) (known, bool) {
	switch s := n.GetNode().(type) {
	case *pg.Node_TransactionStmt:
		return known{Transaction, transactionKinds[s.TransactionStmt.GetKind()].tag}, true
	case *pg.Node_VariableSetStmt:
		switch s.VariableSetStmt.GetKind() {
		case pg.VariableSetKind_VAR_RESET, pg.VariableSetKind_VAR_RESET_ALL:
			return known{Session, "RESET"}, true
		}
		return known{Session, "SET"}, true
	case *pg.Node_DeallocateStmt:
		if s.DeallocateStmt.GetName() == "" {
			return known{Session, "DEALLOCATE ALL"}, true
		}
		return known{Session, "DEALLOCATE"}, true
	case *pg.Node_DiscardStmt:
		return known{Session, discardTags[s.DiscardStmt.GetTarget()]}, true
	}
	return known{}, false
}

var discardTags = map[pg.DiscardMode]string{
	pg.DiscardMode_DISCARD_ALL:       "DISCARD ALL",
	pg.DiscardMode_DISCARD_PLANS:     "DISCARD PLANS",
	pg.DiscardMode_DISCARD_SEQUENCES: "DISCARD SEQUENCES",
	pg.DiscardMode_DISCARD_TEMP:      "DISCARD TEMP",
}

// schemaTag gives the tags that depend on the kind of object.
func schemaTag(n *pg.Node) string {
	switch s := n.GetNode().(type) {
	case *pg.Node_AlterTableStmt:
		return alterTag(s.AlterTableStmt.GetObjtype())
	case *pg.Node_AlterTableMoveAllStmt:
		return alterTag(s.AlterTableMoveAllStmt.GetObjtype())
	case *pg.Node_RenameStmt:
		if t := s.RenameStmt.GetRelationType(); isPart(s.RenameStmt.GetRenameType()) {
			return alterTag(t)
		}
		return alterTag(s.RenameStmt.GetRenameType())
	case *pg.Node_AlterObjectSchemaStmt:
		return alterTag(s.AlterObjectSchemaStmt.GetObjectType())
	case *pg.Node_AlterOwnerStmt:
		return alterTag(s.AlterOwnerStmt.GetObjectType())
	case *pg.Node_AlterObjectDependsStmt:
		return alterTag(s.AlterObjectDependsStmt.GetObjectType())
	case *pg.Node_AlterFunctionStmt:
		return alterTag(s.AlterFunctionStmt.GetObjtype())
	case *pg.Node_DropStmt:
		return "DROP " + kindOf(s.DropStmt.GetRemoveType()).words()
	case *pg.Node_DefineStmt:
		return "CREATE " + kindOf(s.DefineStmt.GetKind()).words()
	case *pg.Node_CreateFunctionStmt:
		if s.CreateFunctionStmt.GetIsProcedure() {
			return "CREATE PROCEDURE"
		}
		return "CREATE FUNCTION"
	case *pg.Node_GrantStmt:
		return grantTag(s.GrantStmt.GetIsGrant(), "")
	case *pg.Node_GrantRoleStmt:
		return grantTag(s.GrantRoleStmt.GetIsGrant(), " ROLE")
	case *pg.Node_VacuumStmt:
		if s.VacuumStmt.GetIsVacuumcmd() {
			return "VACUUM"
		}
		return "ANALYZE"
	}
	return ""
}

func grantTag(grant bool, what string) string {
	if grant {
		return "GRANT" + what
	}
	return "REVOKE" + what
}

// isPart tells parts that are renamed by altering what they belong to.
func isPart(t pg.ObjectType) bool {
	return t == pg.ObjectType_OBJECT_COLUMN || t == pg.ObjectType_OBJECT_ATTRIBUTE
}

// alterTag follows PostgreSQL's AlterObjectTypeCommandTag.
func alterTag(t pg.ObjectType) string {
	switch t {
	case pg.ObjectType_OBJECT_TABCONSTRAINT, pg.ObjectType_OBJECT_COLUMN:
		return "ALTER TABLE"
	case pg.ObjectType_OBJECT_DOMCONSTRAINT:
		return "ALTER DOMAIN"
	case pg.ObjectType_OBJECT_ATTRIBUTE:
		return "ALTER TYPE"
	}
	return "ALTER " + kindOf(t).words()
}
