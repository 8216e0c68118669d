package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

func (b *builder) rename(s *pg.RenameStmt) {
	rel, kind := rangeName(s.GetRelation()), kindOf(s.GetRenameType())
	b.target, b.only = rel, s.GetRelation() != nil && !s.GetRelation().GetInh()
	from, to := s.GetSubname(), s.GetNewname()
	switch kind {
	case KindTable, KindForeignTable, KindView, KindMaterializedView, KindIndex, KindSequence:
		b.add(RenameTable{Relation: rel, To: to, Kind: kind, IfExists: s.GetMissingOk()})
	case KindColumn, KindAttribute:
		b.add(RenameColumn{Relation: rel, Column: from, To: to,
			Kind: kindOf(s.GetRelationType()), IfExists: s.GetMissingOk()})
	case KindConstraint:
		b.add(RenameConstraint{Relation: rel, Name: from, To: to})
	case KindTrigger:
		b.add(RenameTrigger{Relation: rel, Name: from, To: to})
	case KindRule:
		b.add(RenameRule{Relation: rel, Name: from, To: to})
	case KindPolicy:
		b.add(RenamePolicy{Relation: rel, Name: from, To: to, IfExists: s.GetMissingOk()})
	default:
		b.renameObject(kind, s)
	}
}

func (b *builder) renameObject(kind Kind, s *pg.RenameStmt) {
	object, to := objectName(s.GetObject()), s.GetNewname()
	switch kind {
	case KindSchema:
		b.add(RenameSchema{Schema: s.GetSubname(), To: to})
	case KindType, KindDomain:
		b.add(RenameType{TypeName: object, Kind: kind, To: to})
	case KindDomainConstraint:
		b.add(RenameDomainConstraint{Domain: object, Name: s.GetSubname(), To: to})
	case KindFunction, KindProcedure, KindRoutine, KindAggregate:
		args, _ := b.arguments(s.GetObject().GetObjectWithArgs())
		b.add(RenameFunction{Function: object, Kind: kind, Arguments: args, To: to})
	default:
		if object.Name == "" {
			object.Name = s.GetSubname()
		}
		b.add(RenameObject{Object: object, Kind: kind, To: to})
	}
}

func (b *builder) setSchema(s *pg.AlterObjectSchemaStmt) {
	kind := kindOf(s.GetObjectType())
	if kind.isRelation() {
		b.add(SetSchema{Relation: rangeName(s.GetRelation()), Schema: s.GetNewschema(),
			Kind: kind, IfExists: s.GetMissingOk()})
		return
	}
	b.add(MoveObject{Object: objectName(s.GetObject()), Kind: kind, Schema: s.GetNewschema()})
}

func (b *builder) setOwner(s *pg.AlterOwnerStmt) {
	object := objectName(s.GetObject())
	if s.GetRelation() != nil {
		object = rangeName(s.GetRelation())
	}
	b.add(SetOwner{Object: object, Kind: kindOf(s.GetObjectType()), Owner: roleName(s.GetNewowner())})
}
