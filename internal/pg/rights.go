package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Rights are what a role needs besides a connection.
type Rights struct {
	// Ledger: it may create migguard's schema, or owns the one there is.
	Ledger bool
	// LedgerGrant is what a database's owner runs to let it.
	LedgerGrant string
	// Foreign are some tables that it does not own, and so cannot alter.
	Foreign []string
}

// maxForeign bounds Rights.Foreign.
const maxForeign = 3

// ReadRights looks at what conn's role may do. It changes nothing.
func ReadRights(ctx context.Context, conn *pgx.Conn) (r Rights, err error) {
	err = conn.QueryRow(ctx, `
		SELECT coalesce(
		         (SELECT pg_catalog.pg_has_role(n.nspowner, 'USAGE') FROM pg_catalog.pg_namespace n WHERE n.nspname = 'migguard'),
		         pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')),
		       pg_catalog.format('GRANT CREATE ON DATABASE %I TO %I', pg_catalog.current_database(), current_user),
		       ARRAY(
		         SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
		         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		         WHERE c.relkind IN ('r', 'p') AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
		           AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'heroku_ext', '_heroku')
		           AND n.nspname NOT LIKE 'pg\_temp\_%'
		         ORDER BY 1 LIMIT $1)`, maxForeign,
	).Scan(&r.Ledger, &r.LedgerGrant, &r.Foreign)
	if err != nil {
		return r, fmt.Errorf("look at the role's rights: %w", err)
	}
	return r, nil
}
