package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
)

// A SearchPath is where a session looks for names.
type SearchPath struct {
	Setting string // as SHOW prints it
	// Schemas are those of it that exist and may be used, without the
	// catalogs' own (current_schemas).
	Schemas []string
	// Pooled says that something between hands sessions on.
	Pooled bool
	// Announced says that this database has a ledger that takes dynos'
	// announcements.
	Announced bool
}

// Equal tells whether both find the same objects under the same names.
func (p SearchPath) Equal(other SearchPath) bool {
	return p.Setting == other.Setting && slices.Equal(p.Schemas, other.Schemas)
}

// Options are those a session of the app's gets, of the URL or of PGOPTIONS. The
// URL's win (libpq, "Environment Variables").
func (c *Config) Options() string { return c.conn.RuntimeParams["options"] }

const searchPathQuery = `select pg_catalog.current_setting('search_path'),
	coalesce(pg_catalog.array_to_json(pg_catalog.current_schemas(false)), '[]'),
	pg_catalog.pg_backend_pid(), pg_catalog.to_regclass('migguard.boot') is not null`

// ReadSearchPath opens a session as the app does, with all that the URL and the
// environment say, but with these options, and looks at its search path. The
// error is an *UnreachableError or an *AuthError, or the context's.
func (c *Config) ReadSearchPath(ctx context.Context, options string) (p SearchPath, err error) {
	cfg := c.conn.Copy()
	cfg.RuntimeParams["application_name"] = "migguard"
	delete(cfg.RuntimeParams, "options")
	if options != "" {
		cfg.RuntimeParams["options"] = options
	}
	begin := time.Now()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return p, c.connectError(err, time.Since(begin))
	}
	defer closeConn(conn.PgConn())
	row, err := queryRow(ctx, conn.PgConn(), searchPathQuery, 4)
	if err != nil {
		return p, fmt.Errorf("read the search path: %w", err)
	}
	pid, err := parsePID(row[2])
	if err != nil {
		return p, err
	}
	p.Setting, p.Pooled, p.Announced = row[0], pid != conn.PgConn().PID(), row[3] == "t"
	if err := json.Unmarshal([]byte(row[1]), &p.Schemas); err != nil {
		return p, fmt.Errorf("read the search path: %w", err)
	}
	return p, nil
}

// LooksBefore is the query with a row if a session looks into a schema before another,
// by the search path that it has or by the one it began with. A name with blanks or
// quotes in it is not found in the latter.
func LooksBefore(schema, other string) string {
	return fmt.Sprintf(`SELECT FROM (VALUES
  (pg_catalog.current_schemas(false)::pg_catalog.text[]),
  (pg_catalog.array_replace(pg_catalog.string_to_array(pg_catalog.translate(
    (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'search_path'), '" ', ''), ','),
    '$user', current_user::pg_catalog.text))) AS p (path)
WHERE pg_catalog.array_position(path, %s) < pg_catalog.array_position(path, %s)`, ddl.Literal(schema), ddl.Literal(other))
}
