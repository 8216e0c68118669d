package pg

import "fmt"

// Retyping is the query for what a copy has to take over from a column whose place it takes
// because it has another type, in the form of catalog.Retyping, as Copying. awaiting is a
// FROM item with the columns that something is about which waits (relation, attnum), copied the name
// of the copy, and proxy that of the CHECK that stands for its NOT NULL, as literals. overlays is a
// FROM item, too (view, relation, plain): views that may follow the column. double is what the
// names of its indexes' doubles begin with, a literal.
func Retyping(relation uint32, attnum int16, awaiting, overlays, copied, proxy, double string) string {
	return fmt.Sprintf(retypingQuery, relation, attnum, copied, proxy, awaiting, overlays, double)
}

// retypingQuery takes from pg_depend whatever hangs on the column: of that ALTER COLUMN ... TYPE
// makes indexes, constraints and the default anew, and fails for most else
// (RememberAllDependentForRebuilding, src/backend/commands/tablecmds.c). What triggers there are
// Copying tells. Storage and
// compression it sets to the new type's, as a new column has them.
const retypingQuery = `
SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object(
  'zone', pg_catalog.current_setting('TimeZone'),
  'last', NOT EXISTS (SELECT FROM pg_catalog.pg_attribute l WHERE l.attrelid = c.oid AND l.attnum > t.attnum AND NOT l.attisdropped AND l.attname <> %[3]s),
  'comment', coalesce(pg_catalog.col_description(c.oid, t.attnum), ''),
  'statistics', coalesce(nullif(t.attstattarget, -1)::pg_catalog.text, ''),
  'sequences', (SELECT pg_catalog.json_agg(q.oid::pg_catalog.regclass::pg_catalog.text ORDER BY q.oid) FROM pg_catalog.pg_depend e JOIN pg_catalog.pg_class q ON q.oid = e.objid AND q.relkind = 'S'
    WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND e.refobjid = c.oid AND e.refobjsubid = t.attnum AND e.deptype = 'a'),
  'identity', (SELECT pg_catalog.json_build_object('always', t.attidentity = 'a', 'schema', n.nspname, 'name', q.relname, 'options',
      pg_catalog.format('START WITH %%s INCREMENT BY %%s', z.seqstart, z.seqincrement)
      || CASE WHEN z.seqmin IN (-32768, -2147483648, -9223372036854775808) THEN '' ELSE ' MINVALUE ' || z.seqmin END
      || CASE WHEN z.seqmax IN (32767, 2147483647, 9223372036854775807) THEN '' ELSE ' MAXVALUE ' || z.seqmax END
      || ' CACHE ' || z.seqcache || CASE WHEN z.seqcycle THEN ' CYCLE' ELSE '' END)
    FROM pg_catalog.pg_depend e JOIN pg_catalog.pg_class q ON q.oid = e.objid JOIN pg_catalog.pg_namespace n ON n.oid = q.relnamespace JOIN pg_catalog.pg_sequence z ON z.seqrelid = q.oid
    WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND e.refobjid = c.oid AND e.refobjsubid = t.attnum AND e.deptype = 'i'),
  'not_null_name', coalesce((SELECT k.conname FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'n' AND k.conkey = ARRAY[t.attnum]), ''),
  'required', EXISTS (SELECT FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid AND x.attname = %[3]s AND NOT x.attisdropped AND x.attnotnull)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND (k.conname = %[4]s OR k.contype = 'n' AND NOT k.convalidated
      AND k.conkey = ARRAY[(SELECT x.attnum FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid AND x.attname = %[3]s)])),
  'constraints', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname, 'kind', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
      'valid', k.convalidated, 'comment', coalesce(pg_catalog.obj_description(k.oid, 'pg_constraint'), ''),
      'index', CASE WHEN k.contype IN ('p', 'u') THEN k.conindid ELSE 0 END::pg_catalog.int8) ORDER BY k.oid)
    FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'n' AND t.attnum = ANY (k.conkey)),
  'referencing', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname, 'kind', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
      'valid', k.convalidated, 'comment', coalesce(pg_catalog.obj_description(k.oid, 'pg_constraint'), ''), 'oid', r.oid::pg_catalog.int8, 'schema', n.nspname, 'table', r.relname) ORDER BY k.oid)
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class r ON r.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
    WHERE k.contype = 'f' AND k.confrelid = c.oid AND t.attnum = ANY (k.confkey) AND NOT (k.conrelid = c.oid AND t.attnum = ANY (k.conkey))),
  'indexes', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('oid', i.indexrelid::pg_catalog.int8, 'name', b.relname,
      'comment', coalesce(pg_catalog.obj_description(b.oid, 'pg_class'), '')) ORDER BY b.oid)
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class b ON b.oid = i.indexrelid WHERE i.indrelid = c.oid),
  'overlay', coalesce((SELECT overlay.view::pg_catalog.regclass || ' shows its table to code by other names' FROM %[6]s WHERE overlay.relation = c.oid AND NOT overlay.plain LIMIT 1), ''),
  'why', coalesce(
    (SELECT pg_catalog.format('the foreign key %%I of %%s refers to it, ', k.conname, k.conrelid::pg_catalog.regclass) || CASE WHEN r.relkind = 'p' OR k.conparentid <> 0 THEN 'which has partitions, or is one'
        ELSE 'which belongs to another role' END
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class r ON r.oid = k.conrelid
      WHERE k.contype = 'f' AND k.confrelid = c.oid AND t.attnum = ANY (k.confkey) AND (r.relkind = 'p' OR k.conparentid <> 0 OR NOT pg_catalog.pg_has_role(r.relowner, 'USAGE')) LIMIT 1),
    (SELECT CASE WHEN NOT i.indimmediate THEN 'is DEFERRABLE' WHEN i.indisexclusion THEN 'is one of EXCLUDE' WHEN i.indisreplident THEN 'is the replica identity'
        WHEN i.indisclustered THEN 'is the one that CLUSTER uses' WHEN NOT i.indisvalid THEN 'is invalid' ELSE 'is in a tablespace of its own' END || ': ' || pg_catalog.quote_ident(b.relname)
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class b ON b.oid = i.indexrelid
      WHERE i.indrelid = c.oid AND (NOT i.indimmediate OR i.indisexclusion OR i.indisreplident OR i.indisclustered OR NOT i.indisvalid OR b.reltablespace <> 0)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid AND x.attname = %[3]s AND NOT x.attisdropped AND x.attnum = ANY (i.indkey))
        AND (t.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = i.indexrelid
          AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum)) LIMIT 1),
    (SELECT pg_catalog.format('its index %%I reads another column, too, which code that runs has under another name', a.relname)
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class a ON a.oid = i.indexrelid
      JOIN pg_catalog.pg_class b ON b.relnamespace = c.relnamespace AND b.relname = %[7]s || i.indexrelid
      JOIN pg_catalog.pg_index j ON j.indexrelid = b.oid AND j.indrelid = c.oid
      WHERE i.indrelid = c.oid AND (t.attnum = ANY (j.indkey) OR EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = j.indexrelid
          AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum)) LIMIT 1),
    (SELECT pg_catalog.pg_describe_object(e.classid, e.objid, e.objsubid) || ' depends on it' FROM pg_catalog.pg_depend e
      LEFT JOIN pg_catalog.pg_class b ON e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND b.oid = e.objid
      LEFT JOIN pg_catalog.pg_attrdef f ON e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = e.objid
      WHERE e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum
        AND e.classid NOT IN ('pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass) AND (b.relkind IS NULL OR b.relkind NOT IN ('i', 'S')) AND f.adnum IS DISTINCT FROM t.attnum
        AND NOT EXISTS (SELECT FROM %[6]s JOIN pg_catalog.pg_rewrite w ON w.ev_class = overlay.view WHERE e.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND e.objid = w.oid) LIMIT 1),
    (SELECT 'what an earlier migration has asked of it waits for code that runs' FROM %[5]s WHERE awaiting.relation = c.oid AND awaiting.attnum = t.attnum LIMIT 1),
    (SELECT 'its sequence has privileges, or a comment, of its own' FROM pg_catalog.pg_depend e JOIN pg_catalog.pg_class q ON q.oid = e.objid AND q.relkind = 'S'
      WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.refobjid = c.oid AND e.refobjsubid = t.attnum
        AND e.deptype = 'i' AND (q.relacl IS NOT NULL OR pg_catalog.obj_description(q.oid, 'pg_class') IS NOT NULL)),
    CASE WHEN t.attoptions IS NOT NULL THEN 'it has options of its own' END,
    (SELECT 'its rows are of the type of another table''s column' FROM pg_catalog.pg_depend e
      WHERE e.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND e.refobjid = c.reltype AND e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass LIMIT 1), '')
)::pg_catalog.text, 'UTF8'), 'hex')
FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
WHERE t.attrelid = %[1]d::pg_catalog.oid AND t.attnum = %[2]d`
