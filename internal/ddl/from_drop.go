package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

// drop reads DROP of all kinds that share a grammar, one change for each object
// named.
func (b *builder) drop(s *pg.DropStmt) {
	b.alone = s.GetConcurrent()
	kind := kindOf(s.GetRemoveType())
	for _, n := range s.GetObjects() {
		if c := dropRelation(kind, objectName(n), s); c != nil {
			b.add(c)
			continue
		}
		b.add(b.dropObject(kind, n, s))
	}
}

// dropRelation is nil if kind is none of relations.
func dropRelation(kind Kind, rel Name, s *pg.DropStmt) Change {
	ifExists, cascade := s.GetMissingOk(), isCascade(s.GetBehavior())
	switch kind {
	case KindTable, KindForeignTable:
		return DropTable{Relation: rel, Kind: kind, IfExists: ifExists, Cascade: cascade}
	case KindView, KindMaterializedView:
		return DropView{Relation: rel, Kind: kind, IfExists: ifExists, Cascade: cascade}
	case KindIndex:
		return DropIndex{Index: rel, IfExists: ifExists, Cascade: cascade,
			Concurrently: s.GetConcurrent()}
	case KindSequence:
		return DropSequence{Relation: rel, IfExists: ifExists, Cascade: cascade}
	}
	return nil
}

func (b *builder) dropObject(kind Kind, n *pg.Node, s *pg.DropStmt) Change {
	ifExists, cascade := s.GetMissingOk(), isCascade(s.GetBehavior())
	rel, part := partOf(n)
	switch kind {
	case KindTrigger:
		return DropTrigger{Relation: rel, Name: part, IfExists: ifExists, Cascade: cascade}
	case KindRule:
		return DropRule{Relation: rel, Name: part, IfExists: ifExists, Cascade: cascade}
	case KindPolicy:
		return DropPolicy{Relation: rel, Name: part, IfExists: ifExists, Cascade: cascade}
	case KindSchema:
		return DropSchema{Schema: objectName(n).Name, IfExists: ifExists, Cascade: cascade}
	case KindType, KindDomain:
		return DropType{TypeName: objectName(n), Kind: kind, IfExists: ifExists, Cascade: cascade}
	case KindStatistics:
		return DropStatistics{Statistics: objectName(n), IfExists: ifExists}
	case KindFunction, KindProcedure, KindRoutine, KindAggregate:
		args, given := b.arguments(n.GetObjectWithArgs())
		return DropFunction{Function: objectName(n), Kind: kind, Arguments: args,
			AnyArguments: !given, IfExists: ifExists, Cascade: cascade}
	}
	return DropObject{Object: objectName(n), Kind: kind, IfExists: ifExists, Cascade: cascade}
}

// arguments reads the argument types that identify a function; false if the
// statement gives none and means the only function of that name.
func (b *builder) arguments(o *pg.ObjectWithArgs) ([]string, bool) {
	var types []string
	for _, n := range o.GetObjargs() {
		if n.GetTypeName() != nil {
			types = append(types, b.typeText(n.GetTypeName()))
		}
	}
	return types, !o.GetArgsUnspecified()
}
