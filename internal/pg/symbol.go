package pg

import (
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
)

// Symbols is the query for the functions, sequences, types and extensions that
// statements can name: one row, one column, a JSON array of catalog.Symbol,
// written as Lookup's. Left out is what belongs to something else: members of
// extensions, an identity column's sequence, a range's constructors, arrays and
// rows of tables; and trigger functions, which only triggers call.
const Symbols = `
WITH internal AS (
  SELECT d.classid, d.objid FROM pg_catalog.pg_depend d
  WHERE d.deptype = 'e' OR d.deptype = 'i' AND d.classid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_class'::pg_catalog.regclass)
),
symbols (doc, namespace) AS (
  SELECT pg_catalog.json_build_object(
    'kind', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    'class', p.tableoid::pg_catalog.int8, 'oid', p.oid::pg_catalog.int8, 'schema', n.nspname, 'name', p.proname,
    'arguments', pg_catalog.to_json(p.proargtypes::pg_catalog.oid[]::pg_catalog.int8[]),
    'signature', pg_catalog.oidvectortypes(p.proargtypes),
    'optional', p.pronargdefaults, 'argument_names', p.proargnames,
    'result', pg_catalog.json_build_array(p.prorettype, p.proretset, p.provariadic, p.proallargtypes, p.proargmodes)::pg_catalog.text,
    'callers', (
      SELECT pg_catalog.json_agg(CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END)
      FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a),
    'feeds', (
      SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend d
      WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = p.oid
        AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass)), p.pronamespace
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.oid >= 16384 AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
    AND NOT EXISTS (SELECT FROM internal i WHERE i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objid = p.oid)
  UNION ALL
  SELECT pg_catalog.json_build_object('kind', 'sequence', 'class', c.tableoid::pg_catalog.int8, 'oid', c.oid::pg_catalog.int8, 'schema', n.nspname, 'name', c.relname,
    'owner', coalesce(d.refobjid::pg_catalog.int8, 0), 'owner_column', coalesce(d.refobjsubid, 0)), c.relnamespace
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_depend d ON d.deptype = 'a' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND c.oid >= 16384
    AND NOT EXISTS (SELECT FROM internal i WHERE i.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.objid = c.oid)
  UNION ALL
  SELECT pg_catalog.json_build_object('kind', CASE y.typtype WHEN 'd' THEN 'domain' ELSE 'type' END,
    'class', y.tableoid::pg_catalog.int8, 'oid', y.oid::pg_catalog.int8, 'schema', n.nspname, 'name', y.typname,
    'attributes', (
      SELECT pg_catalog.json_agg(t.attname ORDER BY t.attnum) FROM pg_catalog.pg_attribute t
      WHERE t.attrelid = y.typrelid AND t.attnum > 0 AND NOT t.attisdropped)), y.typnamespace
  FROM pg_catalog.pg_type y
  JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
  WHERE y.oid >= 16384 AND y.typisdefined AND (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'
    OR y.typtype = 'b' AND y.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc)
    AND NOT EXISTS (SELECT FROM internal i WHERE i.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND i.objid = y.oid)
  UNION ALL
  SELECT pg_catalog.json_build_object('kind', 'extension', 'class', x.tableoid::pg_catalog.int8, 'oid', x.oid::pg_catalog.int8, 'schema', n.nspname, 'name', x.extname), NULL
  FROM pg_catalog.pg_extension x
  JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
)
SELECT pg_catalog.encode(pg_catalog.convert_to(coalesce(pg_catalog.json_agg(s.doc), '[]')::pg_catalog.text, 'UTF8'), 'hex')
FROM symbols s WHERE s.namespace IS DISTINCT FROM pg_catalog.pg_my_temp_schema()`

// Existing is the query for all that Symbols may list, now or when it has left an
// extension: the oids of its catalog and of itself, its schema and name.
const Existing = `
SELECT p.tableoid, p.oid, n.nspname, p.proname FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384
UNION ALL SELECT c.tableoid, c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S'
UNION ALL SELECT y.tableoid, y.oid, n.nspname, y.typname FROM pg_catalog.pg_type y
JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
WHERE y.oid >= 16384 AND (y.typtype <> 'c' OR c.relkind = 'c')
UNION ALL SELECT x.tableoid, x.oid, n.nspname, x.extname FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace`

// Naming is the query for functions of the application's whose body names one of
// some identifiers: their signature, and the identifier, a row for the first of
// each identifier. The server does not track what a body depends on.
func Naming(words []string) string {
	var b strings.Builder
	b.WriteString(`SELECT DISTINCT ON (w.word) p.oid::pg_catalog.regprocedure::pg_catalog.text, w.word
FROM (VALUES `)
	for i, word := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + ddl.Literal(word) + ", " + ddl.Literal(`(^|[^[:alnum:]_$])`+regexp.QuoteMeta(word)+`($|[^[:alnum:]_$])`) + ")")
	}
	b.WriteString(`) AS w (word, form)
JOIN pg_catalog.pg_proc p ON p.oid >= 16384 AND p.prosrc ~* w.form
JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
WHERE p.pronamespace <> coalesce(pg_catalog.to_regnamespace('migguard')::pg_catalog.oid, 0)
ORDER BY w.word, p.oid`)
	return b.String()
}
