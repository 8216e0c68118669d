package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
)

// Copying is the query for what a copy of a column has to be like. Its one row has
// one column, a JSON document in the form of catalog.Copying, in UTF-8 and in hex. The
// session's search path has to be pg_catalog alone, as CopyingPath sets it: then what the
// server prints has the schemas of all other names. copies is a FROM item with the copies there are
// (relation, attnum, copy_of, kind, ready, conversion), trigger, double and beside are what the names of
// the column's trigger, of its indexes' doubles, and of that of its primary key which stays with
// it, begin with. An index that has both the column and its copy is none of the column's.
func Copying(relation uint32, attnum int16, copies, trigger, double, beside string) string {
	return fmt.Sprintf(copyingQuery, relation, attnum, copies, ddl.Literal(trigger), ddl.Literal(double), ddl.Literal(beside))
}

// CopyingPath sets the search path for Copying, until the transaction ends.
const CopyingPath = "SET LOCAL search_path = pg_catalog"

// constantDefault tells a default d, of defaultTrees, whose functions are all immutable, or
// none (pg_node_tree; the server keeps it as it was written).
const (
	constantDefault = `coalesce(d.tree !~ '[{](SQLVALUEFUNCTION|NEXTVALUEEXPR|COERCEVIAIO|SUBLINK)' AND NOT EXISTS (
    SELECT FROM pg_catalog.regexp_matches(d.tree, ':(?:funcid|opfuncid|elemfuncid) ([1-9][0-9]*)', 'g') m
    JOIN pg_catalog.pg_proc f ON f.oid = m[1]::pg_catalog.oid WHERE f.provolatile <> 'i'), true)`
	defaultTrees = `(SELECT f.adrelid, f.adnum, f.adbin::pg_catalog.text AS tree, pg_catalog.pg_get_expr(f.adbin, f.adrelid) AS expression FROM pg_catalog.pg_attrdef f)`
)

// copyingQuery has reasons of which the first counts. The bits of tgtype are in
// src/include/catalog/pg_trigger.h: 2 is BEFORE, 4 INSERT, 8 DELETE, 16 UPDATE. Triggers
// fire in the order of their names' bytes (manual, "Overview of Trigger Behavior").
// Dependencies of a trigger on a column are UPDATE OF and WHEN.
const copyingQuery = `
SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object(
  'type', pg_catalog.format_type(t.atttypid, t.atttypmod),
  'collation', (SELECT pg_catalog.format('%%I.%%I', n.nspname, l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
    WHERE l.oid = t.attcollation AND t.attcollation <> y.typcollation),
  'default', coalesce(d.expression, ''),
  'constant', t.attidentity = '' AND ` + constantDefault + `,
  'not_null', t.attnotnull,
  'role', current_user,
  'grants', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
    'privilege', a.privilege_type, 'grantable', a.is_grantable)) FROM pg_catalog.aclexplode(t.attacl) a),
  'key', coalesce(
    CASE WHEN t.attidentity <> '' THEN 'it is an identity column' END,
    (SELECT 'it is part of the primary key' FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND t.attnum = ANY (i.indkey) LIMIT 1),
    (SELECT pg_catalog.format('the foreign key %%I of %%s refers to it', k.conname, k.conrelid::pg_catalog.regclass) FROM pg_catalog.pg_constraint k
      WHERE k.contype = 'f' AND k.confrelid = c.oid AND t.attnum = ANY (k.confkey) LIMIT 1), ''),
  'bound', coalesce(
    (SELECT 'it is part of the primary key, with others' FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnatts > 1 AND t.attnum = ANY (i.indkey) LIMIT 1),
    (SELECT pg_catalog.format('the foreign key %%I of %%s refers to it', k.conname, k.conrelid::pg_catalog.regclass) FROM pg_catalog.pg_constraint k
      WHERE k.contype = 'f' AND k.confrelid = c.oid AND t.attnum = ANY (k.confkey) LIMIT 1), ''),
  'why', coalesce(
    CASE WHEN c.relkind <> 'r' THEN 'it is not a column of a plain table'
      WHEN c.relpersistence = 't' THEN 'its table is a temporary one'
      WHEN c.relhassubclass OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) THEN 'its table has partitions or children, or is one'
      WHEN t.attgenerated <> '' THEN 'it is generated from other columns'
      WHEN y.typtype = 'd' THEN 'its type is a domain'
      WHEN d.adnum IS NOT NULL AND d.tree ~ '[{]NEXTVALUEEXPR' THEN 'its default is a sequence'
      WHEN NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN 'the session''s role does not own the table'
      WHEN pg_catalog.row_security_active(c.oid) THEN 'row level security may hide rows from the session' END,
    (SELECT 'its table has the rule ' || pg_catalog.quote_ident(r.rulename) FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid LIMIT 1),
    (SELECT CASE WHEN p.on_column THEN pg_catalog.format('the trigger %%I is about it', g.tgname)
        WHEN p.names THEN pg_catalog.format('the trigger %%I names it', g.tgname)
        WHEN p.updates THEN pg_catalog.format('its table has the trigger %%I, which filling in the copy would fire', g.tgname)
        ELSE pg_catalog.format('the trigger %%I comes behind any of migguard''s', g.tgname) END
      FROM pg_catalog.pg_trigger g, LATERAL (SELECT
        EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND e.objid = g.oid
          AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum) AS on_column,
        g.tgnargs > 0 AND pg_catalog.strpos(pg_catalog.encode(g.tgargs, 'escape'), t.attname) > 0 AS names,
        g.tgtype & 16::pg_catalog.int2 <> 0 AND g.tgenabled <> 'D' AND g.tgattr::pg_catalog.text = '' AS updates,
        g.tgtype & 3::pg_catalog.int2 = 3 AND g.tgtype & 4::pg_catalog.int2 <> 0 AND g.tgname::pg_catalog.text COLLATE pg_catalog."C" >= %[4]s AS behind) p
      WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND NOT pg_catalog.starts_with(g.tgname, %[4]s) AND (p.on_column OR p.names OR p.updates OR p.behind)
      ORDER BY g.tgname LIMIT 1), ''),
  'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('oid', i.indexrelid::pg_catalog.int8, 'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
      'immediate', i.indimmediate, 'primary', i.indisprimary, 'beside', EXISTS (SELECT FROM pg_catalog.pg_class b JOIN pg_catalog.pg_index j ON j.indexrelid = b.oid
        WHERE b.relnamespace = c.relnamespace AND b.relname = %[6]s || i.indexrelid AND j.indrelid = c.oid AND j.indisvalid), 'doubled', EXISTS (SELECT FROM pg_catalog.pg_class b JOIN pg_catalog.pg_index j ON j.indexrelid = b.oid
        WHERE b.relnamespace = c.relnamespace AND b.relname = %[5]s || i.indexrelid AND j.indrelid = c.oid AND j.indisvalid),
      'double', coalesce((SELECT b.oid::pg_catalog.int8 FROM pg_catalog.pg_class b JOIN pg_catalog.pg_index j ON j.indexrelid = b.oid
        WHERE b.relnamespace = c.relnamespace AND b.relname = %[5]s || i.indexrelid AND j.indrelid = c.oid), 0)) ORDER BY i.indexrelid)
    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND NOT coalesce(x.attnum = ANY (i.indkey), false) AND (t.attnum = ANY (i.indkey) OR EXISTS (
      SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = i.indexrelid
        AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum))),
  'copy', coalesce(x.attname, ''), 'synced', coalesce(s.kind = 'sync', false), 'ready', coalesce(s.ready, false), 'conversion', coalesce(s.conversion, ''),
  'fires', EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgenabled = 'A' AND g.tgname = %[4]s || t.attnum)
)::pg_catalog.text, 'UTF8'), 'hex')
FROM pg_catalog.pg_attribute t
JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
JOIN pg_catalog.pg_type y ON y.oid = t.atttypid
LEFT JOIN ` + defaultTrees + ` d
  ON d.adrelid = t.attrelid AND d.adnum = t.attnum
LEFT JOIN %[3]s ON s.relation = t.attrelid AND s.copy_of = t.attnum
LEFT JOIN pg_catalog.pg_attribute x ON x.attrelid = t.attrelid AND x.attnum = s.attnum AND NOT x.attisdropped
WHERE t.attrelid = %[1]d::pg_catalog.oid AND t.attnum = %[2]d`

// CopiedOf is a query for what sessions see alike of a column that a copy can be made of: its
// one row has one column, in hex. Other than what Copying asks it locks nothing, so that another
// session can ask while a transaction holds the table: pg_get_indexdef opens it
// (set_relation_column_names, src/backend/utils/adt/ruleutils.c).
func CopiedOf(relation uint32, attnum int16) string {
	return fmt.Sprintf(copiedOfQuery, relation, attnum)
}

const copiedOfQuery = `
SELECT coalesce((SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_array(n.nspname, c.relname, t.attname,
  t.atttypid::pg_catalog.int8, t.atttypmod, t.attcollation::pg_catalog.int8, y.typname, y.typnamespace::pg_catalog.int8,
  (SELECT d.adbin::pg_catalog.text FROM pg_catalog.pg_attrdef d WHERE d.adrelid = t.attrelid AND d.adnum = t.attnum),
  (SELECT pg_catalog.json_agg(i.indexrelid::pg_catalog.int8 ORDER BY i.indexrelid) FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid AND (t.attnum = ANY (i.indkey) OR EXISTS (
      SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = i.indexrelid
        AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum)))
  )::pg_catalog.text, 'UTF8'), 'hex')
FROM pg_catalog.pg_attribute t
JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type y ON y.oid = t.atttypid
WHERE t.attrelid = %[1]d::pg_catalog.oid AND t.attnum = %[2]d), '')`

// ReadCopied is what a copy, a column of a table by oid, ought to have, in SQL: the column
// that it is a copy of, or what is made of it; empty where it is none. copies is as for Copying.
func ReadCopied(ctx context.Context, conn *pgx.Conn, table uint32, name, copies string) (value string, err error) {
	err = conn.QueryRow(ctx, `
SELECT coalesce(s.conversion, pg_catalog.quote_ident(t.attname)) FROM pg_catalog.pg_attribute x JOIN `+copies+` ON s.relation = x.attrelid AND s.attnum = x.attnum
JOIN pg_catalog.pg_attribute t ON t.attrelid = s.relation AND t.attnum = s.copy_of AND NOT t.attisdropped
WHERE x.attrelid = $1 AND x.attname = $2 AND NOT x.attisdropped`, table, name).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the column that %s is a copy of: %w", name, err)
	}
	return value, nil
}
