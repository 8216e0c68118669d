package pg

import (
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
)

// Synced is the query for what keeps columns and their copies equal: one row, one
// column, a JSON document in the form of []catalog.Synced, in UTF-8 and in hex. The search
// path has to be as for Copying, whose copies and trigger these are.
func Synced(copies, trigger string) string {
	return fmt.Sprintf(syncedQuery, copies, ddl.Literal(trigger))
}

// syncedQuery knows the trigger by its kind, 23: one for each row, BEFORE, INSERT and
// UPDATE (src/include/catalog/pg_trigger.h). UPDATE OF is in tgattr, and in the
// dependencies, where WHEN is, too: AFTER a row the two are equal, before it maybe not yet.
var syncedQuery = `
SELECT pg_catalog.encode(pg_catalog.convert_to(coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
  'relation', c.oid::pg_catalog.int8, 'number', s.copy_of, 'table', c.oid::pg_catalog.regclass, 'column', coalesce(t.attname, ''), 'copy', coalesce(x.attname, ''),
  'renamed', s.kind = 'sync', 'converted', s.conversion IS NOT NULL,
  'type', coalesce(pg_catalog.format_type(t.atttypid, t.atttypmod), ''),
  'copy_type', coalesce(pg_catalog.format_type(x.atttypid, x.atttypmod), ''),
  'alike', coalesce((t.atttypid, t.atttypmod, t.attcollation) = (x.atttypid, x.atttypmod, x.attcollation), false),
  'default', coalesce(d.expression, ''), 'constant', coalesce(t.attidentity, '') = '' AND ` + constantDefault + `,
  'copy_default', coalesce((SELECT pg_catalog.pg_get_expr(f.adbin, f.adrelid) FROM pg_catalog.pg_attrdef f WHERE f.adrelid = c.oid AND f.adnum = x.attnum), ''),
  'fires', EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = %[2]s || s.copy_of AND g.tgenabled = 'A' AND g.tgtype = 23 AND g.tgfoid = p.oid),
  'source', coalesce(p.prosrc, ''),
  'beside', coalesce(
    (SELECT 'the table ' || h.inhrelid::pg_catalog.regclass || ' inherits from it, whose rows no trigger keeps equal' FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid LIMIT 1),
    (SELECT CASE WHEN o.of_one THEN pg_catalog.format('the trigger %%I is fired by an UPDATE OF one of them, and not of the other', g.tgname)
        ELSE pg_catalog.format('the trigger %%I has a condition about one of them, before they are equal', g.tgname) END
      FROM pg_catalog.pg_trigger g, LATERAL (SELECT
        (t.attnum = ANY (g.tgattr)) <> (x.attnum = ANY (g.tgattr)) AS of_one,
        g.tgtype & 3::pg_catalog.int2 = 3 AND NOT t.attnum = ANY (g.tgattr) AND EXISTS (SELECT FROM pg_catalog.pg_depend e
          WHERE e.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND e.objid = g.oid
          AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid IN (t.attnum, x.attnum)) AS before) o
      WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND NOT pg_catalog.starts_with(g.tgname, %[2]s) AND (o.of_one OR o.before)
      ORDER BY g.tgname LIMIT 1),
    (SELECT 'the privileges of the one are not those of the other' WHERE ` + privileges("t") + ` IS DISTINCT FROM ` + privileges("x") + `), '')
) ORDER BY c.oid, s.copy_of), '[]')::pg_catalog.text, 'UTF8'), 'hex')
FROM %[1]s
JOIN pg_catalog.pg_class c ON c.oid = s.relation
LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = s.copy_of AND NOT t.attisdropped
LEFT JOIN pg_catalog.pg_attribute x ON x.attrelid = c.oid AND x.attnum = s.attnum AND NOT x.attisdropped
LEFT JOIN pg_catalog.pg_proc p ON p.proname = pg_catalog.format('sync_%%s_%%s', s.relation, s.copy_of) AND p.pronamespace = (
  SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'migguard')
LEFT JOIN ` + defaultTrees + ` d ON d.adrelid = c.oid AND d.adnum = t.attnum`

// privileges are those on a column, whoever has granted them.
func privileges(column string) string {
	return "(SELECT pg_catalog.array_agg(g.held ORDER BY g.held) FROM (SELECT pg_catalog.format('%%s %%s %%s', a.grantee, a.privilege_type, pg_catalog.bool_or(a.is_grantable)) AS held" +
		" FROM pg_catalog.aclexplode(" + column + ".attacl) a GROUP BY a.grantee, a.privilege_type) g)"
}
