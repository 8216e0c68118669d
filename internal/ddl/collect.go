package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

// collect adds the changes of a statement, each group of statements by its own
// function. What none of them knows adds nothing.
func (b *builder) collect(n *pg.Node) {
	if b.collectTable(n) || b.collectObject(n) || b.collectMaintenance(n) {
		return
	}
	b.collectCluster(n)
}

func (b *builder) collectTable(n *pg.Node) bool {
	switch s := n.GetNode().(type) {
	case *pg.Node_AlterTableStmt:
		b.alter(s.AlterTableStmt)
	case *pg.Node_RenameStmt:
		b.rename(s.RenameStmt)
	case *pg.Node_AlterObjectSchemaStmt:
		b.setSchema(s.AlterObjectSchemaStmt)
	case *pg.Node_AlterOwnerStmt:
		b.setOwner(s.AlterOwnerStmt)
	case *pg.Node_DropStmt:
		b.drop(s.DropStmt)
	case *pg.Node_CreateStmt:
		b.createTable(s.CreateStmt, KindTable)
	case *pg.Node_CreateForeignTableStmt:
		b.createTable(s.CreateForeignTableStmt.GetBaseStmt(), KindForeignTable)
	case *pg.Node_CreateTableAsStmt:
		b.createTableAs(s.CreateTableAsStmt)
	case *pg.Node_SelectStmt:
		if into := intoOf(s.SelectStmt); into != nil {
			b.createInto(into, false)
		}
	case *pg.Node_ViewStmt:
		b.createView(s.ViewStmt)
	case *pg.Node_IndexStmt:
		b.createIndex(s.IndexStmt)
	case *pg.Node_CreateTrigStmt:
		b.createTrigger(s.CreateTrigStmt)
	case *pg.Node_RuleStmt:
		b.createRule(s.RuleStmt)
	case *pg.Node_CreatePolicyStmt:
		b.createPolicy(s.CreatePolicyStmt)
	case *pg.Node_AlterPolicyStmt:
		b.add(AlterPolicy{Relation: rangeName(s.AlterPolicyStmt.GetTable()),
			Name: s.AlterPolicyStmt.GetPolicyName()})
	case *pg.Node_GrantStmt:
		b.grant(s.GrantStmt)
	default:
		return false
	}
	return true
}

// intoOf finds SELECT INTO. In a set operation the grammar leaves INTO in the
// leftmost query.
func intoOf(s *pg.SelectStmt) *pg.IntoClause {
	for s != nil {
		if s.GetIntoClause() != nil {
			return s.GetIntoClause()
		}
		s = s.GetLarg()
	}
	return nil
}

func (b *builder) collectObject(n *pg.Node) bool {
	switch s := n.GetNode().(type) {
	case *pg.Node_CreateSchemaStmt:
		b.createSchema(s.CreateSchemaStmt)
	case *pg.Node_CreateEnumStmt, *pg.Node_CompositeTypeStmt, *pg.Node_CreateRangeStmt:
		b.createType(n)
	case *pg.Node_DefineStmt:
		if s.DefineStmt.GetKind() == pg.ObjectType_OBJECT_TYPE {
			b.createType(n)
		}
	case *pg.Node_AlterEnumStmt:
		b.alterEnum(s.AlterEnumStmt)
	case *pg.Node_CreateDomainStmt:
		b.createDomain(s.CreateDomainStmt)
	case *pg.Node_AlterDomainStmt:
		b.alterDomain(s.AlterDomainStmt)
	case *pg.Node_CreateSeqStmt:
		b.createSequence(s.CreateSeqStmt)
	case *pg.Node_AlterSeqStmt:
		b.alterSequence(s.AlterSeqStmt)
	case *pg.Node_CreateFunctionStmt:
		b.createFunction(s.CreateFunctionStmt)
	case *pg.Node_AlterFunctionStmt:
		b.alterFunction(s.AlterFunctionStmt)
	case *pg.Node_CreateExtensionStmt:
		b.add(CreateExtension{Extension: s.CreateExtensionStmt.GetExtname(),
			IfNotExists: s.CreateExtensionStmt.GetIfNotExists(),
			Cascade:     isOn(option(s.CreateExtensionStmt.GetOptions(), "cascade"))})
	case *pg.Node_AlterExtensionStmt:
		b.add(AlterExtension{Extension: s.AlterExtensionStmt.GetExtname(), Update: true})
	case *pg.Node_AlterExtensionContentsStmt:
		b.add(AlterExtension{Extension: s.AlterExtensionContentsStmt.GetExtname(),
			Object: objectName(s.AlterExtensionContentsStmt.GetObject()), Kind: kindOf(s.AlterExtensionContentsStmt.GetObjtype())})
	case *pg.Node_DropOwnedStmt:
		b.add(DropOwned{Roles: roleNames(s.DropOwnedStmt.GetRoles()), Cascade: isCascade(s.DropOwnedStmt.GetBehavior())})
	case *pg.Node_ReassignOwnedStmt:
		b.add(ReassignOwned{Roles: roleNames(s.ReassignOwnedStmt.GetRoles())})
	default:
		return false
	}
	return true
}

func (b *builder) collectMaintenance(n *pg.Node) bool {
	switch s := n.GetNode().(type) {
	case *pg.Node_TruncateStmt:
		b.truncate(s.TruncateStmt)
	case *pg.Node_LockStmt:
		b.lockTable(s.LockStmt)
	case *pg.Node_UpdateStmt:
		b.writeRows(s.UpdateStmt.GetRelation(), "UPDATE", s.UpdateStmt.GetWhereClause() == nil && s.UpdateStmt.GetFromClause() == nil)
	case *pg.Node_DeleteStmt:
		b.writeRows(s.DeleteStmt.GetRelation(), "DELETE", s.DeleteStmt.GetWhereClause() == nil && s.DeleteStmt.GetUsingClause() == nil)
	case *pg.Node_MergeStmt:
		b.writeRows(s.MergeStmt.GetRelation(), "MERGE", false)
	case *pg.Node_VacuumStmt:
		b.vacuum(s.VacuumStmt)
	case *pg.Node_ClusterStmt:
		b.cluster(s.ClusterStmt)
	case *pg.Node_ReindexStmt:
		b.reindex(s.ReindexStmt)
	case *pg.Node_RefreshMatViewStmt:
		b.refresh(s.RefreshMatViewStmt)
	case *pg.Node_AlterTableMoveAllStmt:
		all := s.AlterTableMoveAllStmt
		b.add(MoveAll{Kind: kindOf(all.GetObjtype()), From: all.GetOrigTablespacename(), To: all.GetNewTablespacename(),
			Owners: roleNames(all.GetRoles()), Nowait: all.GetNowait()})
	case *pg.Node_CreateStatsStmt:
		b.createStatistics(s.CreateStatsStmt)
	case *pg.Node_CommentStmt:
		b.comment(s.CommentStmt)
	case *pg.Node_CreatePublicationStmt:
		p := s.CreatePublicationStmt
		b.add(CreatePublication{Publication: p.GetPubname(), AllTables: p.GetForAllTables(),
			Tables: publicationTables(p.GetPubobjects())})
	case *pg.Node_AlterPublicationStmt:
		p := s.AlterPublicationStmt
		b.add(AlterPublication{Publication: p.GetPubname(),
			Tables: publicationTables(p.GetPubobjects())})
	default:
		return false
	}
	return true
}

// collectCluster reads what reaches beyond one database; none of it may run in
// a transaction, except as noted.
func (b *builder) collectCluster(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_CreatedbStmt:
		b.alone = true
		b.add(CreateDatabase{Database: s.CreatedbStmt.GetDbname()})
	case *pg.Node_DropdbStmt:
		b.alone = true
		b.add(DropDatabase{Database: s.DropdbStmt.GetDbname(), IfExists: s.DropdbStmt.GetMissingOk()})
	case *pg.Node_CreateTableSpaceStmt:
		b.alone = true
		b.add(CreateTablespace{Tablespace: s.CreateTableSpaceStmt.GetTablespacename()})
	case *pg.Node_DropTableSpaceStmt:
		b.alone = true
		b.add(DropTablespace{Tablespace: s.DropTableSpaceStmt.GetTablespacename(),
			IfExists: s.DropTableSpaceStmt.GetMissingOk()})
	case *pg.Node_AlterSystemStmt:
		b.alone = true
	case *pg.Node_DiscardStmt:
		b.alone = s.DiscardStmt.GetTarget() == pg.DiscardMode_DISCARD_ALL
	case *pg.Node_AlterDatabaseStmt:
		b.alterDatabase(s.AlterDatabaseStmt)
	case *pg.Node_AlterDatabaseSetStmt:
		b.sessionDefault(nil, s.AlterDatabaseSetStmt.GetDbname(), s.AlterDatabaseSetStmt.GetSetstmt())
	case *pg.Node_AlterRoleSetStmt:
		b.sessionDefault(s.AlterRoleSetStmt.GetRole(), s.AlterRoleSetStmt.GetDatabase(), s.AlterRoleSetStmt.GetSetstmt())
	case *pg.Node_AlterRoleStmt:
		b.alterRole(s.AlterRoleStmt)
	case *pg.Node_GrantRoleStmt:
		b.revokeRole(s.GrantRoleStmt)
	}
}
