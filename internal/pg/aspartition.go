package pg

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
)

// AsPartition is the query for what a table would be as the only, DEFAULT partition of
// another: one row, one column, a JSON document in the form of catalog.AsPartition, in
// UTF-8 and in hex.
func AsPartition(relation uint32) string {
	return `SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object('not', x.not_one, 'key', x.key)::pg_catalog.text, 'UTF8'), 'hex')
FROM (` + strings.ReplaceAll(asPartition, "$relation", fmt.Sprintf("%d::pg_catalog.oid", relation)) + `) x`
}

// AssertPartition is a statement that fails with a SQLSTATE if a table, by its name as
// SQL has it, could not be such a partition. Instead of the table's, the server would
// build an index, or pass by what the table does for its own statements only.
func AssertPartition(table, code string) string {
	return "DO " + ddl.Literal(`
DECLARE why text;
BEGIN
  SELECT x.not_one INTO why FROM (`+strings.ReplaceAll(asPartition, "$relation", "pg_catalog.to_regclass("+ddl.Literal(table)+")::pg_catalog.oid")+`) x;
  IF why IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = `+ddl.Literal(code)+`, MESSAGE = why;
  END IF;
END`)
}

// asPartition gives not_one, in words, and key. The server takes an index of the table
// for its parent's primary key that has the same columns in the same order, collations
// and operator classes (CompareIndexInfo, src/backend/catalog/index.c), and builds one
// else. TRIGGER_TYPE_ROW is 1, INSERT, DELETE and UPDATE together 28
// (src/include/catalog/pg_trigger.h): TRUNCATE's triggers fire on partitions, too. From
// 17 on the server refuses a partition with an identity; before, its parent's rows get
// no number. unnest of several arrays is the parser's own, and takes no schema.
const asPartition = `
SELECT CASE
    WHEN c.oid IS NULL THEN 'it is gone'
    WHEN c.relkind <> 'r' OR c.reloftype <> 0 OR c.relpersistence <> 'p' THEN 'it is no plain table'
    WHEN c.relispartition THEN 'it is a partition of ' || (SELECT h.inhparent::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid)
    WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)) THEN 'it inherits from another table, or another from it'
    WHEN c.relrowsecurity THEN 'row security is on, and its policies are not looked at through a parent'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid) THEN 'its rules are passed by through a parent'
    WHEN g.tgname IS NOT NULL THEN 'trigger ' || pg_catalog.quote_ident(g.tgname) || ' does not fire through a parent, or no partition may have it'
    WHEN t.attname IS NOT NULL THEN 'column ' || pg_catalog.quote_ident(t.attname) || ' is an identity, which fills no rows that come through a parent'
    WHEN u.attname IS NOT NULL THEN 'NOT NULL of column ' || pg_catalog.quote_ident(u.attname) || ' is not validated, and a parent takes none that is not'
    WHEN p.key IS NULL THEN 'it has no primary key that a parent could take over'
  END AS not_one, p.key
FROM (SELECT $relation AS oid) asked
LEFT JOIN pg_catalog.pg_class c ON c.oid = asked.oid
LEFT JOIN LATERAL (
  SELECT g.tgname FROM pg_catalog.pg_trigger g
  WHERE g.tgrelid = c.oid AND NOT g.tgisinternal
    AND (g.tgoldtable IS NOT NULL OR g.tgnewtable IS NOT NULL
      OR g.tgtype & 1::pg_catalog.int2 = 0 AND g.tgtype & 28::pg_catalog.int2 <> 0 AND g.tgenabled <> 'D')
  ORDER BY 1 LIMIT 1) g ON true
LEFT JOIN LATERAL (
  SELECT t.attname FROM pg_catalog.pg_attribute t
  WHERE t.attrelid = c.oid AND t.attnum > 0 AND t.attidentity <> '' ORDER BY 1 LIMIT 1) t ON true
LEFT JOIN LATERAL (
  SELECT u.attname FROM pg_catalog.pg_constraint n
  JOIN pg_catalog.pg_attribute u ON u.attrelid = c.oid AND u.attnum = n.conkey[1]
  WHERE n.conrelid = c.oid AND n.contype = 'n' AND NOT n.convalidated ORDER BY 1 LIMIT 1) u ON true
LEFT JOIN LATERAL (
  SELECT (SELECT pg_catalog.json_agg(a.attname ORDER BY k.n)
    FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k (attnum, n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) AS key
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
  JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
  WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate AND i.indnatts = i.indnkeyatts
    AND NOT EXISTS (
      SELECT FROM unnest(i.indkey, i.indclass, i.indcollation) k (attnum, class, coll)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      JOIN pg_catalog.pg_opclass o ON o.oid = k.class
      WHERE NOT o.opcdefault OR k.coll <> a.attcollation OR a.attgenerated <> '')) p ON true`
