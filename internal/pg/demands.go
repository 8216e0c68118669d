package pg

// Filling is what tells a row of Demands about a column that the server fills, and Typing one about a
// column's type.
const Filling, Typing = "f", "t"

// Demands is the query for what tables ask of the rows that are written to them, NOT NULL,
// constraints and unique indexes: what tells each from others, the table's oid, and SQL that would make
// it. What begins with Filling, ends with a point and a column's number, and has SQL that would take it away, is what the
// server does for rows without a value. What begins with Typing ends with a colon and the type; its SQL would give
// the column that. What partitions have of their table's is left out.
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
  AND ` + demanding

const demanding = `c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}') AND NOT c.relispartition AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
  AND n.nspname OPERATOR(pg_catalog.<>) ALL ('{pg_catalog,information_schema,pg_toast,migguard}')`
