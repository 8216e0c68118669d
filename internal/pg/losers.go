package pg

import "fmt"

// Losers is the query for the roles of running code, those that have a session in the database
// and the one that this one has logged in as, that have rights to a relation as its owner, and
// none when owner has it: a literal, or current_user and the like. What is granted to the old owner goes
// to the new one (aclnewowner, src/backend/utils/adt/acl.c).
func Losers(relation uint32, owner string) string {
	return fmt.Sprintf(losersQuery, relation, owner)
}

const losersQuery = `
SELECT r.rolname FROM pg_catalog.pg_class c, pg_catalog.pg_roles n, pg_catalog.pg_roles r
WHERE c.oid = %d AND n.rolname = %s
  AND (r.rolname = session_user OR r.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database()))
  AND pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE') AND NOT pg_catalog.pg_has_role(r.oid, n.oid, 'USAGE')
  AND EXISTS (
    SELECT FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p (privilege)
    WHERE pg_catalog.has_table_privilege(r.oid, c.oid, p.privilege) AND NOT EXISTS (
      SELECT FROM pg_catalog.aclexplode(c.relacl) a
      WHERE a.grantee <> c.relowner AND a.privilege_type = p.privilege AND (a.grantee = 0 OR pg_catalog.pg_has_role(r.oid, a.grantee, 'USAGE'))))
ORDER BY 1`
