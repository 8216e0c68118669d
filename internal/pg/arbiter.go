package pg

// comparing selects how an index i compares the keys that it does not compare as their
// columns are compared, and what ON CONFLICT may name of that. Two operator classes with
// the same "=" (text_ops and text_pattern_ops, say) and two deterministic collations find
// the same texts equal: these are those with the same bytes (manual, "Nondeterministic
// Collations"). Strategy 3 of btree is equality (BTEqualStrategyNumber,
// src/include/access/stratnum.h).
const comparing = `
        WITH keys AS (
          SELECT u.n, u.attnum, u.class, u.coll, d.own, p.opcdefault,
            u.coll <> d.own AND EXISTS (
              SELECT FROM pg_catalog.pg_collation l WHERE l.oid IN (u.coll, d.own) AND NOT l.collisdeterministic) AS other_texts,
            (SELECT q.amopopr FROM pg_catalog.pg_amop q WHERE q.amopfamily = p.opcfamily AND q.amopstrategy = 3
              AND q.amoplefttype = p.opcintype AND q.amoprighttype = p.opcintype) AS equality,
            (SELECT q.amopopr FROM pg_catalog.pg_opclass s JOIN pg_catalog.pg_amop q ON q.amopfamily = s.opcfamily AND q.amopstrategy = 3
              AND q.amoplefttype = s.opcintype AND q.amoprighttype = s.opcintype
              WHERE s.opcdefault AND s.opcmethod = p.opcmethod AND s.opcintype = p.opcintype) AS usual
          FROM ROWS FROM (pg_catalog.unnest(i.indkey), pg_catalog.unnest(i.indclass), pg_catalog.unnest(i.indcollation))
            WITH ORDINALITY u (attnum, class, coll, n)
          JOIN pg_catalog.pg_opclass p ON p.oid = u.class
          JOIN pg_catalog.pg_attribute x ON x.attrelid = i.indexrelid AND x.attnum = u.n
          JOIN pg_catalog.pg_type y ON y.oid = x.atttypid
          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
          CROSS JOIN LATERAL (SELECT coalesce(a.attcollation, y.typcollation) AS own) d
          WHERE o.contype IS DISTINCT FROM 'x')
        SELECT
          pg_catalog.string_agg(pg_catalog.concat_ws(' ', k.attnum, nullif(k.equality, k.usual), CASE WHEN k.other_texts THEN k.coll END), ', ' ORDER BY k.attnum, k.n)
            FILTER (WHERE k.other_texts OR k.equality IS DISTINCT FROM k.usual) AS compared,
          pg_catalog.string_agg(pg_catalog.concat_ws(' ', k.attnum, k.class, k.coll), ', ' ORDER BY k.attnum, k.n)
            FILTER (WHERE k.coll <> k.own OR NOT k.opcdefault) AS named
        FROM keys k`
