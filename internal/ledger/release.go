package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// An Outcome is how a run ended.
type Outcome string

// The outcomes of a run. Running, Interrupted and Elsewhere are not for Finish.
const (
	Running     Outcome = "running"
	Succeeded   Outcome = "succeeded"
	Refused     Outcome = "refused"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted"
	// Elsewhere is of a run that succeeded in a database of which this is a copy for
	// another app.
	Elsewhere Outcome = "elsewhere"
)

// ErrNotRunning is returned by Finish when the release is not marked running
// any more: another run found it so while it held the lock.
var ErrNotRunning = errors.New("the release is not running any more")

// A Release is one run of migguard. Empty texts are unknown.
type Release struct {
	ID       int64
	Build    string // build id
	Version  string // Heroku's vN
	App      string
	Migguard string // migguard's own version
	Command  string // of the runner

	StartedAt  time.Time
	FinishedAt time.Time // zero while it runs
	Outcome    Outcome
	ExitStatus *int // nil when migguard did not exit by itself
	// SettledAt is when only this release's code was running; zero before,
	// and when nobody looked.
	SettledAt time.Time
}

const selectRelease = `
	select id, coalesce(build, ''), coalesce(version, ''), coalesce(app, ''), migguard,
	       coalesce(command, ''), started_at, finished_at, outcome, exit_status, settled_at
	from migguard.release`

func scanRelease(row pgx.CollectableRow) (r Release, err error) {
	var finished, settled *time.Time
	err = row.Scan(&r.ID, &r.Build, &r.Version, &r.App, &r.Migguard,
		&r.Command, &r.StartedAt, &finished, &r.Outcome, &r.ExitStatus, &settled)
	if finished != nil {
		r.FinishedAt = *finished
	}
	if settled != nil {
		r.SettledAt = *settled
	}
	return r, err
}

// Begin records a run and returns its id. Runs that are still marked running
// are dead, since this session holds the lock: they become interrupted.
// It uses Build, Version, App, Migguard and Command of r.
func (l *Ledger) Begin(ctx context.Context, r Release) (id int64, err error) {
	err = l.inTx(ctx, "begin the release", func(ctx context.Context, tx pgx.Tx) error {
		dead, err := tx.Exec(ctx, `
			update migguard.release set outcome = 'interrupted', finished_at = now()
			where outcome = 'running'`)
		if err != nil {
			return err
		}
		if n := dead.RowsAffected(); n > 0 {
			l.log.InfoContext(ctx, "an earlier run did not end by itself", "runs", n)
		}
		if r.App != "" {
			if _, err := tx.Exec(ctx, "select migguard.begin_restored($1)", clean(r.App)); err != nil {
				return err
			}
		}
		if err := locate(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			insert into migguard.release (build, version, app, migguard, command)
			values (nullif($1, ''), nullif($2, ''), nullif($3, ''), $4, nullif($5, ''))
			returning id`,
			clean(r.Build), clean(r.Version), clean(r.App), clean(r.Migguard), clean(r.Command),
		).Scan(&id)
	})
	if err == nil {
		l.setRelease(id)
	}
	return id, err
}

// Finish records how a run ended and what else it did, behind as many statements as
// Record has recorded, in one transaction. When it succeeded, nothing counts as
// created in the run any more: its dynos start.
func (l *Ledger) Finish(ctx context.Context, id int64, outcome Outcome, exitStatus, behind int, statements []Statement) error {
	return l.inTx(ctx, "finish the release", func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			update migguard.release
			set outcome = $2, exit_status = $3, finished_at = clock_timestamp()
			where id = $1 and outcome = 'running'`, id, string(outcome), exitStatus)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("%w (id %d)", ErrNotRunning, id)
		}
		if err := insertStatements(ctx, tx, id, behind, statements); err != nil {
			return err
		}
		if outcome == Succeeded {
			if _, err = tx.Exec(ctx, "delete from migguard.created"); err != nil {
				return err
			}
		}
		return locate(ctx, tx)
	})
}

// LastSuccessful is the newest run that succeeded; false when there is none.
func (l *Ledger) LastSuccessful(ctx context.Context) (r Release, found bool, err error) {
	return l.oneRelease(ctx, "read the last release", "where outcome = 'succeeded' order by id desc limit 1")
}

// Released tells whether a run of a build has succeeded.
func (l *Ledger) Released(ctx context.Context, build string) (released bool, err error) {
	err = l.read(ctx, "look for a build's release", func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select exists (select from migguard.release where build = $1 and outcome = 'succeeded')", build).Scan(&released)
	})
	return released, err
}

// oneRelease reads the release, if there is one, that a clause tells.
func (l *Ledger) oneRelease(ctx context.Context, doing, clause string, args ...any) (r Release, found bool, err error) {
	err = l.read(ctx, doing, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, selectRelease+" "+clause, args...)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, scanRelease)
		found = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return r, found, err
}

func (l *Ledger) setRelease(id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.release = id
}
