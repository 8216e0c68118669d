package pg

import "strings"

// Sessions is the query for who logs in to the database, and what sessions begin with. Its
// one row has one column, a JSON document in the form of catalog.Sessions, in UTF-8 and in
// hex. until is a time and setting a name, both literals; created is a FROM item of
// created objects (relation, attnum). Sessions of other roles are counted without the right
// to see what they do: pg_stat_activity shows everybody whose they are.
func Sessions(until, setting, created string) string {
	return strings.NewReplacer("$until", until, "$setting", setting, "$created", created).Replace(sessionsQuery)
}

const sessionsQuery = `
WITH open AS (
  SELECT a.usesysid, a.datname FROM pg_catalog.pg_stat_activity a
  WHERE a.pid <> pg_catalog.pg_backend_pid() AND coalesce(a.backend_type, 'client backend') = 'client backend'
),
roles AS (
  SELECT r.oid, r.rolname, r.rolsuper, r.rolconnlimit FROM pg_catalog.pg_roles r
  WHERE r.rolname = session_user OR r.oid IN (SELECT o.usesysid FROM open o WHERE o.datname = pg_catalog.current_database())
)
SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object(
  'database', pg_catalog.current_database(), 'logged_in', session_user, 'current', current_user,
  'limit', (SELECT d.datconnlimit FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()),
  'open', (SELECT pg_catalog.count(*) FROM open o JOIN roles r ON r.oid = o.usesysid WHERE o.datname = pg_catalog.current_database() AND NOT r.rolsuper),
  'roles', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', r.rolname, 'superuser', r.rolsuper, 'limit', r.rolconnlimit,
      'open', (SELECT pg_catalog.count(*) FROM open o WHERE o.usesysid = r.oid)) ORDER BY r.rolname <> session_user, r.rolname)
    FROM roles r),
  'defaults', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('role', coalesce(r.rolname, ''), 'database', s.setdatabase <> 0, 'values', s.setconfig))
    FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
    WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))),
  'ended', coalesce($until::pg_catalog.timestamptz <= pg_catalog.now(), false),
  'value', coalesce(pg_catalog.current_setting($setting, true), ''),
  'relations', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname) ORDER BY n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'migguard')
      AND NOT EXISTS (SELECT FROM $created x WHERE x.relation = c.oid AND x.attnum = 0))
)::pg_catalog.text, 'UTF8'), 'hex')`

// SessionDefaults is the query for the settings that sessions begin with, in this database or in all: the role,
// empty for all, 't' if it is for this database only, the name, and the value. Each role that may log
// in has a row of LoginRow, too.
const SessionDefaults = `
SELECT coalesce(r.rolname::pg_catalog.text, ''), s.setdatabase <> 0, pg_catalog.split_part(v, '=', 1), pg_catalog.substr(v, pg_catalog.strpos(v, '=') + 1)
FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, pg_catalog.unnest(s.setconfig) v
WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
UNION ALL
SELECT r.rolname::pg_catalog.text, false, '` + LoginRow + `', '' FROM pg_catalog.pg_roles r WHERE r.rolcanlogin`

// LoginRow stands in the place of a setting's name.
const LoginRow = "LOGIN"
