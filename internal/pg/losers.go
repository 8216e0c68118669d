package pg

import "fmt"

// Losers is the query for the roles of running code, those that have a session in the database
// and the one that this one has logged in as, that have rights to a relation as its owner, and
// none when owner has it: a literal, or current_user and the like. What is granted to the old owner goes
// to the new one (aclnewowner, src/backend/utils/adt/acl.c).
func Losers(relation uint32, owner string) string {
	return fmt.Sprintf(losersQuery, relation, owner)
}

// LostBy is the query for the relations, by schema and name, to which a role of running code has rights
// only by a role that is taken from another, member: itself, or one that it is a member of. role and member are as owner is
// in Losers; where they are the same, what was granted to that role is taken from it. created is a FROM item of created
// objects (relation, attnum). A right to a relation is also that to some of its columns, and to look into its schema.
// Rights that a third role gives as well are not looked for.
func LostBy(role, member, created string) string {
	return fmt.Sprintf(lostQuery, role, member, created)
}

const lostQuery = `
SELECT DISTINCT n.nspname, c.relname FROM pg_catalog.pg_roles g, pg_catalog.pg_roles m, pg_catalog.pg_roles r,
  pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE g.rolname = %[1]s AND m.rolname = %[2]s AND NOT r.rolsuper
  AND pg_catalog.pg_has_role(r.oid, m.oid, 'USAGE') AND pg_catalog.pg_has_role(m.oid, g.oid, 'USAGE')
  AND (r.rolname = session_user OR r.oid IN (SELECT a.usesysid FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database()))
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'migguard')
  AND NOT EXISTS (SELECT FROM %[3]s x WHERE x.relation = c.oid AND x.attnum = 0)
  AND (c.relowner <> r.oid AND EXISTS (
    SELECT FROM pg_catalog.unnest(CASE c.relkind WHEN 'S' THEN ARRAY['SELECT', 'UPDATE', 'USAGE'] ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) p (privilege)
    WHERE CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(g.oid, c.oid, p.privilege) ELSE pg_catalog.has_table_privilege(g.oid, c.oid, p.privilege) END
      AND NOT EXISTS (
      SELECT FROM pg_catalog.aclexplode(c.relacl) a WHERE a.grantee IN (0, r.oid) AND a.grantee <> g.oid AND a.privilege_type = p.privilege))
  OR c.relowner <> r.oid AND EXISTS (
    SELECT FROM pg_catalog.pg_attribute t, pg_catalog.aclexplode(t.attacl) p
    WHERE t.attrelid = c.oid AND pg_catalog.pg_has_role(g.oid, p.grantee, 'USAGE') AND NOT EXISTS (
      SELECT FROM pg_catalog.aclexplode(c.relacl) a WHERE a.grantee IN (0, r.oid) AND a.grantee <> g.oid AND a.privilege_type = p.privilege_type) AND NOT EXISTS (
      SELECT FROM pg_catalog.aclexplode(t.attacl) a WHERE a.grantee IN (0, r.oid) AND a.grantee <> g.oid AND a.privilege_type = p.privilege_type))
  OR n.nspowner <> r.oid AND pg_catalog.has_schema_privilege(g.oid, n.oid, 'USAGE') AND NOT EXISTS (
      SELECT FROM pg_catalog.aclexplode(n.nspacl) a WHERE a.grantee IN (0, r.oid) AND a.grantee <> g.oid AND a.privilege_type = 'USAGE')
    AND CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(r.oid, c.oid, 'USAGE') ELSE pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE') END)
ORDER BY 1, 2`

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
