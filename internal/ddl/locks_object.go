package ddl

// indexAndTable locks an index and, without naming it, its table; for an index
// of a partitioned table those of the partitions too.
func indexAndTable(index Name, onIndex, onTable LockMode) []Lock {
	return []Lock{
		lock(index, KindIndex, onIndex).recursing(),
		lock(index, KindIndex, onTable).via(TableOf).recursing(),
	}
}

// createIndexLocks: on a partitioned table CONCURRENTLY is refused, so it has
// no children to reach.
func createIndexLocks(c CreateIndex) []Lock {
	l := table(c.Relation, concurrent(c.Concurrently, Share))
	l.Recurse = !c.Only && !c.Concurrently
	return []Lock{l}
}

func dropIndexLocks(c DropIndex) []Lock {
	mode := concurrent(c.Concurrently, AccessExclusive)
	return indexAndTable(c.Index, mode, mode)
}

func reindexLocks(c Reindex) []Lock {
	onTable := concurrent(c.Concurrently, Share)
	onIndex := concurrent(c.Concurrently, AccessExclusive)
	switch c.Kind {
	case KindIndex:
		return indexAndTable(c.Relation, onIndex, onTable)
	case KindTable:
		return []Lock{
			table(c.Relation, onTable).recursing(),
			table(c.Relation, onIndex).via(IndexesOf).recursing(),
		}
	case KindSchema:
		return []Lock{lock(c.Relation, KindSchema, onIndex).via(Inside)}
	}
	return []Lock{lock(c.Relation, KindDatabase, onIndex).via(Inside)}
}

// addConstraintLocks leaves the table out that is being created.
func addConstraintLocks(c AddConstraint) []Lock {
	mode := AccessExclusive
	if c.Constraint == ForeignKey && !c.Inline {
		mode = ShareRowExclusive
	}
	var locks []Lock
	if !c.InCreate {
		locks = append(locks, table(c.Relation, mode).recursing())
	}
	if c.References.Name != "" {
		locks = append(locks, table(c.References, ShareRowExclusive).recursing())
	}
	return locks
}

func clusterLocks(c Cluster) []Lock {
	if c.Relation.Name == "" {
		return []Lock{everything(AccessExclusive)}
	}
	return []Lock{table(c.Relation, AccessExclusive).recursing()}
}

func vacuumLocks(c Vacuum) []Lock {
	mode := ShareUpdateExclusive
	if c.Full {
		mode = AccessExclusive
	}
	if c.Relation.Name == "" {
		return []Lock{everything(mode)}
	}
	return []Lock{table(c.Relation, mode).recursing()}
}

func analyzeLocks(c Analyze) []Lock {
	if c.Relation.Name == "" {
		return []Lock{everything(ShareUpdateExclusive)}
	}
	return []Lock{table(c.Relation, ShareUpdateExclusive).recursing()}
}

func lockTableLocks(c LockTable) []Lock {
	l := table(c.Relation, c.Mode)
	l.Recurse = !c.Only
	return []Lock{l}
}

// everything stands for each relation of the database in turn.
func everything(mode LockMode) Lock {
	return lock(Name{}, KindDatabase, mode).via(Inside)
}

// dropSchemaLocks: foreign keys that cross the schema's border go too, and what
// uses its tables, types and functions.
func dropSchemaLocks(c DropSchema) []Lock {
	if !c.Cascade {
		return nil
	}
	return dropAllLocks(lock(Name{Name: c.Schema}, KindSchema, AccessExclusive), true)
}

// dropAllLocks is what dropping all that is in a schema, or a role's, locks.
func dropAllLocks(all Lock, cascade bool) []Lock {
	locks := []Lock{all.via(Inside), all.via(ReferencedBy)}
	if cascade {
		locks = append(locks, all.via(Referencing), all.via(UsersOf), all.via(DependentsOf))
	}
	return locks
}

// dropObjectLocks: an extension's types, functions and operators go with it, and
// what uses these.
func dropObjectLocks(c DropObject) []Lock {
	locks := cascadeLocks(c.Object, c.Kind, c.Cascade)
	if c.Cascade && c.Kind == KindExtension {
		locks = append(locks, lock(c.Object, c.Kind, AccessExclusive).via(UsersOf))
	}
	return locks
}

// memberLocks: a relation that is made a member of an extension, or no longer is.
func memberLocks(c AlterExtension) []Lock {
	if !c.Kind.isRelation() {
		return nil
	}
	return []Lock{lock(c.Object, c.Kind, ShareUpdateExclusive)}
}

// cascadeLocks: what depends on a type, function or sequence goes with it, or
// loses the column, default, trigger, policy or constraint that does.
func cascadeLocks(name Name, kind Kind, cascade bool) []Lock {
	if !cascade {
		return nil
	}
	return []Lock{lock(name, kind, AccessExclusive).via(DependentsOf)}
}

func createViewLocks(c CreateView) []Lock {
	if !c.Replace {
		return nil
	}
	return []Lock{lock(c.Relation, KindView, AccessExclusive)}
}

func dropViewLocks(c DropView) []Lock {
	locks := []Lock{lock(c.Relation, c.Kind, AccessExclusive)}
	if c.Cascade {
		locks = append(locks, lock(c.Relation, c.Kind, AccessExclusive).via(DependentsOf))
	}
	return locks
}

func refreshLocks(c RefreshMaterializedView) []Lock {
	mode := AccessExclusive
	if c.Concurrently {
		mode = Exclusive
	}
	return []Lock{lock(c.Relation, KindMaterializedView, mode)}
}

// ownerLocks: the owner of a table's indexes and sequences changes with it.
func ownerLocks(c SetOwner) []Lock {
	if !c.Kind.isRelation() {
		return nil
	}
	locks := []Lock{lock(c.Object, c.Kind, AccessExclusive)}
	if c.Kind == KindTable {
		locks = append(locks,
			table(c.Object, AccessExclusive).via(IndexesOf),
			table(c.Object, AccessExclusive).via(SequencesOf))
	}
	return locks
}

// commentRelation is the relation that carries a comment, or the part of it
// which does.
func commentRelation(c Comment) Name {
	if c.Kind.isRelation() {
		return c.Object
	}
	return c.Of
}

// commentLocks: for a part other than a column the server locks its relation
// in ACCESS SHARE only.
func commentLocks(c Comment) []Lock {
	switch {
	case c.Kind == KindColumn:
		return []Lock{table(c.Of, ShareUpdateExclusive)}
	case c.Kind.isRelation():
		return []Lock{lock(c.Object, c.Kind, ShareUpdateExclusive)}
	}
	return nil
}

func publicationLocks(tables []Name) []Lock {
	var locks []Lock
	for _, t := range tables {
		locks = append(locks, table(t, ShareUpdateExclusive).recursing())
	}
	return locks
}

func typeUserLocks(name Name, kind Kind, mode LockMode, touched bool) []Lock {
	if !touched {
		return nil
	}
	return []Lock{lock(name, kind, mode).via(UsersOf)}
}

// relationsOfKind lists n if its kind is one of relations.
func relationsOfKind(kind Kind, n Name) []Name {
	if !kind.isRelation() {
		return nil
	}
	return some(n)
}

// objectUnlessSchema is the object of a GRANT, unless it is the schema of ON
// ALL TABLES IN SCHEMA.
func objectUnlessSchema(object Name, inSchema bool) Name {
	if inSchema {
		return Name{}
	}
	return object
}
