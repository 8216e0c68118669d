package pg

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ClonePrefix begins the names of databases that Clone makes.
const ClonePrefix = "migguard_rehearsal_"

// cloneLockWait bounds how long pg_dump waits for a table that somebody changes.
const cloneLockWait = "5s"

// A Clone is a database with another one's structure, and without its rows.
type Clone struct {
	*Config
	server *Config
}

// A CloneError says why a clone could not be made, or dropped. It holds no secret:
// PostgreSQL's programs print none.
type CloneError struct {
	What string
	Err  error
}

func (e *CloneError) Error() string { return e.What + ": " + e.Err.Error() }

// Unwrap returns what went wrong.
func (e *CloneError) Unwrap() error { return e.Err }

// MakeClone makes a database of a name of its own on the server that the second URL
// leads to, by pg_dump and psql, with the first one's structure: no rows but of the
// tables with one of the names in kept, no owners, no privileges, and of
// migguard's no tables and overlays. environ is for the two programs. The first database is only read; for as
// long as that takes its tables cannot be altered. The error is a *CloneError; the
// caller drops the clone.
func MakeClone(ctx context.Context, from, server *Config, kept, environ []string) (*Clone, error) {
	for _, program := range []string{"pg_dump", "psql"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, &CloneError{"a rehearsal needs PostgreSQL's own pg_dump and psql (Debian: postgresql-client)", err}
		}
	}
	c := &Clone{Config: server.withDatabase(ClonePrefix + strings.ToLower(rand.Text()[:12])), server: server}
	if err := server.command(ctx, "CREATE DATABASE "+pgx.Identifier{c.Database()}.Sanitize()+" TEMPLATE template0"); err != nil {
		return nil, &CloneError{"a rehearsal makes a database on " + server.Address(), err}
	}
	if err := c.fill(ctx, from, kept, environ); err != nil {
		return nil, errors.Join(err, c.Drop(ctx))
	}
	return c, nil
}

func (c *Clone) fill(ctx context.Context, from *Config, kept, environ []string) error {
	dump := []string{"--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions", "--no-security-labels", "--no-tablespaces", "--lock-wait-timeout=" + cloneLockWait}
	// Functions of migguard's are called by triggers of the app's tables.
	structure := append([]string{"--schema-only", "--exclude-table=migguard.*"}, dump...)
	overlays, err := from.names(ctx, overlaySchemas)
	if err != nil {
		return err
	}
	for _, schema := range overlays {
		structure = append(structure, "--exclude-schema="+schema)
	}
	if err := c.copy(ctx, from, structure, environ); err != nil {
		return err
	}
	rows := append([]string{"--data-only"}, dump...)
	some, err := from.names(ctx, readableTables, kept)
	if err != nil || len(some) == 0 {
		return err
	}
	for _, table := range some {
		rows = append(rows, "--table="+table)
	}
	return c.copy(ctx, from, rows, environ)
}

// copy runs pg_dump, and what it has written through psql: all of it, or nothing.
func (c *Clone) copy(ctx context.Context, from *Config, dump, environ []string) error {
	text, said, err := from.program(ctx, environ, nil, "pg_dump", dump...)
	if err != nil {
		return &CloneError{"read the structure of " + from.String(), fmt.Errorf("pg_dump: %w: %s", err, dumpAdvice(said))}
	}
	_, said, err = c.program(ctx, environ, text, "psql", "-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "--single-transaction")
	if err != nil {
		return &CloneError{"make the structure on " + c.Address(), fmt.Errorf("psql: %w: %s", err, said)}
	}
	return nil
}

// dumpAdvice is what pg_dump says, with what to do about it where it is too old
// (pg_backup_db.c, _check_database_version; only in English).
func dumpAdvice(said string) string {
	if strings.Contains(said, "server version mismatch") {
		said += "; install the client programs of the server's version, or put them first on PATH"
	}
	return said
}

// program runs one of PostgreSQL's own on the database, and returns what it writes
// and the first lines of what it says.
func (c *Config) program(ctx context.Context, environ []string, stdin []byte, name string, args ...string) (written []byte, said string, err error) {
	program := exec.CommandContext(ctx, name, args...)
	program.Env = c.environ(environ)
	var out, messages bytes.Buffer
	program.Stdin, program.Stdout, program.Stderr = bytes.NewReader(stdin), &out, &messages
	err = program.Run()
	lines := strings.SplitN(strings.TrimSpace(messages.String()), "\n", 4)
	return out.Bytes(), strings.Join(lines[:min(3, len(lines))], "; "), err
}

// Drop drops the database, also under sessions that are left in it.
func (c *Clone) Drop(ctx context.Context) error {
	err := c.server.command(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+pgx.Identifier{c.Database()}.Sanitize()+" WITH (FORCE)")
	if err != nil {
		return &CloneError{"drop database " + c.Database() + " on " + c.Address() + ", which is left there", err}
	}
	return nil
}

// overlaySchemas are the schemas in which there are views of migguard's for one build.
// An app's own schema may be named like them.
const overlaySchemas = `SELECT DISTINCT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind = 'v' AND n.nspname LIKE 'mg\_%' AND pg_catalog.obj_description(c.oid, 'pg_class') LIKE 'migguard shim: %' ORDER BY 1`

// readableTables are those of a list of names, in all schemas.
const readableTables = `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind = 'r' AND c.relname = ANY ($1) AND n.nspname <> 'migguard' AND pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY 1`

// names are what a query finds, as pg_dump's patterns.
func (c *Config) names(ctx context.Context, query string, args ...any) (patterns []string, err error) {
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig())
	if err != nil {
		return nil, &CloneError{"look at " + c.String(), err}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, query, args...)
	if err == nil {
		patterns, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return nil, &CloneError{"look at " + c.String(), err}
	}
	return patterns, nil
}

func (c *Config) command(ctx context.Context, sql string) error {
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

func (c *Config) withDatabase(name string) *Config {
	other := &Config{conn: c.conn.Copy()}
	other.conn.Database = name
	return other
}

// tlsParameter finds what libpq's programs have to be told of TLS, in a URL or in
// key=value form; pgx keeps only what came of it.
var tlsParameter = regexp.MustCompile(`(?:^|[?&\s])(ssl(?:mode|rootcert|cert|key))\s*=\s*'?([^&\s']+)`)

// environ is an environment that leads libpq's programs to the database: arguments
// everybody can see.
func (c *Config) environ(base []string) (env []string) {
	for _, pair := range base {
		if name, _, _ := strings.Cut(pair, "="); !strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "PGSSL") {
			env = append(env, pair)
		}
	}
	env = append(env, "PGHOST="+c.conn.Host, fmt.Sprintf("PGPORT=%d", c.conn.Port), "PGUSER="+c.conn.User,
		"PGPASSWORD="+c.conn.Password, "PGDATABASE="+c.conn.Database, "PGAPPNAME=migguard", "PGCONNECT_TIMEOUT=10", "PGCLIENTENCODING=UTF8")
	for _, found := range tlsParameter.FindAllStringSubmatch(c.conn.ConnString(), -1) {
		value, err := url.QueryUnescape(found[2])
		if err != nil {
			value = found[2]
		}
		env = append(env, "PG"+strings.ToUpper(found[1])+"="+value)
	}
	return env
}
