package task

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
)

// cancelDelay is how long a cancelled statement may take to end.
const cancelDelay = 3 * time.Second

// Connect opens a session whose statement is cancelled when the context ends.
func (w *Worker) Connect(ctx context.Context) (*pgx.Conn, error) {
	cfg := w.Database.ConnConfig()
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelDelay}
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// settings make the statement mean what it meant in the migration's session,
// and let it wait: CONCURRENTLY waits for transactions, not in anybody's way.
func settings(ctx context.Context, conn *pgx.Conn, task ledger.Task) error {
	for _, name := range []string{"lock_timeout", "statement_timeout"} {
		if err := set(ctx, conn, name, "0"); err != nil {
			return err
		}
	}
	_ = set(ctx, conn, "transaction_timeout", "0") // from 17 on
	// Where the platform can tell, a server whose migguard was killed stops.
	_ = set(ctx, conn, "client_connection_check_interval", "1s")
	if task.Role != conn.Config().User {
		if _, err := conn.Exec(ctx, "SET ROLE "+ddl.Quote(task.Role)); err != nil {
			return err
		}
	}
	for name, value := range task.Settings {
		if err := set(ctx, conn, name, value); err != nil {
			return err
		}
	}
	return set(ctx, conn, "standard_conforming_strings", "on")
}

func set(ctx context.Context, conn *pgx.Conn, name, value string) error {
	_, err := conn.Exec(ctx, "SELECT pg_catalog.set_config($1, $2, false)", name, value)
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
