package pg

import (
	"fmt"
	"strings"
)

// Names are what a Lookup asks for, as SQL text constants; empty for nothing.
type Names struct {
	Relation string // as the statement names it
	Target   string // the name it is to have, in its schema
	TargetIn string // or in this one
	Schema   string // whose relations are listed, or EverySchema
	Domain   string // as the statement names it: tables with columns of it are listed
	Size     bool   // of Relation, or of those listed, is asked for, and what an UPDATE of a row fires
	Query    bool   // the size asked for is that of a materialized view and all its query reads
	Writable bool   // what a view takes is asked for
	Arbiters bool   // a table's indexes for ON CONFLICT are asked for
	// Index and OID are other ways to name the Relation: by an index of it,
	// as the statement names that, or by its oid.
	Index string
	OID   uint32
	// TableOf is an index of it, or the relation itself.
	TableOf string
	Column  string // of Relation, whose definition is asked for
	Type    string // as the statement names it
	// Sequence: how far Relation has come, which is one.
	Sequence bool
	// Referencing: the tables that refer to Relation.
	Referencing bool
	Parent      string // a partitioned table, as the statement names it
	// Indexed: if Relation is an index, its table.
	Indexed bool
}

// EverySchema is a Schema that stands for all there are.
const EverySchema = "n.nspname"

// Clustered is a Schema that stands for the tables that CLUSTER without a name is for.
const Clustered = EverySchema + " AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisclustered)"

// InTablespace is a Schema that stands for the relations of a kind (pg_class.relkind) in a
// tablespace, or, where that is i, for those with an index there; of some owners only,
// unless there are none.
func InTablespace(tablespace, kind string, owners []string) string {
	where := func(of string) string {
		sql := of + ".relkind = '" + kind + "' AND coalesce(nullif(" + of + ".reltablespace, 0), (SELECT d.dattablespace FROM pg_catalog.pg_database d" +
			" WHERE d.datname = pg_catalog.current_database())) = (SELECT s.oid FROM pg_catalog.pg_tablespace s WHERE s.spcname = " + tablespace + ")"
		if owners != nil {
			sql += " AND pg_catalog.pg_get_userbyid(" + of + ".relowner) IN (" + strings.Join(owners, ", ") + ")"
		}
		return sql
	}
	if kind != "i" {
		return EverySchema + ofNoCatalog + " AND " + where("c")
	}
	return EverySchema + ofNoCatalog + " AND EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND " + where("x") + ")"
}

const ofNoCatalog = " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"

// Lookup is the query for what the catalogs say about the names in a change.
// Its one row has one column, a JSON document in the form of catalog.Lookup, in
// UTF-8 and in hex: so it is the same under every client_encoding. Names are
// resolved by the session that runs the query, as in its own statements; the
// query's own names are not, whatever search_path is.
//
// created and standing are FROM items with what the ledger knows: created
// objects (relation, attnum), and shims (view, relation, transaction).
func Lookup(n Names, created, standing string) string {
	// What is not asked for is left out: to plan it takes longer than all
	// the rest.
	switch {
	case n.Index != "":
		n.Relation = "(SELECT i.indrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index i WHERE i.indexrelid = pg_catalog.to_regclass(" + n.Index + "))"
	case n.TableOf != "":
		n.Relation = "coalesce((SELECT i.indrelid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_index i WHERE i.indexrelid = pg_catalog.to_regclass(" + n.TableOf + ")), " + n.TableOf + ")"
	case n.OID != 0:
		n.Relation = fmt.Sprintf("%d::pg_catalog.oid::pg_catalog.regclass::pg_catalog.text", n.OID)
	}
	query := lookupQuery
	asked := []string{"SELECT w.oid FROM wanted w"}
	if n.Query {
		query = strings.ReplaceAll(query, "$size", lookupParts["query"])
	}
	for part, wanted := range map[string]bool{"relation": n.Relation != "", "target": n.Target != "", "inside": n.Schema != "", "users": n.Domain != "", "over": n.Domain != "",
		"size": n.Size, "fires": n.Size, "writable": n.Writable, "arbiters": n.Arbiters, "definition": n.Column != "", "written": n.Type != "",
		"sequence": n.Sequence, "indexed": n.Indexed, "referencing": n.Referencing,
		"parent": n.Parent != "", "default_partition": n.Parent != ""} {
		sql := "NULL"
		if wanted {
			sql = lookupParts[part]
			if of := lookupAsked[part]; of != "" {
				asked = append(asked, of)
			}
		}
		query = strings.ReplaceAll(query, "$"+part, sql)
	}
	query = strings.ReplaceAll(query, "$asked", strings.Join(asked, "\n  UNION "))
	if n.Relation == "" {
		n.Relation = "NULL" // until 15 an empty name is an error
	}
	in := "w.relnamespace"
	if n.TargetIn != "" {
		in = "(SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = " + n.TargetIn + ")"
	}
	return strings.NewReplacer(
		"$name", n.Relation, "$to", n.Target, "$in ", in+" ", "$schema", n.Schema, "$domain", n.Domain, "$column", n.Column, "$type", n.Type, "$partitioned", n.Parent,
		"$created", created, "$standing", standing,
	).Replace(query)
}

// The ledger's tables stand where they are used, and not in a CTE, so that
// their indexes serve. relations is restricted to what was asked for by itself:
// a CTE with a volatile function, as pg_relation_size is, is never inlined
// (inline_cte, src/backend/optimizer/plan/subselect.c), and would be worked out
// for all relations there are.
const lookupQuery = `
WITH RECURSIVE wanted AS (
  SELECT c.oid, c.relnamespace, c.reltype FROM pg_catalog.pg_class c
  WHERE c.oid = pg_catalog.to_regclass($name)
),
reached AS (
  SELECT w.oid FROM wanted w
  UNION
  SELECT x.oid FROM reached d, LATERAL (
    SELECT k.conrelid AS oid FROM pg_catalog.pg_constraint k WHERE k.confrelid = d.oid AND k.contype = 'f'
    UNION ALL
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = d.oid) x
),
asked (oid) AS MATERIALIZED (
  $asked
),
relations AS (
  SELECT c.oid, pg_catalog.json_build_object(
    'oid', c.oid::pg_catalog.int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'owner', pg_catalog.pg_get_userbyid(c.relowner), 'role', current_user,
    'temporary', c.relpersistence = 't',
    'size', $size, 'fires', $fires,
    'writable', $writable,
    'arbiters', $arbiters,
    'populated', c.relispopulated,
    'invalid', EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid AND NOT i.indisvalid),
    'row_security', c.relrowsecurity, 'row_security_forced', c.relforcerowsecurity,
    'has_children', c.relhassubclass, 'sequence', $sequence,
    'keyed', EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
    'default_grants', c.relacl IS NULL,
    'grants', (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
        'privilege', a.privilege_type, 'grantable', a.is_grantable))
      FROM pg_catalog.aclexplode(c.relacl) a),
    'new_grantees', (
      SELECT pg_catalog.json_agg(DISTINCT
        CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END)
      FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a
      WHERE d.defaclobjtype = 'r'
        AND d.defaclrole = (SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname = current_user)
        AND d.defaclnamespace IN (0, c.relnamespace)),
    'columns', (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'number', t.attnum, 'name', t.attname, 'definition', $definition,
        'not_null', t.attnotnull, 'filled', t.atthasdef OR t.attidentity <> '',
        'type', pg_catalog.format_type(t.atttypid, t.atttypmod), 'type_oid', t.atttypid::pg_catalog.int8, 'type_mod', t.atttypmod,
        'default', t.atthasdef AND t.attgenerated = '',
        'created', EXISTS (SELECT FROM $created x WHERE x.relation = c.oid AND x.attnum = t.attnum),
        'grants', (
          SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
            'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
            'privilege', a.privilege_type, 'grantable', a.is_grantable))
          FROM pg_catalog.aclexplode(t.attacl) a)
        ) ORDER BY t.attnum)
      FROM pg_catalog.pg_attribute t
      WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped),
    'created', EXISTS (SELECT FROM $created x WHERE x.relation = c.oid AND x.attnum = 0),
    'standing', (
      SELECT pg_catalog.json_build_object('relation', s.relation::pg_catalog.int8,
        'name', s.relation::pg_catalog.regclass::pg_catalog.text)
      FROM (SELECT * FROM $standing) s WHERE s.view = c.oid)
  ) AS doc
  FROM asked
  JOIN pg_catalog.pg_class c ON c.oid = asked.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
)
SELECT pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object(
  'encoding', pg_catalog.pg_client_encoding(),
  'relation', $relation,
  'target', $target,
  'from_block', EXISTS (
    SELECT FROM (SELECT * FROM $standing) s
    WHERE s.relation = (SELECT w.oid FROM wanted w)
      AND s.transaction = pg_catalog.pg_current_xact_id_if_assigned()),
  'inside', $inside,
  'users', $users,
  'domains', $over,
  'type', $written,
  'referencing', $referencing,
  'parent', $parent,
  'indexed', $indexed,
  'default_partition', $default_partition
)::pg_catalog.text, 'UTF8'), 'hex')`

// Snapshot is the query for all relations with rows outside the system
// schemas: one row, one column, a JSON array in the form of catalog.Snapshot,
// written as Lookup's.
const Snapshot = snapshotHead + snapshotTail

const snapshotHead = `
SELECT pg_catalog.encode(pg_catalog.convert_to(
  coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
    'oid', c.oid::pg_catalog.int8, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'owner', pg_catalog.pg_get_userbyid(c.relowner), 'default_grants', c.relacl IS NULL, 'populated', c.relispopulated,
    'grants', CASE WHEN c.relkind IN ('v', 'm') THEN (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'grantee', CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
        'privilege', a.privilege_type))
      FROM pg_catalog.aclexplode(c.relacl) a) END,
    'partition_of', CASE WHEN c.relispartition THEN i.inhparent::pg_catalog.int8 ELSE 0 END,
    'columns', t.columns)), '[]')::pg_catalog.text, 'UTF8'), 'hex')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN (
  SELECT a.attrelid, pg_catalog.json_agg(
    pg_catalog.json_build_object('number', a.attnum, 'name', a.attname,
      'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'type_oid', a.atttypid::pg_catalog.int8, 'type_mod', a.atttypmod
    ) ORDER BY a.attnum) AS columns
  FROM pg_catalog.pg_attribute a
  WHERE a.attnum > 0 AND NOT a.attisdropped`

const snapshotTail = `
  GROUP BY a.attrelid
) t ON t.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`

// HarmlessFunctions is the query for the names under which every function
// there is is the server's own, or compiled C. What an application wrote in
// SQL or a procedural language may change the schema; so may what runs a query that
// it is given as a text, and calls that.
const HarmlessFunctions = `
SELECT p.proname FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
GROUP BY p.proname
HAVING pg_catalog.bool_and(
  p.pronamespace IN ('pg_catalog'::pg_catalog.regnamespace, 'information_schema'::pg_catalog.regnamespace)
  OR p.prokind <> 'a' AND l.lanname IN ('internal', 'c'))
  AND p.proname NOT IN ('query_to_xml', 'query_to_xmlschema', 'query_to_xml_and_xmlschema', 'ts_stat', 'ts_rewrite',
    'crosstab', 'crosstab2', 'crosstab3', 'crosstab4', 'crosstab_hash', 'connectby', 'xpath_table')`
