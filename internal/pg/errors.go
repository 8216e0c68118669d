package pg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// An UnreachableError says that no session could be had. Trying again may help.
type UnreachableError struct {
	Address string        // host:port
	After   time.Duration // how long it took to know
	Reason  string
	Err     error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("connect to %s: %s (after %v)", e.Address, e.Reason, e.After.Round(time.Millisecond))
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// An AuthError says that the server answered and would not let us in: a wrong
// password, an unknown role or database, no right to connect.
type AuthError struct {
	Address  string
	User     string
	Database string
	Code     string // SQLSTATE
	Message  string // the server's
	Err      error
}

func (e *AuthError) Error() string {
	return fmt.Sprintf("log in to database %q at %s as %q: %s (SQLSTATE %s)",
		e.Database, e.Address, e.User, e.Message, e.Code)
}

func (e *AuthError) Unwrap() error { return e.Err }

// A ReadOnlyError says that nothing can be written through this URL.
type ReadOnlyError struct {
	Database   string
	InRecovery bool // a hot standby; otherwise a setting
}

func (e *ReadOnlyError) Error() string {
	if e.InRecovery {
		return fmt.Sprintf("database %q is a read-only standby (a follower): use the URL of the leader", e.Database)
	}
	return fmt.Sprintf("database %q is read-only for this role: default_transaction_read_only is on", e.Database)
}

// A VersionError says that the server is older than MinMajor.
type VersionError struct{ Version int } // server_version_num

func (e *VersionError) Error() string {
	return fmt.Sprintf("PostgreSQL %d is too old: %d is the oldest that works", e.Version/10000, MinMajor)
}

// A PoolerError says that the URL leads to a pooler that does not keep a
// session for its client.
type PoolerError struct {
	Address string
	Mode    string // "transaction", "statement", or "session" with a pool of one
	Reason  string // what was seen
}

func (e *PoolerError) Error() string {
	return fmt.Sprintf("%s is a connection pooler in %s mode (%s): locks and transactions would not hold;"+
		" set MIGGUARD_DATABASE_URL to the direct URL of the database", e.Address, e.Mode, e.Reason)
}

// connectError sorts what pgconn says when there is no session.
func (c *Config) connectError(err error, after time.Duration) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && refusesLogin(pgErr.Code) {
		return &AuthError{
			Address: c.Address(), User: c.User(), Database: c.Database(),
			Code: pgErr.Code, Message: pgErr.Message, Err: err,
		}
	}
	return &UnreachableError{Address: c.Address(), After: after, Reason: connectReason(err), Err: err}
}

// refusesLogin tells the SQLSTATEs that are about who we are: class 28 (invalid
// authorization), 3D000 (no such database), 42501 (no CONNECT privilege).
func refusesLogin(code string) bool {
	return strings.HasPrefix(code, "28") || code == "3D000" || code == "42501"
}

func connectReason(err error) string {
	var dns *net.DNSError
	var pgErr *pgconn.PgError
	var netErr net.Error
	switch {
	case errors.As(err, &pgErr):
		return fmt.Sprintf("the server says: %s (SQLSTATE %s)", pgErr.Message, pgErr.Code)
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return "no answer"
	}
	// The innermost error: pgconn puts user, database and every address it
	// tried around it, over several lines.
	for {
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			if e.Unwrap() == nil {
				return firstLine(err)
			}
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			err = e.Unwrap()[0]
		default:
			return firstLine(err)
		}
	}
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// SQLState is the SQLSTATE of a server's error; empty for any other.
func SQLState(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// SQLSTATEs by the names of their conditions (manual, appendix A).
const (
	LockNotAvailable = "55P03"
	DeadlockDetected = "40P01"
	QueryCanceled    = "57014"
	NotNullViolation = "23502"
	UniqueViolation  = "23505"
	CheckViolation   = "23514"
)
