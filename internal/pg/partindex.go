package pg

import (
	"fmt"
	"strings"
)

// IndexColumns is the query for the names of an index's columns, which the names
// of its partitions' indexes are made of.
func IndexColumns(index string) string {
	return fmt.Sprintf(`SELECT a.attname FROM pg_catalog.pg_attribute a
		WHERE a.attrelid OPERATOR(pg_catalog.=) %s::pg_catalog.regclass ORDER BY a.attnum`, index)
}

// PartitionsToIndex is the query for the partitions at every level below a table,
// by oid, with what decides how they come by an index like another, a literal,
// which is the table's or its copy's: oid, schema, name, relkind; whether the
// session may index it; whether the index of its that the server would attach is
// valid, NULL if there is none; and whether one is owed to it alone.
//
// The server attaches the first that is not attached yet, and like it in all but
// the order of its columns' values (CompareIndexInfo, src/backend/catalog/index.c).
func PartitionsToIndex(table uint32, like string) string {
	return fmt.Sprintf(`SELECT c.oid, n.nspname, c.relname, c.relkind,
		pg_catalog.pg_has_role(c.relowner, 'USAGE') AND pg_catalog.has_schema_privilege(c.relnamespace, 'CREATE'),
		(SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
			WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND NOT x.relispartition AND %[3]s OPERATOR(pg_catalog.=)
				(SELECT %[4]s FROM pg_catalog.pg_index w JOIN pg_catalog.pg_class y ON y.oid OPERATOR(pg_catalog.=) w.indexrelid
				WHERE w.indexrelid OPERATOR(pg_catalog.=) %[2]s::pg_catalog.regclass)
			ORDER BY i.indexrelid LIMIT 1),
		EXISTS (SELECT FROM migguard.task o WHERE o.closed_at IS NULL AND o.kind OPERATOR(pg_catalog.=) 'create-index'
			AND o.relation OPERATOR(pg_catalog.=) c.oid AND NOT EXISTS (
				SELECT FROM migguard.task p WHERE p.closed_at IS NULL AND p.kind OPERATOR(pg_catalog.=) ANY ('{index-partitioned,constrain-partitioned}') AND p.id OPERATOR(pg_catalog.>) o.id
				AND p.relation OPERATOR(pg_catalog.=) ANY (SELECT v.relid::pg_catalog.oid FROM pg_catalog.pg_partition_ancestors(c.oid) v)))
		FROM pg_catalog.pg_partition_tree(%[1]d::pg_catalog.oid::pg_catalog.regclass) m
		JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) m.relid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
		WHERE m.level OPERATOR(pg_catalog.>) 0 ORDER BY m.level, c.oid`,
		table, like, indexShape("i", "x"), indexShape("w", "y"))
}

// indexShape is an expression for all that makes two indexes alike, of a row of
// pg_index and one of pg_class. NULLS NOT DISTINCT came with PostgreSQL 15.
func indexShape(index, class string) string {
	return strings.NewReplacer("$i", index, "$c", class).Replace(`pg_catalog.jsonb_build_array($c.relam, $i.indisunique, $i.indisexclusion, $i.indnatts, $i.indnkeyatts,
		pg_catalog.jsonb_extract_path(pg_catalog.to_jsonb($i), 'indnullsnotdistinct'), $i.indcollation::pg_catalog.text,
		(SELECT pg_catalog.jsonb_agg(f.opcfamily ORDER BY k.n) FROM pg_catalog.unnest($i.indclass::pg_catalog.oid[]) WITH ORDINALITY k (class, n)
			JOIN pg_catalog.pg_opclass f ON f.oid OPERATOR(pg_catalog.=) k.class),
		(SELECT pg_catalog.jsonb_agg(a.attname ORDER BY k.n) FROM pg_catalog.unnest($i.indkey::pg_catalog.int2[]) WITH ORDINALITY k (attnum, n)
			LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) $i.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum),
		pg_catalog.pg_get_expr($i.indexprs, $i.indrelid), pg_catalog.pg_get_expr($i.indpred, $i.indrelid))`)
}

// TakenNames is the query for those of some pairs of schema and name, literals,
// that a relation has or an index will have that is owed.
func TakenNames(pairs []string) string {
	return fmt.Sprintf(`SELECT w.schema, w.name FROM (VALUES %s) w (schema, name)
		WHERE EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
			WHERE n.nspname OPERATOR(pg_catalog.=) w.schema::pg_catalog.name AND c.relname OPERATOR(pg_catalog.=) w.name::pg_catalog.name)
		OR EXISTS (SELECT FROM migguard.task t WHERE t.closed_at IS NULL AND t.kind OPERATOR(pg_catalog.=) ANY ('{create-index,index-partitioned,constrain-partitioned}')
			AND t.schema_name OPERATOR(pg_catalog.=) w.schema AND t.object_name OPERATOR(pg_catalog.=) w.name)`, strings.Join(pairs, ", "))
}

// HasKeyedPartition is the query whether a partition at some level below a table has a
// primary key.
func HasKeyedPartition(table uint32) string {
	return fmt.Sprintf(`SELECT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(%d::pg_catalog.oid::pg_catalog.regclass) m
		JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) m.relid WHERE m.level OPERATOR(pg_catalog.>) 0 AND k.contype OPERATOR(pg_catalog.=) 'p')`, table)
}
