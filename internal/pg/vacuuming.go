package pg

import "fmt"

// Vacuuming is a query for what waits for those that vacuum or analyze these relations, SQL
// literals of their names, or a table below one: a LOCK TABLE for each table, which a session
// holds in SHARE UPDATE EXCLUSIVE. Of an index its table counts. Tables that the role may not
// lock so are left out.
func Vacuuming(relations []string) string { return vacuuming(oidsOf(relations)) }

// VacuumingOf is Vacuuming for one relation, by oid.
func VacuumingOf(relation uint32) string {
	return vacuuming(fmt.Sprintf("ARRAY[%d]::pg_catalog.oid[]", relation))
}

func vacuuming(oids string) string {
	return fmt.Sprintf(`WITH RECURSIVE wanted(oid) AS (
	SELECT coalesce(i.indrelid, r.oid) FROM pg_catalog.unnest(%s) r(oid) LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) r.oid
	UNION SELECT h.inhrelid FROM wanted w JOIN pg_catalog.pg_inherits h ON h.inhparent OPERATOR(pg_catalog.=) w.oid
)
SELECT pg_catalog.format('LOCK TABLE ONLY %%I.%%I IN SHARE UPDATE EXCLUSIVE MODE', n.nspname, c.relname)
FROM wanted w JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.oid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[]) AND pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.relation OPERATOR(pg_catalog.=) c.oid
	AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
	AND l.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock' AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())
ORDER BY c.oid`, oids)
}
