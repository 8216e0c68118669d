package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/pg"
)

func (a *app) checkDatabase(ctx context.Context, d *diagnosis, cfg config.Config) {
	if cfg.DatabaseURL == "" {
		d.fail("database", d.on("addons:create heroku-postgresql"), "DATABASE_URL is not set")
		return
	}
	database, err := pg.Parse(cfg.DatabaseURL)
	if err != nil {
		d.fail("database", d.on("pg:credentials:url"), "%v", err)
		return
	}
	conn, facts, err := pg.Preflight(ctx, database)
	if err != nil {
		d.fail("database", d.mendDatabase(err), "%v", err)
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	d.ok("database", "%s: PostgreSQL %d, reached without a transaction pooler", database, facts.Major)
	rights, err := pg.ReadRights(ctx, conn)
	switch {
	case err != nil:
		d.fail("grants", d.on("pg:credentials"), "%v", err)
	case !rights.Ledger:
		d.fail("grants", d.on("pg:psql")+" -c '"+strings.ReplaceAll(rights.LedgerGrant, "'", `'\''`)+"'",
			"role %q may not create migguard's schema", facts.User)
	case len(rights.Foreign) > 0:
		d.warn("grants", d.on("pg:credentials")+", and use the one that owns the tables",
			"role %q does not own %s and cannot alter it", facts.User, strings.Join(rights.Foreign, ", "))
	default:
		d.ok("grants", "role %q may create the ledger, and owns the tables", facts.User)
	}
	d.checkQueries(ctx, conn, database, facts.User)
}

// mendDatabase is the command for what Preflight found. An attachment named
// MIGGUARD_DATABASE sets MIGGUARD_DATABASE_URL, and keeps it right when the
// password changes.
func (d *diagnosis) mendDatabase(err error) string {
	switch {
	case is[*pg.PoolerError](err):
		return d.on("addons:attach DATABASE --as MIGGUARD_DATABASE") + " (DATABASE: the add-on's name, as heroku pg:info says it)"
	case is[*pg.AuthError](err):
		return d.on("pg:credentials:url")
	case is[*pg.VersionError](err):
		return d.on("pg:upgrade")
	}
	var readOnly *pg.ReadOnlyError
	if errors.As(err, &readOnly) && readOnly.InRecovery {
		return d.on("pg:promote DATABASE") + " (DATABASE: the leader, as heroku pg:info says it)"
	}
	return d.on("pg:info")
}
