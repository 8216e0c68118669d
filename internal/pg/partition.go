package pg

import "fmt"

// Partitioning is the query for what decides, beside its columns and CHECKs,
// whether a table is read when it becomes a partition of a parent: the parent's
// partition key; whether the parent is a partition itself; whether it has
// partitions; and whether the table, or 0, has an index that queries do not use,
// or lacks a foreign key of the parent's.
func Partitioning(parent, table uint32) string {
	return fmt.Sprintf(`SELECT pg_catalog.pg_get_partkeydef(p.oid), p.relispartition,
		EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) p.oid),
		EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid OPERATOR(pg_catalog.=) %[2]d::pg_catalog.oid AND NOT i.indisvalid),
		EXISTS (SELECT FROM pg_catalog.pg_constraint f
			WHERE f.conrelid OPERATOR(pg_catalog.=) p.oid AND f.contype OPERATOR(pg_catalog.=) 'f'
			AND f.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid AND NOT EXISTS (
				SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) %[2]d::pg_catalog.oid
				AND k.contype OPERATOR(pg_catalog.=) 'f' AND k.convalidated
				AND pg_catalog.pg_get_constraintdef(k.oid) OPERATOR(pg_catalog.=) pg_catalog.pg_get_constraintdef(f.oid)))
		FROM pg_catalog.pg_class p WHERE p.oid OPERATOR(pg_catalog.=) %[1]d::pg_catalog.oid AND p.relkind OPERATOR(pg_catalog.=) 'p'`, parent, table)
}
