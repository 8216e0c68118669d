package pg

import (
	"fmt"
	"strings"
)

// The catalogs in which a lock on an object says what a transaction has changed or
// dropped; NamespaceCatalog is itself locked by who changes it: no lock is taken on
// a schema that is renamed (measured on 14 and 18).
const (
	NamespaceCatalog = 2615 // pg_namespace
	symbolCatalogs   = "1247, 1255, 2605, 2617, 3079, 3456"
)

// firstNormalOID is the first oid that is not the server's own
// (FirstNormalObjectId, src/include/access/transam.h).
const firstNormalOID = 16384

// HeldLocks is the query for the locks this session's transaction holds that a
// query does not take: on relations, with what these are now; of functions, types
// and extensions, exclusive ones only; and that of who has changed a schema. Its
// columns: catalog (0 for a relation), oid, mode as in pg_locks, schema, name,
// relkind, relpersistence and relfilenode, NULL of what is gone.
//
// It costs 0.2 ms in a quiet server, more where others hold thousands of locks.
var HeldLocks = fmt.Sprintf(`SELECT coalesce(l.classid, 0)::pg_catalog.int8, coalesce(l.relation, l.objid)::pg_catalog.int8, l.mode,
		n.nspname, c.relname, c.relkind, c.relpersistence, c.relfilenode::pg_catalog.int8
	FROM pg_catalog.pg_locks l
	LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation
	LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
	WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.granted
	AND (l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.relation OPERATOR(pg_catalog.>=) %d::pg_catalog.oid
			AND l.mode OPERATOR(pg_catalog.<>) ALL ('{AccessShareLock,RowShareLock,RowExclusiveLock}'::pg_catalog.text[])
		OR l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.relation OPERATOR(pg_catalog.=) %d::pg_catalog.oid AND l.mode OPERATOR(pg_catalog.=) 'RowExclusiveLock'
		OR l.locktype OPERATOR(pg_catalog.=) 'object' AND l.classid OPERATOR(pg_catalog.=) ANY ('{%s}'::pg_catalog.oid[])
			AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock')
	ORDER BY 1, 2, 3`, firstNormalOID, NamespaceCatalog, symbolCatalogs)

// Schemas is the query for the schemas there are, each with its oid and name in one
// text; not those of temporary objects.
const Schemas = `SELECT n.oid::pg_catalog.text OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) n.nspname::pg_catalog.text
	FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_(toast_)?temp_'`

// RelationsBefore is the query for what a session that is in no transaction sees of
// relations: what they were before the one that has locked them. It takes no lock
// on them. created is as in StrongLocks. Its columns: oid, schema, name, relkind,
// relpersistence, relfilenode, the table of an index or 0, whether it is a partition
// or child, and whether it was created since the last release.
func RelationsBefore(oids []uint32, created string) string {
	return `SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, c.relkind, c.relpersistence, c.relfilenode::pg_catalog.int8,
		coalesce((SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) c.oid), 0)::pg_catalog.int8,
		EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid OPERATOR(pg_catalog.=) c.oid),
		EXISTS (SELECT FROM ` + created + ` x WHERE x.relation OPERATOR(pg_catalog.=) c.oid AND x.attnum OPERATOR(pg_catalog.=) 0)
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
	WHERE c.oid OPERATOR(pg_catalog.=) ANY (` + oidArray(oids) + `)`
}

// SnapshotOf is Snapshot of some relations only.
func SnapshotOf(oids []uint32) string {
	array := oidArray(oids)
	return snapshotHead + " AND a.attrelid = ANY (" + array + ")" + snapshotTail + " AND c.oid = ANY (" + array + ")"
}

func oidArray(oids []uint32) string {
	texts := make([]string, len(oids))
	for i, oid := range oids {
		texts[i] = fmt.Sprint(oid)
	}
	return "'{" + strings.Join(texts, ",") + "}'::pg_catalog.oid[]"
}

// HiddenCode is the query for the functions that an application has written: name,
// source, whether that is SQL or PL/pgSQL, and whether rows that are written call
// it (a trigger, a default, a constraint), schema statements do (an event trigger),
// or anything else that can stand in a query without its name (a view, a rule, a
// policy, an operator, a cast, an index).
//
// Event triggers of roles the session is no member of are the platform's, which
// migrations cannot change: only superusers make any.
const HiddenCode = `
SELECT p.proname, p.prosrc, l.lanname IN ('sql', 'plpgsql'),
  EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = p.oid AND d.classid IN
    ('pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass)),
  EXISTS (SELECT FROM pg_catalog.pg_event_trigger e WHERE e.evtfoid = p.oid AND e.evtenabled <> 'D' AND pg_catalog.pg_has_role(e.evtowner, 'USAGE')),
  EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = p.oid AND d.classid NOT IN
    ('pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass,
     'pg_catalog.pg_event_trigger'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass))
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE l.lanname NOT IN ('internal', 'c')
AND p.pronamespace NOT IN ('pg_catalog'::pg_catalog.regnamespace, 'information_schema'::pg_catalog.regnamespace)`
