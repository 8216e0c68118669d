package ddl

// Work is what takes as long as a relation with rows is large: it is written anew,
// or read from end to end. What empties it is no work; nor is what a query in the
// statement reads, or ANALYZE, which reads a sample, and VACUUM, which reads what
// has changed. TestWorkOfForms holds it to what servers do.
type Work struct {
	// Relation is the relation or, with Via, the object it is reached from, as
	// in a Lock; Column or Constraint the part of it that is meant.
	Relation   Name
	Kind       Kind
	Via        Via
	Recurse    bool
	Column     string
	Constraint string
	// Valid: by way of foreign keys that are valid only.
	Valid bool

	Rewrites bool
	Scans    bool
	// Tried: whether it is done the text does not tell, but the catalogs, or the
	// server on an empty copy.
	Tried bool
}

func rewrites(n Name, k Kind) Work { return Work{Relation: n, Kind: k, Rewrites: true, Scans: true} }
func scans(n Name, k Kind) Work    { return Work{Relation: n, Kind: k, Scans: true} }

func (w Work) via(v Via) Work  { w.Via = v; return w }
func (w Work) recursing() Work { w.Recurse = true; return w }
func (w Work) tried() Work     { w.Tried = true; return w }

// WorkOf lists the work of a change that stands alone.
func WorkOf(change Change) []Work {
	switch c := change.(type) {
	case AddColumn:
		_, plain := ServerTypeOf(c.Type) // any other may be a domain
		if c.Kind != KindType && (c.Default != "" || c.Generated != "" || c.Identity != "" || c.Serial || !plain) {
			return []Work{rewrites(c.Relation, KindTable).recursing().tried()}
		}
	case ChangeColumnType:
		return retypeWork(c)
	case SetExpression:
		return []Work{rewrites(c.Relation, KindTable).recursing().tried()}
	case SetNotNull:
		return []Work{scans(c.Relation, KindTable).recursing().tried()}
	case SetLogged:
		return []Work{rewrites(c.Relation, KindTable).tried()}
	case SetAccessMethod:
		return []Work{rewrites(c.Relation, KindTable).tried()}
	case SetTablespace:
		return []Work{rewrites(c.Relation, KindTable).tried()}
	case AddConstraint:
		return constraintWork(c)
	case ValidateConstraint:
		referenced := scans(c.Relation, KindTable).via(ReferencedBy).tried()
		referenced.Constraint = c.Name
		return []Work{scans(c.Relation, KindTable).recursing().tried(), referenced}
	case AddDomainConstraint:
		if !c.NotValid {
			return []Work{scans(c.Domain, KindDomain).via(UsersOf)}
		}
	case ValidateDomainConstraint:
		return []Work{scans(c.Domain, KindDomain).via(UsersOf)}
	case SetDomainNotNull:
		return []Work{scans(c.Domain, KindDomain).via(UsersOf)}
	}
	return storageWork(change)
}

// storageWork is that of indexes, partitions and whole tables.
func storageWork(change Change) []Work {
	switch c := change.(type) {
	case CreateIndex:
		w := scans(c.Relation, KindTable)
		w.Recurse = !c.Only
		return []Work{w}
	case Reindex:
		return reindexWork(c)
	case CreateTable:
		if c.PartitionOf.Name != "" && !c.Default {
			return []Work{scans(c.PartitionOf, KindTable).via(DefaultPartition).tried()}
		}
	case AttachPartition:
		return []Work{scans(c.Partition, KindTable).recursing().tried(), scans(c.Relation, KindTable).via(DefaultPartition).tried()}
	case Cluster:
		if c.Relation.Name == "" {
			return []Work{rewrites(Name{}, KindDatabase).via(MarkedIn)}
		}
		return []Work{rewrites(c.Relation, KindTable).recursing()}
	case MoveAll: // which leaves alone what is there already (AlterTableMoveAll, src/backend/commands/tablecmds.c)
		if c.From != c.To {
			return []Work{rewrites(Name{}, KindDatabase).via(Inside)}
		}
	case Vacuum:
		switch {
		case !c.Full:
		case c.Relation.Name == "":
			return []Work{rewrites(Name{}, KindDatabase).via(Inside)}
		default:
			return []Work{rewrites(c.Relation, KindTable).recursing()}
		}
	case RefreshMaterializedView:
		read := scans(c.Relation, KindMaterializedView).via(ReadBy)
		switch {
		case c.Concurrently:
			return []Work{scans(c.Relation, KindMaterializedView), read}
		case !c.WithNoData:
			return []Work{rewrites(c.Relation, KindMaterializedView), read}
		}
	}
	return nil
}

// retypeWork: foreign keys that the column is in, or is referenced by, are checked
// anew if it gets another type, but for those that are not valid.
func retypeWork(c ChangeColumnType) []Work {
	if c.Kind == KindType {
		return []Work{rewrites(c.Relation, KindType).via(TablesOf).tried()}
	}
	keys := scans(c.Relation, KindTable).tried()
	keys.Column, keys.Valid = c.Column, true
	return []Work{rewrites(c.Relation, KindTable).recursing().tried(), keys.via(ReferencedBy), keys.via(Referencing)}
}

// constraintWork: a new column without a value references nothing, and the server
// knows (ATExecAddColumn, src/backend/commands/tablecmds.c).
func constraintWork(c AddConstraint) []Work {
	switch {
	case c.InCreate, c.NotValid, c.Constraint == ForeignKey && c.Inline && !c.Filled:
		return nil
	case c.UsingIndex != "":
		if c.Constraint != PrimaryKey {
			return nil
		}
		return []Work{scans(c.Relation, KindTable).tried()} // a column may be NULL
	}
	w := scans(c.Relation, KindTable)
	w.Recurse = !c.NoInherit
	if c.Constraint == ForeignKey {
		return []Work{w, scans(c.References, KindTable).recursing()}
	}
	return []Work{w}
}

// reindexWork: CONCURRENTLY makes other indexes, and drops the old ones. A table
// without an index is not read.
func reindexWork(c Reindex) []Work {
	var indexes, tables Work
	switch c.Kind {
	case KindIndex:
		indexes, tables = rewrites(c.Relation, KindIndex).recursing(), scans(c.Relation, KindIndex).via(TableOf).recursing()
	case KindTable:
		indexes, tables = rewrites(c.Relation, KindTable).via(IndexesOf).recursing(), scans(c.Relation, KindTable).recursing()
	case KindSchema:
		indexes, tables = rewrites(c.Relation, KindSchema).via(IndexesOf), scans(c.Relation, KindSchema).via(Inside)
	default:
		indexes, tables = rewrites(Name{}, KindDatabase).via(IndexesOf), scans(Name{}, KindDatabase).via(Inside)
	}
	if c.Concurrently {
		return []Work{tables}
	}
	return []Work{indexes, tables}
}
