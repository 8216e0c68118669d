package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Bounds of ReadSeen. 5,000 is how many pg_stat_statements keeps by default.
const (
	MaxSeen      = 5000
	maxSeenText  = 64 << 10 // bytes of one text
	maxSeenTexts = 8 << 20  // bytes of all texts
	seenTimeout  = 2 * time.Second
)

// Seen are queries that pg_stat_statements has counted in this database, of the
// session's role and those it shares rights with, the most called first.
type Seen struct {
	Schema string    // of the extension
	At     time.Time // by the server's clock
	// Since is when counting began, of this database as far as that is known, and
	// Evictions how often queries were forgotten since for want of room. A zero Since:
	// both are unknown.
	Since     time.Time
	Evictions int64
	Queries   []SeenQuery
	// Whole says that there were no more than MaxSeen.
	Whole bool
	// Hidden counts queries whose text may not be read.
	Hidden int
	// Off is the setting by which nothing is counted now, or no utility command, as
	// SQL has it; empty: all is.
	Off string
}

// A SeenQuery is one of them. Text is empty where it was not asked for or is too
// long.
type SeenQuery struct {
	Role  uint32
	ID    int64 // pg_stat_statements.queryid
	Calls int64
	Text  string
}

// An UnseenError says why the queries that the database has seen are not known,
// and what would change that.
type UnseenError struct {
	Reason string
	Mend   string // SQL, or a setting; empty: not known
	Err    error  // may be nil
}

func (e *UnseenError) Error() string {
	if e.Mend == "" {
		return e.Reason
	}
	return e.Reason + " (" + e.Mend + ")"
}

// Unwrap returns what the server said.
func (e *UnseenError) Unwrap() error { return e.Err }

// ReadSeen reads what pg_stat_statements has counted, with texts or without. The
// error is an *UnseenError where the server does not tell. The session is in no
// transaction.
func ReadSeen(ctx context.Context, conn *pgx.Conn, texts bool) (Seen, error) {
	var s Seen
	err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", seenTimeout.Milliseconds())); err != nil {
			return err
		}
		return s.read(ctx, tx, texts)
	})
	var server *pgconn.PgError
	if errors.As(err, &server) {
		err = unseen(server)
	}
	if err != nil {
		return Seen{}, fmt.Errorf("read pg_stat_statements: %w", err)
	}
	return s, nil
}

// SQLSTATEs of a server that does not tell.
const (
	codeNotPrerequisite = "55000"
)

func unseen(server *pgconn.PgError) error {
	e := &UnseenError{Reason: server.Message, Err: server}
	switch server.Code {
	case codeNotPrerequisite:
		e.Reason, e.Mend = "pg_stat_statements is not loaded", "shared_preload_libraries = 'pg_stat_statements', and a restart"
	case QueryCanceled:
		e.Reason = fmt.Sprintf("reading pg_stat_statements took over %s", seenTimeout)
	}
	return e
}

// The role's own queries count, and those of roles that have its rights or give it
// theirs, as an application's that may not alter tables. What functions run is
// theirs, and not in here; neither are superusers', who are no application. A query
// that the role may not read has no id. When the first of them was counted tells a reset
// of this database's alone, which does not count as one (entry_reset,
// contrib/pg_stat_statements/pg_stat_statements.c), from PostgreSQL 17 on.
const seenQuery = `
SELECT s.userid, coalesce(s.queryid, 0), s.calls, %[4]s, CASE WHEN $1 AND pg_catalog.octet_length(s.query) <= $2 THEN s.query ELSE '' END
FROM %[1]s.pg_stat_statements%[3]s s JOIN pg_catalog.pg_roles r ON r.oid = s.userid
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND %[2]s AND (r.rolname = current_user OR NOT r.rolsuper
    AND (pg_catalog.pg_has_role(r.oid, current_user, 'MEMBER') OR pg_catalog.pg_has_role(r.oid, 'MEMBER')))
ORDER BY s.calls DESC, s.userid, s.queryid LIMIT $3`

func (s *Seen) read(ctx context.Context, tx pgx.Tx, texts bool) error {
	// From version 1.9 of the extension on, which PostgreSQL 14 has, and from 1.11, of 17.
	var counted, dated bool
	err := tx.QueryRow(ctx, `
SELECT n.nspname, pg_catalog.now(), pg_catalog.to_regclass(pg_catalog.quote_ident(n.nspname) || '.pg_stat_statements_info') IS NOT NULL,
	EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attname = 'stats_since'
		AND a.attrelid = pg_catalog.to_regclass(pg_catalog.quote_ident(n.nspname) || '.pg_stat_statements')),
	CASE WHEN pg_catalog.current_setting('pg_stat_statements.track', true) = 'none' THEN 'pg_stat_statements.track = none'
		WHEN pg_catalog.current_setting('compute_query_id', true) = 'off' THEN 'compute_query_id = off'
		WHEN pg_catalog.current_setting('pg_stat_statements.track_utility', true) = 'off' THEN 'pg_stat_statements.track_utility = off'
		ELSE '' END
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'`).Scan(&s.Schema, &s.At, &counted, &dated, &s.Off)
	if errors.Is(err, pgx.ErrNoRows) {
		return &UnseenError{Reason: "pg_stat_statements is not installed", Mend: "CREATE EXTENSION pg_stat_statements"}
	} else if err != nil {
		return err
	}
	schema, top, first := pgx.Identifier{s.Schema}.Sanitize(), "true", "'epoch'::timestamptz"
	if dated {
		first = "s.stats_since"
	}
	if counted {
		top = "s.toplevel"
		if err := tx.QueryRow(ctx, "SELECT coalesce(stats_reset, 'epoch'), dealloc FROM "+schema+".pg_stat_statements_info").Scan(&s.Since, &s.Evictions); err != nil {
			return err
		}
		if s.Since.Unix() == 0 {
			s.Since = time.Time{}
		}
	}
	function := fmt.Sprintf("(%t)", texts) // without texts no file is read
	rows, err := tx.Query(ctx, fmt.Sprintf(seenQuery, schema, top, function, first), texts, maxSeenText, MaxSeen+1)
	if err != nil {
		return err
	}
	var q SeenQuery
	var since time.Time
	oldest := s.At
	size, n := 0, 0
	_, err = pgx.ForEachRow(rows, []any{&q.Role, &q.ID, &q.Calls, &since, &q.Text}, func() error {
		if n++; n > MaxSeen {
			return nil
		}
		if size += len(q.Text); size > maxSeenTexts {
			q.Text = ""
		}
		if since.Before(oldest) {
			oldest = since
		}
		if q.ID == 0 {
			s.Hidden++
		} else {
			s.Queries = append(s.Queries, q)
		}
		return nil
	})
	s.Whole = n <= MaxSeen
	if counted && oldest.After(s.Since) {
		s.Since = oldest
	}
	return err
}
