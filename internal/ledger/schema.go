package ledger

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/tern/v2/migrate"
)

// migrations only ever add: an older migguard, back after a rollback, has to
// work on a newer ledger.
//
//go:embed migrations/*.sql
var migrations embed.FS

// schemaVersion is the number of files in migrations.
const schemaVersion = 22

// session are settings of the ledger's session, whatever role and database
// say. Waiting for a lock is short and the session itself may idle for hours;
// a client that died without a word is noticed within 25 s, so that the lock
// does not outlive it. search_path keeps other schemas' functions out.
const session = `
	set lock_timeout = '5s'; set statement_timeout = '20s';
	set idle_session_timeout = 0;
	set idle_in_transaction_session_timeout = '30s';
	set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
	set client_min_messages = warning; set search_path = pg_catalog, pg_temp;
	set default_transaction_isolation = 'read committed'; set default_transaction_deferrable = off;`

// interval notices a client that went away while its statement waits, from
// PostgreSQL 14 on and where the platform can tell (Linux: always).
const interval = "set client_connection_check_interval = '1s'"

const selectVersion = "select version from migguard.schema_version"

// A CreateError says that the role may not create the ledger, or may not use
// the one there is, and what would let it.
type CreateError struct {
	Database string
	Role     string
	Grant    string // the statement that a database owner has to run
	Err      error
}

func (e *CreateError) Error() string {
	return fmt.Sprintf("role %q may not keep migguard's ledger in database %q; let the database's owner run: %s",
		e.Role, e.Database, e.Grant)
}

func (e *CreateError) Unwrap() error { return e.Err }

// prepare applies the session's settings and learns the schema's version, in
// one round trip when there is a ledger. Without one the query fails, and with
// it the settings, which are one implicit transaction: they are repeated.
func (l *Ledger) prepare(ctx context.Context, conn *pgx.Conn) error {
	results, err := conn.PgConn().Exec(ctx, session+interval+";"+selectVersion).ReadAll()
	switch sqlState(err) {
	case "":
		if err != nil {
			return err
		}
		if last := results[len(results)-1]; len(last.Rows) == 1 {
			_, err = fmt.Sscan(string(last.Rows[0][0]), &l.version)
		}
		return err
	case codeInsufficientPrivilege:
		return l.grantError(ctx, conn, err)
	case codeUndefinedTable, codeUndefinedObject, codeInvalidParameterValue:
		return l.prepareSlowly(ctx, conn)
	}
	return err
}

// prepareSlowly is prepare without a ledger, or on a platform that cannot
// check a client's connection.
func (l *Ledger) prepareSlowly(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.PgConn().Exec(ctx, session).ReadAll(); err != nil {
		return err
	}
	if _, err := conn.PgConn().Exec(ctx, interval).ReadAll(); err != nil {
		l.log.DebugContext(ctx, "server does not check its clients' connections", "error", err)
	}
	err := conn.QueryRow(ctx, selectVersion).Scan(&l.version)
	switch {
	case errors.Is(err, pgx.ErrNoRows), sqlState(err) == codeUndefinedTable:
		return nil
	case sqlState(err) == codeInsufficientPrivilege:
		return l.grantError(ctx, conn, err)
	}
	return err
}

// Current tells whether the schema is there, and is this version's or a newer one's.
func (l *Ledger) Current() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version >= schemaVersion
}

// Absent tells that there is no ledger in the database.
func (l *Ledger) Absent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version == 0
}

// ensure brings the schema up to date. The caller holds the lock, so no other
// migguard does the same; every step is idempotent or one transaction, so it
// can be killed between any two.
func (l *Ledger) ensure(ctx context.Context, conn *pgx.Conn) error {
	if l.version >= schemaVersion {
		return l.relocate(ctx, conn)
	}
	err := l.migrate(ctx, conn)
	if sqlState(err) == codeInsufficientPrivilege {
		return l.grantError(ctx, conn, err)
	}
	if err != nil {
		return err
	}
	if err := l.prepare(ctx, conn); err != nil { // tern ends each migration with RESET ALL
		return err
	}
	return l.relocate(ctx, conn)
}

func (l *Ledger) migrate(ctx context.Context, conn *pgx.Conn) error {
	// CREATE SCHEMA IF NOT EXISTS asks for the right to create first, and
	// an owner may have made the schema for us.
	_, err := conn.Exec(ctx, `
		do $$ begin
			if to_regnamespace('migguard') is null then
				create schema migguard;
			end if;
		end $$`)
	if err != nil {
		return err
	}
	m, err := migrate.NewMigrator(ctx, conn, "migguard.schema_version")
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	if err := m.LoadMigrations(files); err != nil {
		return err
	}
	return m.Migrate(ctx)
}

// grantError names what is missing: the right to create the schema, or rights
// in the one there is.
func (l *Ledger) grantError(ctx context.Context, conn *pgx.Conn, cause error) error {
	e := &CreateError{Err: cause}
	var owner *string
	err := conn.QueryRow(ctx, `
		select current_database(), current_user::text,
		       (select nspowner::regrole::text from pg_catalog.pg_namespace where nspname = 'migguard')`,
	).Scan(&e.Database, &e.Role, &owner)
	if err != nil {
		return errors.Join(cause, err)
	}
	role := pgx.Identifier{e.Role}.Sanitize()
	if owner == nil {
		e.Grant = "GRANT CREATE ON DATABASE " + pgx.Identifier{e.Database}.Sanitize() + " TO " + role
		return e
	}
	e.Grant = "GRANT " + *owner + " TO " + role // its tables have one owner
	return e
}
