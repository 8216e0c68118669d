package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

func (b *builder) truncate(s *pg.TruncateStmt) {
	for _, n := range s.GetRelations() {
		rel := n.GetRangeVar()
		b.add(Truncate{Relation: rangeName(rel), Only: !rel.GetInh(),
			Cascade: isCascade(s.GetBehavior()), RestartIdentity: s.GetRestartSeqs()})
	}
}

func (b *builder) lockTable(s *pg.LockStmt) {
	mode := AccessExclusive
	if i := int(s.GetMode()) - 1; i >= 0 && i < len(lockModes) {
		mode = lockModes[i]
	}
	for _, n := range s.GetRelations() {
		rel := n.GetRangeVar()
		b.add(LockTable{Relation: rangeName(rel), Mode: mode, Only: !rel.GetInh(),
			Nowait: s.GetNowait()})
	}
}

func (b *builder) writeRows(rel *pg.RangeVar, command string, all bool) {
	b.add(WriteRows{Relation: rangeName(rel), Command: command, All: all})
}

// vacuum reads VACUUM and ANALYZE. Only ANALYZE may run in a transaction.
func (b *builder) vacuum(s *pg.VacuumStmt) {
	b.alone = s.GetIsVacuumcmd()
	rels := s.GetRels()
	if len(rels) == 0 {
		rels = []*pg.Node{nil}
	}
	for _, n := range rels {
		v := n.GetVacuumRelation()
		rel := rangeName(v.GetRelation())
		if !s.GetIsVacuumcmd() {
			b.add(Analyze{Relation: rel, Columns: stringsOf(v.GetVaCols())})
			continue
		}
		b.add(Vacuum{Relation: rel, Full: isOn(option(s.GetOptions(), "full")),
			Analyze: isOn(option(s.GetOptions(), "analyze"))})
	}
}

func (b *builder) cluster(s *pg.ClusterStmt) {
	b.alone = s.GetRelation() == nil
	b.add(Cluster{Relation: rangeName(s.GetRelation()), Index: s.GetIndexname()})
}

var reindexKinds = map[pg.ReindexObjectType]Kind{
	pg.ReindexObjectType_REINDEX_OBJECT_INDEX:    KindIndex,
	pg.ReindexObjectType_REINDEX_OBJECT_TABLE:    KindTable,
	pg.ReindexObjectType_REINDEX_OBJECT_SCHEMA:   KindSchema,
	pg.ReindexObjectType_REINDEX_OBJECT_DATABASE: KindDatabase,
	pg.ReindexObjectType_REINDEX_OBJECT_SYSTEM:   "system",
}

func (b *builder) reindex(s *pg.ReindexStmt) {
	c := Reindex{Kind: reindexKinds[s.GetKind()], Relation: rangeName(s.GetRelation()),
		Concurrently: isOn(option(s.GetParams(), "concurrently"))}
	if s.GetRelation() == nil {
		c.Relation.Name = s.GetName()
	}
	// Whether a named table or index is partitioned, which also forbids a
	// transaction, the text does not say.
	b.alone = c.Concurrently || s.GetRelation() == nil
	b.add(c)
}

func (b *builder) refresh(s *pg.RefreshMatViewStmt) {
	b.add(RefreshMaterializedView{Relation: rangeName(s.GetRelation()),
		Concurrently: s.GetConcurrent(), WithNoData: s.GetSkipData()})
}

func (b *builder) createStatistics(s *pg.CreateStatsStmt) {
	for _, rel := range rangeNames(s.GetRelations()) {
		b.add(CreateStatistics{Statistics: nameOf(s.GetDefnames()), Relation: rel,
			IfNotExists: s.GetIfNotExists()})
	}
}

func (b *builder) comment(s *pg.CommentStmt) {
	c := Comment{Object: objectName(s.GetObject()), Kind: kindOf(s.GetObjtype()),
		Text: s.GetComment()}
	switch c.Kind {
	case KindColumn, KindConstraint, KindTrigger, KindRule, KindPolicy:
		c.Of, c.Object.Name = partOf(s.GetObject())
		c.Object.Schema = ""
	case KindDomainConstraint:
		// The grammar gives a list of the domain's type and the name.
		if items := s.GetObject().GetList().GetItems(); len(items) == 2 {
			c.Object = Name{Name: items[1].GetString_().GetSval()}
		}
	}
	b.add(c)
}

func publicationTables(objects []*pg.Node) []Name {
	var names []Name
	for _, n := range objects {
		if t := n.GetPublicationObjSpec().GetPubtable(); t != nil {
			names = append(names, rangeName(t.GetRelation()))
		}
	}
	return names
}
