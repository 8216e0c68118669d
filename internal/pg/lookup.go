package pg

import "strings"

// Names are what a Lookup asks for, as SQL text constants.
type Names struct {
	Relation string // as the statement names it
	Target   string // the name it is to have, in its schema
	Schema   string // whose relations are listed
}

// Lookup is the query for what the catalogs say about the names in a change.
// Its one row has one column, a JSON document in the form of catalog.Lookup.
// Names are resolved by the session that runs the query, as in its own
// statements.
//
// created and standing are FROM items with what the ledger knows: created
// objects (relation, attnum), and shims (view, relation, new_name,
// transaction).
func Lookup(n Names, created, standing string) string {
	return strings.NewReplacer(
		"$name", n.Relation, "$target", n.Target, "$schema", n.Schema,
		"$created", created, "$standing", standing,
	).Replace(lookupQuery)
}

const lookupQuery = `
WITH created AS (SELECT * FROM $created),
standing AS (SELECT * FROM $standing),
wanted AS (
  SELECT to_regclass($name)::oid AS relation,
    (SELECT t.oid FROM pg_catalog.pg_class r
     JOIN pg_catalog.pg_class t ON t.relnamespace = r.relnamespace AND t.relname = $target
     WHERE r.oid = to_regclass($name)) AS target
),
relations AS NOT MATERIALIZED (
  SELECT c.oid, json_build_object(
    'oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'owner', pg_get_userbyid(c.relowner), 'role', current_user,
    'temporary', c.relpersistence = 't',
    'row_security', c.relrowsecurity,
    'default_grants', c.relacl IS NULL,
    'grants', (
      SELECT json_agg(json_build_object(
        'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
        'privilege', a.privilege_type, 'grantable', a.is_grantable))
      FROM aclexplode(c.relacl) a),
    'new_grantees', (
      SELECT json_agg(DISTINCT
        CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END)
      FROM pg_catalog.pg_default_acl d, aclexplode(d.defaclacl) a
      WHERE d.defaclobjtype = 'r'
        AND d.defaclrole = (SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname = current_user)
        AND d.defaclnamespace IN (0, c.relnamespace)),
    'columns', (
      SELECT json_agg(json_build_object(
        'number', t.attnum, 'name', t.attname,
        'created', EXISTS (SELECT FROM created x WHERE x.relation = c.oid AND x.attnum = t.attnum),
        'grants', (
          SELECT json_agg(json_build_object(
            'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
            'privilege', a.privilege_type, 'grantable', a.is_grantable))
          FROM aclexplode(t.attacl) a)
        ) ORDER BY t.attnum)
      FROM pg_catalog.pg_attribute t
      WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped),
    'created', EXISTS (SELECT FROM created x WHERE x.relation = c.oid AND x.attnum = 0),
    'standing', (
      SELECT json_build_object('relation', s.relation::int8,
        'name', s.relation::regclass::text,
        'uncommitted', s.transaction = pg_current_xact_id_if_assigned())
      FROM standing s WHERE s.view = c.oid)
  ) AS doc
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
)
SELECT json_build_object(
  'relation', (SELECT r.doc FROM relations r WHERE r.oid = w.relation),
  'target', (SELECT r.doc FROM relations r WHERE r.oid = w.target),
  'from_block', EXISTS (
    SELECT FROM standing s JOIN pg_catalog.pg_class c ON c.oid = s.relation
    WHERE s.relation = w.relation AND s.new_name = c.relname
      AND s.transaction = pg_current_xact_id_if_assigned()),
  'inside', (
    SELECT json_agg(r.doc)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN relations r ON r.oid = c.oid
    WHERE n.nspname = $schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT EXISTS (SELECT FROM created x WHERE x.relation = c.oid AND x.attnum = 0))
)::text
FROM wanted w`

// Snapshot is the query for all relations with rows outside the system
// schemas: one row, one column, a JSON array in the form of catalog.Snapshot.
const Snapshot = `
SELECT coalesce(json_agg(json_build_object(
  'oid', c.oid::int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
  'columns', t.columns)), '[]')::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (
  SELECT a.attrelid, json_agg(
    json_build_object('number', a.attnum, 'name', a.attname) ORDER BY a.attnum) AS columns
  FROM pg_catalog.pg_attribute a
  WHERE a.attnum > 0 AND NOT a.attisdropped
  GROUP BY a.attrelid
) t ON t.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'migguard')`

// Functions is the query for the names of functions that may hide a change:
// those whose body is not compiled C.
const Functions = `
SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE l.lanname NOT IN ('internal', 'c')
  AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`
