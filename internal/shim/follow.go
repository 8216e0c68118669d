package shim

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
)

// Follow is SQL that gives a shim's view what its table has by now: owner, privileges,
// defaults and, from 15 on, row security. Both are oids. It runs in the transaction of
// the statement that has changed the table, and changes nothing where nothing differs:
// ALTER VIEW locks the view. It fails where the role may not do to the view what it
// could do to the table, because somebody else has made the view, say.
func Follow(view, table uint32, major int) string {
	parts := []string{followOwner, followLosses, followRights, followDefaults}
	if major >= securityInvoker {
		parts = append(parts, followSecurity)
	}
	return follow(fmt.Sprintf("%d::pg_catalog.oid::pg_catalog.regclass", view), table, parts...)
}

// FollowParent is SQL as Follow, for a partitioned table whose one partition the table is, by its
// oid: owner and privileges. Columns are those of a name. It does nothing where the name is not
// there.
func FollowParent(parent ddl.Name, table uint32) string {
	var parts []string
	for _, part := range []string{followOwner, followLosses, followRights} {
		parts = append(parts, strings.NewReplacer(shown, parted, "ALTER VIEW", "ALTER TABLE").Replace(part))
	}
	return follow(fmt.Sprintf("pg_catalog.to_regclass(%s)", ddl.Literal(parent.String())), table, parts...)
}

// FollowColumn is SQL as Follow, for a column that is to have the privileges of another one of
// its table, both by their numbers; with exactly no others.
func FollowColumn(table uint32, from, to int16, exactly bool) string {
	of := fmt.Sprintf("(%s) want\n    FULL JOIN (%s) has ", columnRights(from, to), columnRights(to, to)) + named
	parts := []string{strings.ReplaceAll(followRights, rights, of)}
	if exactly {
		parts = []string{strings.ReplaceAll(followLosses, rights, of), parts[0]}
	}
	return follow(fmt.Sprintf("%d::pg_catalog.oid::pg_catalog.regclass", table), table, parts...)
}

// columnRights are the privileges on a column, as if on another.
func columnRights(column, as int16) string {
	return fmt.Sprintf(`SELECT %d AS number, a.grantee, a.privilege_type AS privilege, pg_catalog.bool_or(a.is_grantable) AS grantable
      FROM pg_catalog.pg_attribute c, pg_catalog.aclexplode(c.attacl) a WHERE c.attrelid = t AND c.attnum = %d GROUP BY 2, 3`, as, column)
}

// LockView is SQL that locks a shim's view and not the table under it, as LOCK TABLE
// would: old code locks the view first, and would wait for the table with that in hand.
func LockView(view string) string { return fmt.Sprintf("ALTER VIEW %s RESET (security_barrier)", view) }

// follow is a block that runs the SQL which the parts, queries, give one after the other.
func follow(view string, table uint32, parts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nDECLARE v pg_catalog.regclass := %s; t pg_catalog.oid := %d; does text;\nBEGIN\n  IF v IS NULL THEN RETURN; END IF;", view, table)
	for _, part := range parts {
		fmt.Fprintf(&b, "\n  FOR does IN %s\n  LOOP EXECUTE does; END LOOP;", part)
	}
	b.WriteString("\nEND")
	return "DO $migguard$" + b.String() + "$migguard$"
}

// shown are a view's columns and those of the table: it has them in the table's order
// (TableView.create), and its rule depends on each (src/backend/catalog/dependency.c).
const shown = `(SELECT pg_catalog.row_number() OVER (ORDER BY d.refobjsubid) AS number, d.refobjsubid AS source
    FROM (SELECT DISTINCT d.refobjsubid FROM pg_catalog.pg_rewrite w
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
      WHERE w.ev_class = v AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t AND d.refobjsubid > 0) d)`

// parted are the columns of a partitioned table and those of its partition.
const parted = `(SELECT p.attnum AS number, c.attnum AS source FROM pg_catalog.pg_attribute p JOIN pg_catalog.pg_attribute c ON c.attname = p.attname
    WHERE p.attrelid = v AND c.attrelid = t AND p.attnum > 0 AND NOT p.attisdropped AND NOT c.attisdropped)`

// followDefaults gives the view's columns the defaults of the table's. UPDATE ... SET
// column = DEFAULT, also ON CONFLICT's, writes NULL without (measured on 14 to 18; INSERT
// does not). Those of a sequence are left out: it could not be dropped any more.
const followDefaults = `SELECT pg_catalog.format('ALTER VIEW %s ALTER COLUMN %I ', v, a.attname) || coalesce('SET DEFAULT ' || x.expression, 'DROP DEFAULT')
    FROM ` + shown + ` s
    JOIN pg_catalog.pg_attribute a ON a.attrelid = v AND a.attnum = s.number
    LEFT JOIN (SELECT d.adnum, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression FROM pg_catalog.pg_attrdef d
      JOIN pg_catalog.pg_attribute b ON b.attrelid = t AND b.attnum = d.adnum AND b.attgenerated = ''
      WHERE d.adrelid = t AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend u JOIN pg_catalog.pg_class q ON q.oid = u.refobjid AND q.relkind = 'S'
        WHERE u.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND u.objid = d.oid AND u.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)) x ON x.adnum = s.source
    LEFT JOIN pg_catalog.pg_attrdef y ON y.adrelid = v AND y.adnum = s.number
    WHERE x.expression IS DISTINCT FROM pg_catalog.pg_get_expr(y.adbin, y.adrelid)`

// followOwner gives the view the table's owner, who has to be able to make one there for
// that (manual, ALTER VIEW), and nobody may in an overlay's schema (Overlay.Expand).
const followOwner = `SELECT pg_catalog.unnest(CASE WHEN pg_catalog.has_schema_privilege(c.relowner, o.relnamespace, 'CREATE')
      THEN ARRAY[changes] ELSE ARRAY['GRANT CREATE ' || place, changes, 'REVOKE CREATE ' || pg_catalog.replace(place, ' TO ', ' FROM ')] END)
    FROM pg_catalog.pg_class c, pg_catalog.pg_class o,
      LATERAL (SELECT pg_catalog.format('ALTER VIEW %s OWNER TO %I', v, pg_catalog.pg_get_userbyid(c.relowner)) AS changes,
        pg_catalog.format('ON SCHEMA %s TO %I', o.relnamespace::pg_catalog.regnamespace, pg_catalog.pg_get_userbyid(c.relowner)) AS place) x
    WHERE c.oid = t AND o.oid = v AND c.relowner <> o.relowner`

// followLosses and followRights give the view the table's privileges, and before take
// what it has not: with one on the view those on its columns go.
const (
	followLosses = `SELECT CASE WHEN want.grantable IS NULL THEN 'REVOKE ' ELSE 'REVOKE GRANT OPTION FOR ' END || pg_catalog.format('%s%s ON %s FROM %s CASCADE', privilege, place, v, role)
    FROM ` + rights + `
    WHERE want.grantable IS NULL OR has.grantable AND NOT want.grantable`
	followRights = `SELECT pg_catalog.format('GRANT %s%s ON %s TO %s', privilege, place, v, role) || CASE WHEN want.grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM ` + rights + `
    WHERE want.grantable IS NOT NULL AND (has.grantable IS NULL OR want.grantable AND NOT has.grantable)`
)

// rights are the privileges that somebody has on the table or the view, number 0, or on
// one of its columns. Without any of its own a relation has the owner's.
const rights = `(SELECT number, grantee, privilege, pg_catalog.bool_or(grantable) AS grantable FROM (
        SELECT 0, a.grantee, a.privilege_type, a.is_grantable FROM pg_catalog.pg_class c,
          pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a WHERE c.oid = t
        UNION ALL
        SELECT s.number, a.grantee, a.privilege_type, a.is_grantable FROM ` + shown + ` s
        JOIN pg_catalog.pg_attribute c ON c.attrelid = t AND c.attnum = s.source, pg_catalog.aclexplode(c.attacl) a
      ) w (number, grantee, privilege, grantable) GROUP BY 1, 2, 3) want
    FULL JOIN (SELECT number, grantee, privilege, pg_catalog.bool_or(grantable) AS grantable FROM (
        SELECT 0, a.grantee, a.privilege_type, a.is_grantable FROM pg_catalog.pg_class c,
          pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) a WHERE c.oid = v
        UNION ALL
        SELECT c.attnum, a.grantee, a.privilege_type, a.is_grantable FROM pg_catalog.pg_attribute c, pg_catalog.aclexplode(c.attacl) a
        WHERE c.attrelid = v
      ) h (number, grantee, privilege, grantable) GROUP BY 1, 2, 3) has ` + named

// named joins the two by the name of what they are on, and writes that and the role.
const named = `USING (number, grantee, privilege)
    LEFT JOIN pg_catalog.pg_attribute n ON n.attrelid = v AND n.attnum = number AND number > 0,
    LATERAL (SELECT CASE WHEN n.attname IS NULL THEN '' ELSE pg_catalog.format(' (%I)', n.attname) END AS place,
      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END AS role) x`

// followSecurity lets policies that have begun to apply see who asks.
const followSecurity = `SELECT pg_catalog.format('ALTER VIEW %s SET (security_invoker = true)', v)
    FROM pg_catalog.pg_class c, pg_catalog.pg_class o
    WHERE c.oid = t AND o.oid = v AND c.relrowsecurity AND NOT coalesce('security_invoker=true' = ANY (o.reloptions), false)`
