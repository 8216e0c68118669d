package pg

import "fmt"

// Holding is the query for what stands between a column of a relation, or with
// attnum 0 the relation, and code that no longer knows it. Its one row has one
// column, a JSON document in the form of catalog.Holding, in UTF-8 and in hex.
func Holding(relation uint32, attnum int16) string {
	return fmt.Sprintf(holdingQuery, relation, attnum)
}

// An index stands before the one that migguard has made for a copy of its column, so that
// people read the name that they know. indnullsnotdistinct is there from 15 on; read by
// name out of a row's JSON, its absence is no error.
const holdingQuery = `
SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object(
  'not_null', coalesce(t.attnotnull OR y.typnotnull, false) AND t.attidentity = '' AND t.attgenerated = '' AND NOT t.atthasdef AND y.typdefault IS NULL,
  'domain', coalesce(y.typnotnull, false),
  'default', CASE WHEN t.attgenerated = '' THEN coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), y.typdefault) END,
  'identity', coalesce(t.attidentity <> '', false),
  'generated', coalesce(t.attgenerated <> '', false),
  'type', pg_catalog.format_type(t.atttypid, t.atttypmod),
  'child', EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = w.oid),
  'keys', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', x.relname, 'primary', i.indisprimary,
      'column', w.attnum = ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1]),
      'alone', i.indnkeyatts = 1,
      'nulls', coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::pg_catalog.bool, false)) ORDER BY i.indexrelid)
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    WHERE i.indrelid = w.oid AND (i.indisunique OR i.indisexclusion) AND EXISTS (
      SELECT FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.objid = i.indexrelid
        AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = w.oid AND p.refobjsubid = w.attnum
      UNION ALL
      SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid = i.indexrelid AND o.conrelid = w.oid AND o.contype IN ('p', 'u', 'x') AND w.attnum = ANY (o.conkey))),
  'checks', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname, 'alone', k.conkey = ARRAY[w.attnum],
      'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid)) ORDER BY k.conname)
    FROM pg_catalog.pg_constraint k WHERE k.conrelid = w.oid AND k.contype = 'c' AND w.attnum = ANY (k.conkey)),
  'references', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', k.conname,
      'table', pg_catalog.format('%%I.%%I', n.nspname, c.relname), 'definition', pg_catalog.pg_get_constraintdef(k.oid),
      'harms', CASE WHEN w.attnum = 0 THEN k.confdeltype NOT IN ('n', 'c')
        ELSE k.confdeltype <> 'n' OR pg_catalog.cardinality(k.conkey) > 1 OR t.atthasdef OR y.typdefault IS NOT NULL END,
      'full', k.confmatchtype = 'f' AND pg_catalog.cardinality(k.conkey) > 1) ORDER BY k.conname)
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE k.conrelid = w.oid AND k.contype = 'f' AND k.conparentid = 0 AND CASE WHEN w.attnum = 0 THEN k.confrelid <> w.oid ELSE w.attnum = ANY (k.conkey) END)
)::pg_catalog.text, 'UTF8'), 'hex')
FROM (SELECT %[1]d::pg_catalog.oid AS oid, %[2]d::pg_catalog.int2 AS attnum) w
LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = w.oid AND t.attnum = w.attnum AND w.attnum > 0
LEFT JOIN pg_catalog.pg_type y ON y.oid = t.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.attrelid AND d.adnum = t.attnum`
