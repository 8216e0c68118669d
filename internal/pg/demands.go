package pg

// Filling is what tells a row of Demands about a column that the server fills, Typing one about a
// column's type, and Belonging one about a partition or child of a table.
const Filling, Typing, Belonging = "f", "t", "p"

// Demands is the query for what tables ask of the rows that are written to them, NOT NULL,
// constraints, unique indexes, row security, GENERATED ALWAYS, triggers and rules that are on: what tells each from others,
// the table's oid, and SQL that would make it. What begins with Filling, ends with a point and a column's number, and has SQL that would take it away, is what the
// server does for rows without a value. What begins with Typing ends with a colon and the type; its SQL would give
// the column that. What begins with Belonging has SQL that would part it from its table. What partitions have of their table's is left out.
const Demands = `
SELECT 'n' || a.attrelid || '.' || a.attnum, c.oid::pg_catalog.int8,
  pg_catalog.format('ALTER TABLE %I.%I ALTER COLUMN %I SET NOT NULL', n.nspname, c.relname, a.attname)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE a.attnotnull AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND ` + demanding + `
UNION ALL
SELECT '` + Filling + `' || a.attrelid || '.' || a.attnum, c.oid::pg_catalog.int8, pg_catalog.format('ALTER TABLE %I.%I ALTER COLUMN %I DROP %s', n.nspname, c.relname, a.attname,
  CASE WHEN a.attidentity OPERATOR(pg_catalog.<>) '' THEN 'IDENTITY' WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN 'EXPRESSION' ELSE 'DEFAULT' END)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE (a.atthasdef OR a.attidentity OPERATOR(pg_catalog.<>) '') AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND ` + demanding + `
UNION ALL
SELECT '` + Typing + `' || a.attrelid || '.' || a.attnum || ':' || a.atttypid || '.' || a.atttypmod, c.oid::pg_catalog.int8,
  pg_catalog.format('ALTER TABLE %I.%I ALTER COLUMN %I TYPE %s', n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND ` + demanding + `
UNION ALL
SELECT 'c' || k.oid, c.oid::pg_catalog.int8, pg_catalog.format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE k.contype OPERATOR(pg_catalog.=) ANY ('{c,f,u,p,x}') AND k.conislocal AND k.conparentid OPERATOR(pg_catalog.=) 0 AND ` + demanding + `
UNION ALL
SELECT 'i' || i.indexrelid, c.oid::pg_catalog.int8, coalesce(pg_catalog.pg_get_indexdef(i.indexrelid), '')
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid OPERATOR(pg_catalog.=) i.indexrelid AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'))
  AND ` + demanding + `
UNION ALL
SELECT 's' || is_on.action || c.oid, c.oid::pg_catalog.int8, pg_catalog.format('ALTER TABLE %I.%I %s ROW LEVEL SECURITY', n.nspname, c.relname, is_on.action)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace,
  LATERAL (VALUES ('ENABLE', c.relrowsecurity), ('FORCE', c.relforcerowsecurity)) is_on (action, yes)
WHERE is_on.yes AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
UNION ALL
SELECT 'a' || a.attrelid || '.' || a.attnum, c.oid::pg_catalog.int8, pg_catalog.format('ALTER TABLE %I.%I ALTER COLUMN %I SET GENERATED ALWAYS', n.nspname, c.relname, a.attname)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE a.attidentity OPERATOR(pg_catalog.=) 'a' AND NOT a.attisdropped AND ` + demanding + `
UNION ALL
SELECT pg_catalog.format('g%s.%s.%s.%s.%s', g.oid, g.tgfoid, g.tgtype, g.tgattr, pg_catalog.md5(g.tgqual::pg_catalog.text)), c.oid::pg_catalog.int8, pg_catalog.pg_get_triggerdef(g.oid)
FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
WHERE NOT g.tgisinternal AND g.tgparentid OPERATOR(pg_catalog.=) 0 AND g.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}') AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
UNION ALL
SELECT pg_catalog.format('r%s.%s%s', w.oid, w.ev_type, w.is_instead), c.oid::pg_catalog.int8, pg_catalog.pg_get_ruledef(w.oid)
FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE w.ev_type OPERATOR(pg_catalog.<>) '1' AND w.ev_enabled OPERATOR(pg_catalog.=) ANY ('{O,A}') AND ` + demanding + `
UNION ALL
SELECT '` + Belonging + `' || h.inhrelid || '.' || h.inhparent, c.oid::pg_catalog.int8, CASE WHEN c.relispartition
  THEN pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I', m.nspname, p.relname, n.nspname, c.relname)
  ELSE pg_catalog.format('ALTER TABLE %I.%I NO INHERIT %I.%I', n.nspname, c.relname, m.nspname, p.relname) END
FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) h.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) h.inhparent JOIN pg_catalog.pg_namespace m ON m.oid OPERATOR(pg_catalog.=) p.relnamespace
WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}') AND c.relpersistence OPERATOR(pg_catalog.<>) 't'`

const demanding = `c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}') AND NOT c.relispartition AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
  AND n.nspname OPERATOR(pg_catalog.<>) ALL ('{pg_catalog,information_schema,pg_toast,migguard}')`
