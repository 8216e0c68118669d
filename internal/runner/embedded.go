package runner

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Embedded applies a folder of SQL migrations in this process with the goose
// library, through the guard like any other runner. It only goes up. Versions
// are recorded in goose's table, one transaction for each file unless the file
// says otherwise.
type Embedded struct {
	Format Format
	// Dir is the folder as the user knows it; for output only.
	Dir string
	// Table records the versions; empty means goose's default,
	// goose_db_version. A schema may stand before it.
	Table string
	// Files is the folder.
	Files fs.FS
}

func (e *Embedded) table() string {
	if e.Table == "" {
		return goose.DefaultTablename
	}
	return e.Table
}

// run applies what is pending. A signal that ends processes, or a cancelled
// ctx, cancels the running statement and rolls its transaction back.
func (e *Embedded) run(ctx context.Context, opts Options) (Exit, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go watchSignals(ctx, opts.Signals, stop)

	err := e.up(ctx, opts)
	if err == nil {
		return Exit{}, nil
	}
	var interrupted *signalError
	switch {
	case errors.As(context.Cause(ctx), &interrupted):
		return Exit{Code: 128 + int(interrupted.signal), Signal: interrupted.signal}, nil
	case ctx.Err() != nil:
		return Exit{Code: 128 + int(syscall.SIGTERM), Signal: syscall.SIGTERM}, nil
	}
	return Exit{Code: 1}, err
}

// signalError is the cause of a context that a signal cancelled.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return "interrupted: " + e.signal.String() }

func watchSignals(ctx context.Context, signals <-chan os.Signal, stop context.CancelCauseFunc) {
	for {
		select {
		case s, ok := <-signals:
			if !ok {
				return
			}
			if sig, ok := s.(syscall.Signal); ok && ends(sig) {
				stop(&signalError{sig})
			}
		case <-ctx.Done():
			return
		}
	}
}

func (e *Embedded) up(ctx context.Context, opts Options) (err error) {
	progress := &progress{dir: e.Dir, out: opts.Stdout}
	db, err := open(opts, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	pending, err := e.pending(ctx, db)
	if err != nil {
		return err
	}
	if len(pending) == 0 {
		return progress.print("%s: nothing to apply", e.Dir)
	}
	provider, err := e.provider(db, pending, progress)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return e.explain(err, progress.failed)
	}
	return nil
}

// open connects without statement caching, since prepared statements may not
// survive what is between here and the server. Two connections are what goose
// needs for a migration outside a transaction.
func open(opts Options, p *progress) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(opts.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("connect to guard: %w", err)
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.Tracer = p
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if opts.Stderr != nil {
			_, _ = fmt.Fprint(opts.Stderr, serverMessage((*pgconn.PgError)(n)))
		}
	}
	// By default pgx closes the socket when a context ends, and the server
	// would not notice before its statement ends. Cancel the statement instead.
	cfg.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{
			Conn: c, DeadlineDelay: max(opts.Grace/2, time.Second),
		}
	}
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(2)
	return db, nil
}

// provider registers goose's files by folder, plain ones as functions.
func (e *Embedded) provider(db *sql.DB, pending []Migration, p *progress) (*goose.Provider, error) {
	options := []goose.ProviderOption{
		goose.WithTableName(e.table()),
		goose.WithDisableGlobalRegistry(true),
		goose.WithSlog(p.logger()),
		goose.WithVerbose(true),
	}
	files := e.Files
	if e.Format == FormatUpSQL {
		list, err := e.gooseMigrations(pending)
		if err != nil {
			return nil, err
		}
		files, options = nil, append(options, goose.WithGoMigrations(list...))
	}
	for _, m := range pending {
		p.names[m.Version] = m.Name
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, options...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", e.Dir, err)
	}
	return provider, nil
}

// gooseMigrations lists all files, but reads only those to be applied.
func (e *Embedded) gooseMigrations(pending []Migration) ([]*goose.Migration, error) {
	all, err := listMigrations(e.Files, e.Format)
	if err != nil {
		return nil, err
	}
	read := make(map[int64]bool, len(pending))
	for _, m := range pending {
		read[m.Version] = true
	}
	list := make([]*goose.Migration, len(all))
	for i, m := range all {
		list[i] = goose.NewGoMigration(m.Version, nil, nil)
		if read[m.Version] {
			if list[i], err = gooseMigration(e.Files, m); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}
