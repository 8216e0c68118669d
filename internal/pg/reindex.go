package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// indexesOf are the indexes of a table, by oid, of its partitions, and of what
// keeps their long values; left is what REINDEX CONCURRENTLY has left when it was
// interrupted (ReindexRelationConcurrently, src/backend/commands/indexcmds.c).
const indexesOf = `(SELECT i.indexrelid, i.indisvalid, i.indisexclusion, c.relname, n.nspname, i.indrelid,
		NOT i.indisvalid AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AS left
	FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
	WHERE c.relkind OPERATOR(pg_catalog.=) 'i' AND i.indrelid OPERATOR(pg_catalog.=) ANY (
		SELECT v.oid FROM pg_catalog.pg_class t, LATERAL (VALUES (t.oid), (t.reltoastrelid)) v (oid) WHERE t.oid OPERATOR(pg_catalog.=) %[1]d::pg_catalog.oid
		OR t.oid OPERATOR(pg_catalog.=) ANY (SELECT m.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(%[1]d::pg_catalog.oid::pg_catalog.regclass) m))) x`

// IndexesToRebuild is the query for the indexes of a table, by oid, of which REINDEX
// builds all anew, or one, a literal, or NULL: schema and name; whether it is one
// of them, valid, keeps an exclusion constraint, and is what an interrupted REINDEX
// CONCURRENTLY has left. Those of long values, which are the server's, are not
// among them.
func IndexesToRebuild(table uint32, index string) string {
	return fmt.Sprintf(`SELECT x.nspname, x.relname, %[2]s IS NULL OR x.indexrelid OPERATOR(pg_catalog.=) %[2]s::pg_catalog.regclass OR x.indexrelid OPERATOR(pg_catalog.=) ANY (
			SELECT m.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(%[2]s::pg_catalog.regclass) m), x.indisvalid, x.indisexclusion, x.left FROM `+indexesOf+`
		WHERE x.nspname OPERATOR(pg_catalog.<>) 'pg_toast' ORDER BY x.indexrelid`, table, index)
}

// MayReindex is the query for whether the session owns a table, by oid, and whether
// it may rebuild its indexes, which from PostgreSQL 17 on MAINTAIN lets others do.
func MayReindex(table uint32, major int) string {
	const owns = "pg_catalog.pg_has_role(c.relowner, 'USAGE')"
	may := owns
	if major >= 17 {
		may += " OR pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')"
	}
	return fmt.Sprintf("SELECT %s, %s FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) %d::pg_catalog.oid", owns, may, table)
}

// A RebuildState is what there is of a table whose indexes are to be built anew.
type RebuildState struct {
	TableThere bool
	IndexThere bool // on that table
	Building   bool // another session is at one of its indexes
	// Left are indexes, for SQL, that an interrupted try has left and that the
	// session may drop.
	Left []string
}

// ReadRebuildState looks at the indexes of a table, by oid.
func ReadRebuildState(ctx context.Context, conn *pgx.Conn, table uint32, schema, index string) (s RebuildState, err error) {
	err = conn.QueryRow(ctx, `
SELECT EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid = $1),
  EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indrelid = $1 AND n.nspname = $2 AND c.relname = $3)`, table, schema, index).Scan(&s.TableThere, &s.IndexThere)
	if err != nil || !s.TableThere {
		return s, wrapped(err)
	}
	err = conn.QueryRow(ctx, fmt.Sprintf(`
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.relid IN (SELECT x.indrelid FROM `+indexesOf+`) AND p.pid <> pg_catalog.pg_backend_pid()),
  (SELECT coalesce(pg_catalog.array_agg(pg_catalog.format('%%I.%%I', x.nspname, x.relname) ORDER BY x.indexrelid), '{}') FROM `+indexesOf+`
    WHERE x.left AND pg_catalog.has_schema_privilege(x.nspname, 'USAGE'))`, table)).Scan(&s.Building, &s.Left)
	return s, wrapped(err)
}

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("look at a table's indexes: %w", err)
}
