package pg

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
)

// Constraints is the query for the primary key and the CHECK, foreign key and NOT
// NULL constraints of a table: name, pg_constraint.contype, whether its rows were checked against it,
// whether children have it not, the first of its columns, or NULL, and its oid.
// What belongs to a constraint of the same table is left out.
func Constraints(table uint32) string {
	return fmt.Sprintf(`SELECT c.conname, c.contype, c.convalidated, c.connoinherit,
		(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) c.conkey[1]),
		c.oid
		FROM pg_catalog.pg_constraint c
		WHERE c.conrelid OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND c.contype OPERATOR(pg_catalog.=) ANY ('{c,f,n,p}')
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid OPERATOR(pg_catalog.=) c.conparentid AND p.conrelid OPERATOR(pg_catalog.=) c.conrelid)
		ORDER BY c.oid`, table)
}

// Nullable is the query for those of a table's columns that may be NULL, or have,
// as is possible from PostgreSQL 18 on, a NOT NULL that is not validated.
func Nullable(table uint32, columns []string) string {
	return fmt.Sprintf(`SELECT a.attname FROM pg_catalog.pg_attribute a
		WHERE a.attrelid OPERATOR(pg_catalog.=) %[1]d::pg_catalog.oid AND a.attname OPERATOR(pg_catalog.=) ANY (%[2]s)
		AND (NOT a.attnotnull OR EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conrelid OPERATOR(pg_catalog.=) a.attrelid
			AND c.contype OPERATOR(pg_catalog.=) 'n' AND NOT c.convalidated AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)))
		ORDER BY a.attnum`, table, arrayOf(columns))
}

// arrayOf is names in SQL.
func arrayOf(names []string) string {
	literals := make([]string, len(names))
	for i, name := range names {
		literals[i] = ddl.Literal(name)
	}
	return "ARRAY[" + strings.Join(literals, ", ") + "]::pg_catalog.name[]"
}

// NullableInIndex is the query whether a column of an index, a SQL literal of its
// name, may be NULL.
func NullableInIndex(index string) string {
	return `SELECT EXISTS (SELECT FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (
			SELECT k.attnum FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k (attnum, place) WHERE k.place OPERATOR(pg_catalog.<=) i.indnkeyatts)
		WHERE i.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(` + index + `) AND NOT a.attnotnull)`
}

// WorkOn is the query for what this transaction has done to a table, a SQL
// literal of its name: the file it is in, how often it was read from end to end
// to build an index or check its rows, too; and whether that is counted, "on".
func WorkOn(table string) string {
	return fmt.Sprintf(`SELECT pg_catalog.pg_relation_filenode(%[1]s::pg_catalog.regclass),
		pg_catalog.pg_stat_get_xact_numscans(%[1]s::pg_catalog.regclass),
		pg_catalog.current_setting('track_counts')`, table)
}

// OtherInForeignKey is the query whether a column, a SQL literal of its name, is
// in a valid foreign key of the table, or referenced by one, and has another type in a
// copy of the table, a SQL literal too. With the same type, whatever its
// modifier, keys are not checked anew (TryReuseForeignKey,
// src/backend/commands/tablecmds.c).
func OtherInForeignKey(table uint32, column, copied string) string {
	return fmt.Sprintf(`SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint c
		JOIN pg_catalog.pg_attribute a ON a.attname OPERATOR(pg_catalog.=) %[2]s AND a.attrelid OPERATOR(pg_catalog.=) %[1]d::pg_catalog.oid
		JOIN pg_catalog.pg_attribute o ON o.attname OPERATOR(pg_catalog.=) %[2]s AND o.attrelid OPERATOR(pg_catalog.=) %[3]s::pg_catalog.regclass
		WHERE o.atttypid OPERATOR(pg_catalog.<>) a.atttypid AND c.contype OPERATOR(pg_catalog.=) 'f' AND c.convalidated AND (c.conrelid OPERATOR(pg_catalog.=) a.attrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)
			OR c.confrelid OPERATOR(pg_catalog.=) a.attrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (c.confkey)))`, table, column, copied)
}

// OtherTablespace is the query whether a relation, a literal, as the statement names
// it, is stored, and in another tablespace than one, a SQL literal of its name.
func OtherTablespace(relation, tablespace string) string {
	return stored("pg_catalog.to_regclass("+relation+")", `NOT EXISTS (SELECT FROM pg_catalog.pg_tablespace s
		JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
		WHERE s.spcname OPERATOR(pg_catalog.=) `+tablespace+` AND s.oid OPERATOR(pg_catalog.=)
			CASE WHEN c.reltablespace OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN d.dattablespace ELSE c.reltablespace END)`)
}

// OtherMethod is the query whether a relation is stored, and by another access
// method than one, a SQL literal of its name; of an empty one the default is meant.
func OtherMethod(relation uint32, method string) string {
	return stored(fmt.Sprint(relation), `NOT EXISTS (SELECT FROM pg_catalog.pg_am m WHERE m.oid OPERATOR(pg_catalog.=) c.relam AND m.amname OPERATOR(pg_catalog.=)
		CASE WHEN `+method+` OPERATOR(pg_catalog.=) '' THEN pg_catalog.current_setting('default_table_access_method') ELSE `+method+` END)`)
}

// OtherPersistence is the query whether a relation is stored, and not as SET LOGGED
// or, if not logged, UNLOGGED wants it.
func OtherPersistence(relation uint32, logged bool) string {
	persistence := "u"
	if logged {
		persistence = "p"
	}
	return stored(fmt.Sprint(relation), "c.relpersistence OPERATOR(pg_catalog.<>) '"+persistence+"'")
}

func stored(relation, is string) string {
	return fmt.Sprintf("SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) %s::pg_catalog.oid AND c.relkind OPERATOR(pg_catalog.<>) ALL ('{p,I}') AND %s)", relation, is)
}

// StrongLocks is the query whether this transaction keeps others from reading or
// writing a relation that was there before the run. created is a FROM item with
// the oids of those that were not (relation, attnum).
func StrongLocks(created string) string {
	return `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l
		JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m,v,f}')
		WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation'
		AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
		AND l.mode OPERATOR(pg_catalog.=) ANY ('{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}')
		AND NOT EXISTS (SELECT FROM ` + created + ` x WHERE x.relation OPERATOR(pg_catalog.=) l.relation AND x.attnum OPERATOR(pg_catalog.=) 0))`
}

// PrimaryKey is the query for the columns of a table's primary key, in order;
// the table is a SQL literal of its name.
func PrimaryKey(table string) string {
	return `SELECT a.attname FROM pg_catalog.pg_constraint c
		JOIN LATERAL pg_catalog.unnest(c.conkey) WITH ORDINALITY k (attnum, place) ON true
		JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum
		WHERE c.contype OPERATOR(pg_catalog.=) 'p' AND c.conrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(` + table + `) ORDER BY k.place`
}

// IsPartitioned is the query whether a table, a SQL literal of its name, is a
// partitioned one.
func IsPartitioned(table string) string {
	return "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(" + table + "))"
}

// ValidInDomain is the query whether a domain of the session's role, a literal as the
// statement names it, has a constraint, a literal too, that is valid.
func ValidInDomain(domain, name string) string {
	return `SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) k.contypid
		WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(` + domain + `) AND k.conname OPERATOR(pg_catalog.=) ` + name + `
		AND k.contype OPERATOR(pg_catalog.=) 'c' AND k.convalidated AND pg_catalog.pg_has_role(t.typowner, 'USAGE'))`
}

// IsRelation is the query whether there is a relation, a SQL literal of its name.
func IsRelation(name string) string {
	return "SELECT pg_catalog.to_regclass(" + name + ") IS NOT NULL"
}

// NullParameters is the query for what follows the name of a prepared statement, a SQL
// literal, in EXECUTE: as many NULLs as it takes.
func NullParameters(name string) string {
	return `SELECT CASE WHEN pg_catalog.cardinality(p.parameter_types) OPERATOR(pg_catalog.=) 0 THEN ''
		ELSE pg_catalog.format('(%s)', pg_catalog.array_to_string(pg_catalog.array_fill('NULL'::pg_catalog.text, ARRAY[pg_catalog.cardinality(p.parameter_types)]), ', ')) END
		FROM pg_catalog.pg_prepared_statements p WHERE p.name OPERATOR(pg_catalog.=) ` + name
}

// SameInAllRows is the query whether columns that a table got just now have the same
// value in each row that was there: those of known have, and so has one whose value the
// server keeps beside the rows (pg_attribute.atthasmissing), or that has none, by its type
// neither.
func SameInAllRows(table uint32, columns, known []string) string {
	return fmt.Sprintf(`SELECT pg_catalog.bool_and(a.attgenerated OPERATOR(pg_catalog.=) '' AND a.attidentity OPERATOR(pg_catalog.=) ''
			AND (a.attname OPERATOR(pg_catalog.=) ANY (%s) OR a.atthasmissing OR NOT a.atthasdef AND t.typdefault IS NULL))
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
		WHERE a.attrelid OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND a.attname OPERATOR(pg_catalog.=) ANY (%s)`, arrayOf(known), table, arrayOf(columns))
}

// HasDefault is the query whether a type, a SQL literal of its name, has a value for a
// column without a default, as a domain may have.
func HasDefault(name string) string {
	return "SELECT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(" + name + ") AND t.typdefault IS NOT NULL)"
}
