package ddl

import (
	"slices"
	"strings"
)

// concurrent weakens a mode as CONCURRENTLY does.
func concurrent(concurrently bool, mode LockMode) LockMode {
	if concurrently {
		return ShareUpdateExclusive
	}
	return mode
}

// dropLocks is what dropping a part of a relation locks. The part may be, or
// carry, a foreign key: the server then locks the referenced table as hard,
// because the triggers there go too. With CASCADE the part may be the key other
// tables refer to, or be read by views.
func dropLocks(relation Name, kind Kind, cascade bool) []Lock {
	locks := []Lock{
		lock(relation, kind, AccessExclusive).recursing(),
		table(relation, AccessExclusive).via(ReferencedBy),
	}
	if cascade {
		locks = append(locks,
			table(relation, AccessExclusive).via(Referencing),
			table(relation, AccessExclusive).via(DependentsOf))
	}
	return locks
}

// columnLocks is what a change of a column locks, or of an attribute, which the
// tables of a composite type have as a column.
func columnLocks(relation Name, kind Kind) []Lock {
	if kind == KindType {
		return []Lock{lock(relation, kind, AccessExclusive).via(TablesOf)}
	}
	return []Lock{lock(relation, kind, AccessExclusive).recursing()}
}

// dropColumnLocks: the sequence of a serial or identity column goes with it.
func dropColumnLocks(c DropColumn) []Lock {
	if c.Kind == KindType {
		return columnLocks(c.Relation, c.Kind)
	}
	return append(dropLocks(c.Relation, c.Kind, c.Cascade),
		table(c.Relation, AccessExclusive).via(SequencesOf))
}

// changeTypeLocks: the foreign keys of the column, and those that point to it,
// are dropped and made anew, whether their values are checked or not.
func changeTypeLocks(c ChangeColumnType) []Lock {
	locks := columnLocks(c.Relation, c.Kind)
	if c.Kind == KindType {
		return locks
	}
	return append(locks,
		table(c.Relation, AccessExclusive).via(ReferencedBy),
		table(c.Relation, AccessExclusive).via(Referencing))
}

func dropTableLocks(c DropTable) []Lock {
	return append(dropLocks(c.Relation, c.Kind, c.Cascade),
		table(c.Relation, AccessExclusive).via(ParentOf),
		table(c.Relation, AccessExclusive).via(SequencesOf))
}

func createTableLocks(c CreateTable) []Lock {
	var locks []Lock
	if c.PartitionOf.Name != "" {
		locks = append(locks,
			table(c.PartitionOf, AccessExclusive),
			table(c.PartitionOf, AccessExclusive).via(DefaultPartition))
	}
	for _, parent := range c.Inherits {
		locks = append(locks, table(parent, ShareUpdateExclusive))
	}
	return locks
}

// renameMode: since PostgreSQL 12 ALTER INDEX RENAME does not block reads and
// writes, ALTER TABLE index RENAME still does.
func renameMode(kind Kind) LockMode {
	if kind == KindIndex {
		return ShareUpdateExclusive
	}
	return AccessExclusive
}

func setSchemaLocks(c SetSchema) []Lock {
	locks := []Lock{lock(c.Relation, c.Kind, AccessExclusive)}
	if c.Kind == KindTable {
		locks = append(locks, table(c.Relation, AccessExclusive).via(SequencesOf))
	}
	return locks
}

func truncateLocks(c Truncate) []Lock {
	locks := []Lock{table(c.Relation, AccessExclusive)}
	if !c.Only {
		locks[0].Recurse = true
	}
	if c.Cascade {
		locks = append(locks, table(c.Relation, AccessExclusive).via(Referencing))
	}
	if c.RestartIdentity {
		locks = append(locks, table(c.Relation, AccessExclusive).via(SequencesOf))
	}
	return locks
}

// lightOptions are the storage parameters that the server changes under SHARE
// UPDATE EXCLUSIVE (reloptions.c); autovacuum_* and toast.* are too. Every other
// one, of views and of most index methods, takes ACCESS EXCLUSIVE.
var lightOptions = []string{
	"deduplicate_items", "fillfactor", "log_autovacuum_min_duration",
	"parallel_workers", "toast_tuple_target", "vacuum_index_cleanup",
	"vacuum_truncate",
}

func optionsMode(options []string) LockMode {
	for _, o := range options {
		if !isLightOption(o) {
			return AccessExclusive
		}
	}
	return ShareUpdateExclusive
}

func inheritLocks(c SetInherit) []Lock {
	locks := []Lock{table(c.Relation, AccessExclusive)}
	if !c.Remove {
		locks = append(locks, table(c.Parent, ShareUpdateExclusive))
	}
	return locks
}

func isLightOption(option string) bool {
	return strings.HasPrefix(option, "autovacuum_") ||
		strings.HasPrefix(option, "toast.") ||
		slices.Contains(lightOptions, option)
}

func detachLocks(c DetachPartition) []Lock {
	if c.Concurrently || c.Finalize {
		return []Lock{
			table(c.Relation, ShareUpdateExclusive),
			table(c.Partition, AccessExclusive),
		}
	}
	return []Lock{
		table(c.Relation, AccessExclusive),
		table(c.Partition, AccessExclusive).recursing(),
		table(c.Relation, AccessExclusive).via(DefaultPartition),
	}
}
