package pg

import "fmt"

// MaxFamily is how many tables of a hierarchy are looked at by their names, because each
// contract is asked about each of them.
const MaxFamily = 1000

// Family is the query for the other tables of a relation's hierarchy, by oid: those above
// it, and those below, at most one more than MaxFamily. See [catalog.DecodeFamily].
func Family(relation uint32) string {
	return fmt.Sprintf(`WITH RECURSIVE above(oid) AS (
	SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) %[1]d::pg_catalog.oid
	UNION SELECT i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.oid
), below(oid) AS (
	SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) %[1]d::pg_catalog.oid
	UNION SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) b.oid
)
SELECT pg_catalog.encode(pg_catalog.convert_to(coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', f.nspname, 'name', f.relname)), '[]')::pg_catalog.text, 'UTF8'), 'hex')
FROM (SELECT n.nspname, k.relname FROM (SELECT a.oid FROM above a UNION SELECT b.oid FROM below b) m
	JOIN pg_catalog.pg_class k ON k.oid OPERATOR(pg_catalog.=) m.oid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.relnamespace
	ORDER BY 1, 2 LIMIT %[2]d) f`, relation, MaxFamily+1)
}
