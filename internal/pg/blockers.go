package pg

import (
	"fmt"
	"strings"
)

// Blockers is a query for the transactions of other sessions that keep a strong
// lock on these relations, SQL literals of their names, from being had: those
// that write to them or have a lock that excludes it, and with readers, which
// only ACCESS EXCLUSIVE has to wait for, all. Of an index its table counts as
// well. A row is one text for people, the oldest transaction first; what the role
// may not look at is left out of it.
func Blockers(relations []string, readers bool) string {
	var oids []string
	for _, name := range relations {
		oids = append(oids, "pg_catalog.to_regclass("+name+")")
	}
	weak := "'AccessShareLock', 'RowShareLock'"
	if readers {
		weak = "''"
	}
	return fmt.Sprintf(blockersQuery, strings.Join(oids, ", "), weak)
}

// blockersQuery: a fast-path lock is in pg_locks as well. The text of a query
// may be long, and hold what is nobody's business: its beginning tells enough.
const blockersQuery = `
SELECT pg_catalog.concat('pid ', a.pid, ' (', pg_catalog.concat_ws(', ', a.usename,
	CASE WHEN a.application_name OPERATOR(pg_catalog.<>) '' THEN a.application_name END,
	pg_catalog.concat(a.state, ' for ', pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start))),
	'): ', pg_catalog.substr(a.query, 1, 60))
FROM pg_catalog.pg_stat_activity a
WHERE a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND a.pid OPERATOR(pg_catalog.=) ANY (
	SELECT l.pid FROM pg_catalog.pg_locks l
	WHERE l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation'
	AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
	AND (l.relation OPERATOR(pg_catalog.=) ANY (ARRAY[%[1]s]::pg_catalog.oid[])
		OR l.relation OPERATOR(pg_catalog.=) ANY (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) ANY (ARRAY[%[1]s]::pg_catalog.oid[])))
	AND l.mode OPERATOR(pg_catalog.<>) ALL (ARRAY[%[2]s]))
ORDER BY a.xact_start LIMIT 5`
