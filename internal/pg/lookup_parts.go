package pg

// lookupParts are the parts of a lookup that are asked for or left out.
var lookupParts = map[string]string{
	"relation": `(SELECT r.doc FROM relations r WHERE r.oid = (SELECT w.oid FROM wanted w))`,
	// A relation's row type takes its name. An array type gives way.
	"target": `coalesce(
    (SELECT r.doc FROM wanted w
     JOIN pg_catalog.pg_class t ON t.relnamespace = $in AND t.relname = $to
     JOIN relations r ON r.oid = t.oid),
    (SELECT pg_catalog.json_build_object('name', t.typname, 'kind', 'c')
     FROM wanted w
     JOIN pg_catalog.pg_type t ON t.typnamespace = $in AND t.typname = $to
     WHERE w.reltype <> 0 AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)))`,
	// The estimate is -1 until the table has been analyzed (pg_class.reltuples).
	"size": `(
      SELECT pg_catalog.json_build_object(
        'rows', CASE WHEN pg_catalog.bool_and(p.reltuples >= 0) THEN pg_catalog.sum(p.reltuples) END,
        'bytes', coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(p.oid)
          + coalesce(pg_catalog.pg_relation_size(nullif(p.reltoastrelid, 0)), 0)), 0)::pg_catalog.int8)
      FROM pg_catalog.pg_class p
      WHERE p.relkind IN ('r', 'm') AND p.oid IN (
        WITH RECURSIVE descendants AS (
          SELECT c.oid UNION SELECT i.inhrelid FROM descendants d JOIN pg_catalog.pg_inherits i ON i.inhparent = d.oid)
        SELECT d.oid FROM descendants d))`,
	// TRIGGER_TYPE_UPDATE is 16 (src/include/catalog/pg_trigger.h), ev_type 2 an
	// ON UPDATE rule. Keys' own triggers look at their columns only, and so do migguard's.
	"fires": `(EXISTS (
      SELECT FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc f ON f.oid = g.tgfoid
      WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & 16::pg_catalog.int2 <> 0
        AND f.pronamespace IS DISTINCT FROM pg_catalog.to_regnamespace('migguard')::pg_catalog.oid)
      OR EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type = '2'))`,
	"parent": `(SELECT r.doc FROM relations r WHERE r.oid = pg_catalog.to_regclass($partitioned))`,
	"indexed": `(
    SELECT r.doc FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid
    WHERE i.indexrelid = (SELECT w.oid FROM wanted w))`,
	"default_partition": `(
    SELECT r.doc FROM pg_catalog.pg_partitioned_table t JOIN relations r ON r.oid = t.partdefid
    WHERE t.partrelid = pg_catalog.to_regclass($partitioned))`,
	// What a view reads is in its rule's dependencies; the server's own
	// relations and functions are not. How much comes from a foreign table,
	// or from a function in FROM, is not known.
	"query": `(
      WITH RECURSIVE reads AS (
        SELECT c.oid
        UNION
        SELECT x.oid FROM reads d, LATERAL (
          SELECT i.inhrelid AS oid FROM pg_catalog.pg_inherits i WHERE i.inhparent = d.oid
          UNION ALL
          SELECT e.refobjid FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_class v ON v.oid = w.ev_class AND (v.relkind = 'v' OR v.oid = c.oid)
          JOIN pg_catalog.pg_depend e ON e.objid = w.oid AND e.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          WHERE w.ev_class = d.oid) x
      )
      SELECT CASE WHEN NOT pg_catalog.bool_or(p.relkind = 'f') AND NOT EXISTS (
          SELECT FROM reads d JOIN pg_catalog.pg_rewrite w ON w.ev_class = d.oid
          JOIN pg_catalog.pg_depend e ON e.objid = w.oid AND e.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            AND e.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          JOIN pg_catalog.pg_proc f ON f.oid = e.refobjid AND f.proretset)
        THEN pg_catalog.json_build_object(
          'rows', CASE WHEN pg_catalog.bool_and(p.reltuples >= 0) THEN pg_catalog.sum(p.reltuples) END,
          'bytes', coalesce(pg_catalog.sum(pg_catalog.pg_relation_size(p.oid)
            + coalesce(pg_catalog.pg_relation_size(nullif(p.reltoastrelid, 0)), 0)), 0)::pg_catalog.int8) END
      FROM pg_catalog.pg_class p
      WHERE p.relkind IN ('r', 'm', 'f') AND p.oid IN (SELECT d.oid FROM reads d))`,
	"writable": `pg_catalog.pg_relation_is_updatable(c.oid, true)`,
	// An index is inferred from its key columns, whatever their order, its
	// expressions and its predicate (manual, INSERT, "ON CONFLICT Clause"). Those that
	// migguard has made for copies come after the ones that people know.
	"arbiters": `(
      SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'index', x.relname, 'constraint', o.conname, 'primary', i.indisprimary,
        'keys', (SELECT pg_catalog.json_agg(k.attnum ORDER BY k.attnum)
          FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k (attnum, n) WHERE k.n <= i.indnkeyatts),
        'expressions', pg_catalog.pg_get_expr(i.indexprs, i.indrelid),
        'where', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
        'compared', k.compared, 'named', k.named,
        'exclusion', CASE WHEN o.contype = 'x' THEN pg_catalog.pg_get_constraintdef(o.oid) END) ORDER BY i.indexrelid)
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
      LEFT JOIN pg_catalog.pg_constraint o ON o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x')
      CROSS JOIN LATERAL (` + comparing + `) k
      WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion) AND i.indisvalid AND i.indimmediate)`,
	"definition": `CASE WHEN t.attname = $column THEN (
          SELECT pg_catalog.json_build_object(
            'not_null', t.attnotnull OR y.typnotnull OR EXISTS (
              SELECT FROM pg_catalog.pg_constraint k
              WHERE k.conrelid = c.oid AND k.contype = 'c' AND pg_catalog.to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false' -- since 18
                AND pg_catalog.pg_get_expr(k.conbin, c.oid) = pg_catalog.format('(%I IS NOT NULL)', t.attname)),
            'default', t.atthasdef AND t.attgenerated = '', 'type_default', y.typdefault IS NOT NULL,
            'generated', t.attgenerated <> '', 'identity', t.attidentity,
            'sequence', (
              SELECT pg_catalog.json_build_object('last', pg_catalog.pg_sequence_last_value(s.seqrelid), 'increment', s.seqincrement)
              FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
              WHERE t.attidentity <> '' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'i'
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid AND d.refobjsubid = t.attnum))
          FROM pg_catalog.pg_type y WHERE y.oid = t.atttypid) END`,
	// Until 15 the last value of one that the role may not use is an error.
	"sequence": `(
      SELECT pg_catalog.json_build_object('last', pg_catalog.pg_sequence_last_value(s.seqrelid), 'increment', s.seqincrement,
        'owned', EXISTS (
          SELECT FROM pg_catalog.pg_depend d
          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass))
      FROM pg_catalog.pg_sequence s WHERE s.seqrelid = c.oid AND pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, SELECT'))`,
	// What TRUNCATE CASCADE reaches. A partition goes with its parent.
	"referencing": `(
    SELECT pg_catalog.json_agg(r.doc) FROM reached d JOIN relations r ON r.oid = d.oid
    WHERE d.oid <> (SELECT w.oid FROM wanted w) AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class q ON q.oid = i.inhrelid
      WHERE q.relispartition AND i.inhrelid = d.oid AND i.inhparent IN (SELECT p.oid FROM reached p)))`,
	"written": `(
    SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', y.typname,
      'not_null', y.typnotnull, 'default', y.typdefault IS NOT NULL,
      'used', EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (y.oid, y.typarray)
          AND (d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            OR d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid <> y.typarray
            OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND NOT EXISTS (
              SELECT FROM $created x WHERE x.relation = d.objid AND x.attnum IN (0, d.objsubid)))))
    FROM pg_catalog.pg_type y
    JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
    WHERE y.oid = pg_catalog.to_regtype($type))`,
	"inside": `(
    SELECT pg_catalog.json_agg(r.doc) FROM relations r
    WHERE r.oid IN (` + lookupInside + `))`,
	"users": `(
    SELECT pg_catalog.json_agg(r.doc) FROM relations r
    WHERE r.oid IN (` + lookupUsers + `))`,
	"over": `(SELECT pg_catalog.json_agg(o.oid::pg_catalog.int8) FROM (` + lookupOver + `) o)`,
}

// lookupOver are a domain and those over it.
const lookupOver = `WITH RECURSIVE over AS (
        SELECT pg_catalog.to_regtype($domain)::pg_catalog.oid AS oid
        UNION SELECT y.oid FROM over o JOIN pg_catalog.pg_type y ON y.typbasetype = o.oid AND y.typtype = 'd')
      SELECT o.oid FROM over o`

// lookupUsers are the tables with rows that have a column of a domain, or of one
// over it (get_rels_with_domain, src/backend/commands/typecmds.c).
const lookupUsers = `SELECT a.attrelid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
    AND NOT EXISTS (SELECT FROM $created x WHERE x.relation = c.oid AND x.attnum = 0)
    AND a.atttypid IN (` + lookupOver + `)`

// lookupInside is what is in a schema that running code can know.
const lookupInside = `SELECT c.oid FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $schema AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT EXISTS (SELECT FROM $created x WHERE x.relation = c.oid AND x.attnum = 0)`

// lookupAsked are the oids of the relations that a part is about, but for the one
// that is always asked about.
var lookupAsked = map[string]string{
	"target": `SELECT t.oid FROM wanted w
    JOIN pg_catalog.pg_class t ON t.relnamespace = $in AND t.relname = $to`,
	"inside":            lookupInside,
	"users":             lookupUsers,
	"referencing":       `SELECT d.oid FROM reached d`,
	"indexed":           `SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = (SELECT w.oid FROM wanted w)`,
	"parent":            `SELECT pg_catalog.to_regclass($partitioned)::pg_catalog.oid`,
	"default_partition": `SELECT t.partdefid FROM pg_catalog.pg_partitioned_table t WHERE t.partrelid = pg_catalog.to_regclass($partitioned)`,
}
