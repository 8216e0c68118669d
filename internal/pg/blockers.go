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
	return blocking(holding(oidsOf(relations), readers)) + "\nSELECT b.what FROM blocking b ORDER BY b.xact_start LIMIT 5"
}

// CancelBlockers is a statement that cancels what the clients among these
// transactions run for longer than so many seconds. Its rows are texts as those of
// Blockers, and whether the server sent the signal. A transaction that is idle stays in
// the way: cancelling does nothing to it (manual, "Server Signaling Functions"; only
// ending its session would). So does a session of a role whose queries this one may
// not cancel. The function stands behind a materialized CTE, for the order of conditions
// is the planner's.
func CancelBlockers(relations []string, readers bool, seconds float64) string {
	return cancelling(holding(oidsOf(relations), readers), seconds)
}

// CancelHolders is CancelBlockers, with readers, for one relation, by oid, and its
// partitions.
func CancelHolders(relation uint32, seconds float64) string {
	oids := fmt.Sprintf("%d::pg_catalog.oid OPERATOR(pg_catalog.||) ARRAY(SELECT m.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(%[1]d::pg_catalog.oid::pg_catalog.regclass) m)", relation)
	return cancelling(holding(oids, true), seconds)
}

// CancelAhead is CancelBlockers for those that a server process waits for, be it for
// a lock or, as CONCURRENTLY does, for the end of their transaction.
func CancelAhead(pid uint32, seconds float64) string {
	return cancelling(fmt.Sprintf("SELECT pg_catalog.unnest(pg_catalog.pg_blocking_pids(%d))", pid), seconds)
}

// cancelling is the statement of CancelBlockers for server processes, a query.
func cancelling(pids string, seconds float64) string {
	return blocking(pids) + fmt.Sprintf(`, old AS MATERIALIZED (
	SELECT b.what, b.pid FROM blocking b
	WHERE b.state OPERATOR(pg_catalog.=) 'active' AND b.backend_type OPERATOR(pg_catalog.=) 'client backend'
	AND b.query_start OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(secs => %f))
	AND pg_catalog.pg_has_role(b.usesysid, 'USAGE')
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles t, pg_catalog.pg_roles s
		WHERE t.oid OPERATOR(pg_catalog.=) b.usesysid AND s.rolname OPERATOR(pg_catalog.=) current_user AND t.rolsuper AND NOT s.rolsuper)
)
SELECT o.what, pg_catalog.pg_cancel_backend(o.pid) FROM old o`, seconds)
}

// oidsOf are the oids of relations, an array.
func oidsOf(relations []string) string {
	var oids []string
	for _, name := range relations {
		oids = append(oids, "pg_catalog.to_regclass("+name+")")
	}
	return "ARRAY[" + strings.Join(oids, ", ") + "]::pg_catalog.oid[]"
}

// holding is a query for the server processes that have a lock on relations, an
// array of oids. A fast-path lock is in pg_locks as well.
func holding(oids string, readers bool) string {
	weak := "'AccessShareLock', 'RowShareLock'"
	if readers {
		weak = "''"
	}
	return fmt.Sprintf(`SELECT l.pid FROM pg_catalog.pg_locks l
		WHERE l.granted AND l.locktype OPERATOR(pg_catalog.=) 'relation'
		AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
		AND (l.relation OPERATOR(pg_catalog.=) ANY (%[1]s)
			OR l.relation OPERATOR(pg_catalog.=) ANY (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid OPERATOR(pg_catalog.=) ANY (%[1]s)))
		AND l.mode OPERATOR(pg_catalog.<>) ALL (ARRAY[%[2]s])`, oids, weak)
}

// blocking is the CTE of that name, of the server processes of a query. The text of
// what they run may be long, and hold what is nobody's business: its beginning tells
// enough.
func blocking(pids string) string {
	return fmt.Sprintf(`WITH blocking AS MATERIALIZED (
	SELECT pg_catalog.concat('pid ', a.pid, ' (', pg_catalog.concat_ws(', ', a.usename,
		CASE WHEN a.application_name OPERATOR(pg_catalog.<>) '' THEN a.application_name END,
		pg_catalog.concat(a.state, ' for ', pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start))),
		'): ', pg_catalog.substr(a.query, 1, 60)) AS what,
		a.pid, a.usesysid, a.state, a.backend_type, a.xact_start, a.query_start
	FROM pg_catalog.pg_stat_activity a
	WHERE a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND a.pid OPERATOR(pg_catalog.=) ANY (%s)
)`, pids)
}
