package pg

import (
	"fmt"
	"strings"
)

// ViewSettings are those under which a view's source is the same whatever the session's
// settings are, and has the schema of every name: what pg_dump sets.
var ViewSettings = map[string]string{
	"search_path": "", "DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "3", "quote_all_identifiers": "off",
}

// ViewSource is the query for all that makes a view what it is, and, with cascade, those
// that CASCADE would drop along with it: one row, one column, a JSON array in the form of
// catalog.ViewSource, written as Lookup's. view is SQL for its oid. It is asked under ViewSettings.
func ViewSource(view string, cascade bool) string {
	return strings.NewReplacer("$view", view, "$cascade", fmt.Sprint(cascade)).Replace(viewSource)
}

// Rules and triggers of a view depend on it, and what they name on them. A view's rights
// are all its owner's to give, or cannot be given again by one role. What else than views
// CASCADE drops has no way back here.
const viewSource = `
WITH RECURSIVE dropped AS (
  SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = $view AND c.relkind = 'v'
  UNION
  SELECT w.ev_class FROM dropped d
  JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = d.oid
    AND p.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  JOIN pg_catalog.pg_rewrite w ON w.oid = p.objid
  JOIN pg_catalog.pg_class c ON c.oid = w.ev_class AND c.relkind = 'v'
  WHERE $cascade
),
parts AS (
  SELECT d.oid AS view, 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid AS class, w.oid FROM dropped d JOIN pg_catalog.pg_rewrite w ON w.ev_class = d.oid
  UNION ALL
  SELECT d.oid, 'pg_catalog.pg_trigger'::pg_catalog.regclass, g.oid FROM dropped d JOIN pg_catalog.pg_trigger g ON g.tgrelid = d.oid
  UNION ALL
  SELECT d.oid, 'pg_catalog.pg_attrdef'::pg_catalog.regclass, f.oid FROM dropped d JOIN pg_catalog.pg_attrdef f ON f.adrelid = d.oid
  UNION ALL
  SELECT d.oid, 'pg_catalog.pg_class'::pg_catalog.regclass, d.oid FROM dropped d
)
SELECT pg_catalog.encode(pg_catalog.convert_to(coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
  'oid', c.oid::pg_catalog.int8, 'schema', n.nspname, 'name', c.relname, 'owner', pg_catalog.pg_get_userbyid(c.relowner), 'role', current_user,
  'definition', pg_catalog.pg_get_viewdef(c.oid),
  'options', coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.option_name) || ' = ' || pg_catalog.quote_literal(o.option_value), ', ')
    FROM pg_catalog.pg_options_to_table(c.reloptions) o), ''),
  'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
  'columns', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', t.attname,
      'type', pg_catalog.format_type(t.atttypid, t.atttypmod), 'collation', t.attcollation::pg_catalog.int8,
      'default', (SELECT pg_catalog.pg_get_expr(f.adbin, f.adrelid) FROM pg_catalog.pg_attrdef f WHERE f.adrelid = c.oid AND f.adnum = t.attnum),
      'comment', pg_catalog.col_description(c.oid, t.attnum),
      'grants', (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
          'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END, 'privilege', a.privilege_type, 'grantable', a.is_grantable)
          ORDER BY a.grantee, a.privilege_type)
        FROM pg_catalog.aclexplode(t.attacl) a)) ORDER BY t.attnum)
    FROM pg_catalog.pg_attribute t WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped),
  'grants', (
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
      'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END, 'privilege', a.privilege_type, 'grantable', a.is_grantable)
      ORDER BY a.grantee, a.privilege_type)
    FROM pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a),
  'parts', coalesce((
    SELECT pg_catalog.json_agg(x.part ORDER BY x.kind, x.name) FROM (
      SELECT 1 AS kind, g.tgname AS name, pg_catalog.json_build_object('kind', 'TRIGGER', 'name', g.tgname, 'definition', pg_catalog.pg_get_triggerdef(g.oid), 'enabled', g.tgenabled,
        'comment', pg_catalog.obj_description(g.oid, 'pg_trigger')) AS part
      FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal
      UNION ALL
      SELECT 2, w.rulename, pg_catalog.json_build_object('kind', 'RULE', 'name', w.rulename, 'definition', pg_catalog.pg_get_ruledef(w.oid), 'enabled', w.ev_enabled,
        'comment', pg_catalog.obj_description(w.oid, 'pg_rewrite'))
      FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN') x), '[]'),
  'views', (
    SELECT pg_catalog.json_agg(DISTINCT v.oid::pg_catalog.int8) FROM parts s
    JOIN pg_catalog.pg_depend p ON p.classid = s.class AND p.objid = s.oid AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class v ON v.oid = p.refobjid AND v.relkind = 'v' AND v.oid <> c.oid
    WHERE s.view = c.oid),
  'reads', (
    SELECT pg_catalog.json_agg(x.what ORDER BY x.what) FROM (
      SELECT DISTINCT p.refclassid || ' ' || p.refobjid || ' ' || p.refobjsubid AS what FROM parts s
      JOIN pg_catalog.pg_depend p ON p.classid = s.class AND p.objid = s.oid AND p.deptype = 'n'
      WHERE s.view = c.oid AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_class v WHERE v.relkind = 'v' AND (p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND v.oid = p.refobjid
          OR p.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND v.reltype = p.refobjid))) x),
  'why', coalesce(
    (SELECT CASE p.deptype WHEN 'e' THEN 'it is part of ' ELSE 'it goes with ' END || pg_catalog.pg_describe_object(p.refclassid, p.refobjid, 0)
     FROM parts s JOIN pg_catalog.pg_depend p ON p.classid = s.class AND p.objid = s.oid AND p.deptype IN ('e', 'x') WHERE s.view = c.oid LIMIT 1),
    (SELECT 'it has a security label' FROM pg_catalog.pg_seclabel l WHERE l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND l.objoid = c.oid LIMIT 1),
    (SELECT 'rights on it come from ' || pg_catalog.pg_get_userbyid(a.grantor) || ', who does not own it'
     FROM (SELECT c.relacl AS acl UNION ALL SELECT t.attacl FROM pg_catalog.pg_attribute t WHERE t.attrelid = c.oid) g, pg_catalog.aclexplode(g.acl) a
     WHERE a.grantor <> c.relowner LIMIT 1),
    (SELECT 'CASCADE takes ' || pg_catalog.pg_describe_object(p.classid, p.objid, p.objsubid) || ' along'
     FROM pg_catalog.pg_depend p
     LEFT JOIN pg_catalog.pg_rewrite w ON p.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = p.objid
     LEFT JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND v.relkind = 'v'
     WHERE $cascade AND p.deptype = 'n' AND v.oid IS NULL
       AND (p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = c.oid
         OR p.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND p.refobjid IN (c.reltype, (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype)))
     LIMIT 1), '')
  )), '[]')::pg_catalog.text, 'UTF8'), 'hex')
FROM dropped d
JOIN pg_catalog.pg_class c ON c.oid = d.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`
