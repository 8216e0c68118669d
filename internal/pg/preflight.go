package pg

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// MinMajor is the oldest PostgreSQL that works: Heroku's oldest, and the first
// with client_connection_check_interval.
const MinMajor = 14

// closeTimeout bounds the farewell to the server.
const closeTimeout = 2 * time.Second

// Facts are what Preflight saw.
type Facts struct {
	ServerVersion   int // server_version_num: 150018
	Major           int
	Database        string
	User            string
	Superuser       bool
	InRecovery      bool
	ReadOnly        bool   // transactions are, by default
	CanCreateSchema bool   // CREATE on the database
	Pooler          string // "session" when there is a harmless one between; else empty
}

// factsQuery is one row of text. current_setting('transaction_read_only') is
// the default's value, as the query is a transaction of its own.
const factsQuery = `select pg_catalog.current_setting('server_version_num'),
	pg_catalog.current_database(), current_user,
	pg_catalog.current_setting('is_superuser') = 'on',
	pg_catalog.pg_is_in_recovery(),
	pg_catalog.current_setting('transaction_read_only') = 'on',
	pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
	pg_catalog.pg_backend_pid()`

// Preflight finds out whether a run can work on the database, and changes
// nothing. It is one connection and one query, unless there is a pooler. The
// session stays open for looking into the catalogs.
//
// The error is one of *UnreachableError, *AuthError, *VersionError,
// *ReadOnlyError and *PoolerError, or that of the context. Facts are filled as
// far as they are known.
func Preflight(ctx context.Context, c *Config) (*pgx.Conn, Facts, error) {
	conn, err := c.session(ctx)
	if err != nil {
		return nil, Facts{}, err
	}
	facts, err := c.examine(ctx, conn.PgConn())
	if err != nil {
		closeConn(conn.PgConn())
		return nil, facts, err
	}
	return conn, facts, nil
}

// Look is Preflight for somebody who only looks: a database that takes no writes
// will do, and the session refuses to write.
func Look(ctx context.Context, c *Config) (*pgx.Conn, Facts, error) {
	conn, err := c.session(ctx)
	if err != nil {
		return nil, Facts{}, err
	}
	facts, err := c.examine(ctx, conn.PgConn())
	var readOnly *ReadOnlyError
	if errors.As(err, &readOnly) {
		err = nil
	}
	if err == nil {
		_, err = conn.Exec(ctx, "SET default_transaction_read_only = on")
	}
	if err != nil {
		closeConn(conn.PgConn())
		return nil, facts, err
	}
	return conn, facts, nil
}

func (c *Config) examine(ctx context.Context, conn *pgconn.PgConn) (Facts, error) {
	facts, pid, err := readFacts(ctx, conn)
	if err != nil {
		return Facts{}, &UnreachableError{Address: c.Address(), Reason: connectReason(err), Err: err}
	}
	// A server tells its own pid as it starts a session. A pooler tells a
	// number of its own, because the session may get any backend.
	if pid != conn.PID() {
		if err := c.probePooler(ctx, conn, pid); err != nil {
			return facts, err
		}
		facts.Pooler = "session"
	}
	return facts, facts.usable()
}

// usable says what rules the database out, whoever connects to it.
func (f Facts) usable() error {
	if f.Major < MinMajor {
		return &VersionError{Version: f.ServerVersion}
	}
	if f.InRecovery || f.ReadOnly {
		return &ReadOnlyError{Database: f.Database, InRecovery: f.InRecovery}
	}
	return nil
}

// connect opens a session for looking around, to be used by the protocol.
func (c *Config) connect(ctx context.Context) (*pgconn.PgConn, error) {
	conn, err := c.session(ctx)
	if err != nil {
		return nil, err
	}
	return conn.PgConn(), nil
}

// session opens a session for looking around.
func (c *Config) session(ctx context.Context) (*pgx.Conn, error) {
	cfg := c.conn.Copy()
	cfg.RuntimeParams = map[string]string{"application_name": "migguard"}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec // one round trip a query
	begin := time.Now()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, c.connectError(err, time.Since(begin))
	}
	return conn, nil
}

func readFacts(ctx context.Context, conn *pgconn.PgConn) (f Facts, pid uint32, err error) {
	row, err := queryRow(ctx, conn, factsQuery, 8)
	if err != nil {
		return f, 0, err
	}
	if f.ServerVersion, err = strconv.Atoi(row[0]); err != nil {
		return f, 0, fmt.Errorf("server_version_num: %w", err)
	}
	f.Major = f.ServerVersion / 10000
	f.Database, f.User = row[1], row[2]
	f.Superuser, f.InRecovery, f.ReadOnly = row[3] == "t", row[4] == "t", row[5] == "t"
	f.CanCreateSchema = row[6] == "t"
	pid, err = parsePID(row[7])
	return f, pid, err
}

// queryRow runs sql, by the simple protocol, and returns the last result's
// only row in text.
func queryRow(ctx context.Context, conn *pgconn.PgConn, sql string, columns int) ([]string, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	rows := results[len(results)-1].Rows
	if len(rows) != 1 || len(rows[0]) != columns {
		return nil, fmt.Errorf("the server's answer is not one row of %d columns", columns)
	}
	row := make([]string, columns)
	for i, v := range rows[0] {
		row[i] = string(v)
	}
	return row, nil
}

func parsePID(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("backend pid: %w", err)
	}
	return uint32(n), nil
}

func closeConn(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}
