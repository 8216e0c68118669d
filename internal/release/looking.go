package release

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
)

// errLooking is what a statement would meet that was sent while only looking.
var errLooking = errors.New("nothing is run while only looking")

// A looking is a guard.Conn that only looks. Its session takes read-only
// transactions, so the server refuses what would write.
type looking struct {
	conn  *pgx.Conn
	blank bool // there is no ledger, which is as an empty one
}

// Block implements guard.Conn.
func (l *looking) Block(ctx context.Context) error {
	if l.TxStatus() != 'I' {
		return nil
	}
	return l.Exec(ctx, "BEGIN TRANSACTION READ ONLY")
}

// done ends the transaction, if there is one.
func (l *looking) done(ctx context.Context) error {
	if l.TxStatus() == 'I' {
		return nil
	}
	return l.Exec(ctx, "ROLLBACK")
}

// TxStatus implements guard.Conn.
func (l *looking) TxStatus() byte { return l.conn.PgConn().TxStatus() }

// Exec implements guard.Conn.
func (l *looking) Exec(ctx context.Context, sql ...string) error {
	for _, text := range sql {
		if _, err := l.Query(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Query implements guard.Conn.
func (l *looking) Query(ctx context.Context, sql string) ([][]*string, error) {
	if l.blank {
		sql = ledger.Blanked(sql)
	}
	results, err := l.conn.PgConn().Exec(ctx, sql).ReadAll()
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return nil, &guard.ServerError{Response: pgproto3.ErrorResponse{
			Severity: server.Severity, Code: server.Code, Message: server.Message, Detail: server.Detail, Hint: server.Hint}}
	}
	if err != nil || len(results) == 0 {
		return nil, err
	}
	var rows [][]*string
	for _, values := range results[len(results)-1].Rows {
		row := make([]*string, len(values))
		for i, value := range values {
			if value != nil {
				row[i] = new(string(value))
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Analyse implements guard.Conn.
func (*looking) Analyse(context.Context, ...guard.Question) ([]string, error) { return nil, errLooking }

// Run implements guard.Conn.
func (*looking) Run(context.Context) (string, error) { return "", errLooking }

// RunWith implements guard.Conn.
func (*looking) RunWith(context.Context, ...string) (string, error) { return "", errLooking }

// Forward implements guard.Conn.
func (*looking) Forward(context.Context) (string, error) { return "", errLooking }

// BeforeCommit implements guard.Conn.
func (*looking) BeforeCommit(func(context.Context, guard.Conn) error) {}

// AfterCommit implements guard.Conn.
func (*looking) AfterCommit() {}

// Watch implements guard.Conn.
func (*looking) Watch(guard.Witness) {}

// Witness implements guard.Conn.
func (*looking) Witness() guard.Witness { return nil }

// Notice implements guard.Conn.
func (*looking) Notice(string, string, string) {}

// Wait implements guard.Conn.
func (*looking) Wait(context.Context, time.Duration) error { return errLooking }
