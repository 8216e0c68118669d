package pg

import "fmt"

// RowsIn is the query for what takes rows of a relation as values of its row type,
// one of them, in words: a function's argument, a column, and, with results, what a
// function returns. A row of a view that shows the relation is of another type.
func RowsIn(relation uint32, results bool) string {
	returns := "false"
	if results {
		returns = "p.prorettype = ANY (r.types)"
	}
	return fmt.Sprintf(`WITH r AS MATERIALIZED (
  SELECT pg_catalog.array_agg(t.oid) AS types FROM pg_catalog.pg_type t
  WHERE t.typrelid = %[1]d::pg_catalog.oid
    OR t.typelem IN (SELECT e.oid FROM pg_catalog.pg_type e WHERE e.typrelid = %[1]d::pg_catalog.oid) AND t.typcategory = 'A')
SELECT 'function ' || p.oid::pg_catalog.regprocedure::pg_catalog.text
FROM pg_catalog.pg_proc p, r
WHERE p.oid >= 16384 AND (EXISTS (SELECT FROM pg_catalog.unnest(p.proargtypes) a WHERE a = ANY (r.types)) OR %[2]s)
UNION ALL
SELECT 'column ' || a.attrelid::pg_catalog.regclass::pg_catalog.text || '.' || pg_catalog.quote_ident(a.attname)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f', 'c'), r
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = ANY (r.types)
LIMIT 1`, relation, returns)
}
