// Package release is the use case: one "migguard run", step by step, from the
// lock on the ledger to the record of how it ended. It starts the guard, gives
// it the Gate that judges and carries out statements, and runs the migration
// command through it. Which database, which command and which policy is the
// caller's to say.
package release

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/running"
	"github.com/migguard/migguard/internal/seen"
)

// A Run is one release's migrations. All fields but Starting, Signals, Policy and Log
// are required; texts may be empty where they are unknown.
type Run struct {
	Database *pg.Config
	Major    int // of the server
	// Catalog is a session with the database for looking into its
	// catalogs. It is closed before the command starts.
	Catalog  *pgx.Conn
	Ledger   *ledger.Ledger
	Command  runner.Command
	Build    string // build id
	Version  string // Heroku's vN
	App      string
	Migguard string // migguard's own version
	// LockWait bounds the waiting for another run, and for one strong lock.
	LockWait time.Duration
	// CancelBlockers is how long a query may run that is in the way of a strong
	// lock, of a task, or of a drop, before it is cancelled; 0: none is.
	CancelBlockers time.Duration
	Policy         *judge.Policy
	// Contract is what this build's code needs; nil: unknown.
	Contract *contract.Contract
	// Platform is nil without a token, and so is Maintenance.
	Platform    running.Platform
	Maintenance *maintenance.Machine
	// RefuseBlind ends the run when the Platform API cannot be asked which
	// code runs.
	RefuseBlind bool
	// WarnMissing lets a release go on whose models name what is not there.
	WarnMissing bool
	// WarnReplay lets a transaction commit after which queries of running code fail.
	WarnReplay bool
	// ByHand leaves it to people to take away what earlier migrations have left.
	ByHand bool
	// Overlap is fleet.Facts'.
	Overlap time.Duration
	// CountedFor is how long the database has to have counted queries before it is
	// evidence of what code does not do that it has seen no such query; 0: a day, and
	// less: none is needed, whatever it has forgotten.
	CountedFor time.Duration

	Environ        []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Starting is called before the command starts: from then on it gets
	// the Signals.
	Starting func()
	Signals  <-chan os.Signal
	Out      *report.Reporter
	Log      *slog.Logger

	builds   running.Builds // which it asks what runs
	known    running.Known
	codeRuns []judge.Code  // with contracts; nil: none is recorded
	counted  *seen.Counted // nil: not looked at
	learned  bool
	ends     bool // it only ends what earlier runs have left; its build is the last one
	back     bool // this build does not fit the schema any more
	shared   bool // another app migrates the database, too; known once learned
	keeper   *keeper
	waiting  map[string]string // what is left waits for, by its ID in the report
	tasks    *tasks
	own      backends
	path     *runnerPath // of the command's sessions; nil: not looked at
}

// An Ended is how a run ended: what it did, and the exit status.
type Ended struct {
	Report report.Run
	Exit   int
}

// A LostError says that the ledger's session ended while the runner worked:
// another run could have started, so this one was stopped.
type LostError struct{ Err error }

func (e *LostError) Error() string {
	return "the connection that holds migguard's lock is gone: " + e.Err.Error()
}

// Unwrap returns what ended the session.
func (e *LostError) Unwrap() error { return e.Err }

// Do runs to the end. An error is a reason of migguard's own why the run could
// not be done; the runner's failure, and a refusal, are in Ended.
func (r *Run) Do(ctx context.Context) (Ended, error) {
	began := time.Now()
	if err := r.Ledger.Lock(ctx, r.LockWait, r.lockWaits); err != nil {
		return Ended{}, err
	}
	if restored, missing := r.Ledger.Restored(); restored {
		r.Out.Line("this database was restored from a dump: what the ledger says is looked up by name")
		for _, name := range missing {
			r.Out.Line("%s, is not there by that name, and migguard gives it up", name)
		}
	}
	if err := r.identify(ctx); err != nil {
		return Ended{}, err
	}
	if problem := r.known.Running.Problem; problem != "" {
		r.Out.Line("%s", problem)
		r.Out.Line("going on as if the last release were running, and everything in use (--on-api-failure refuse ends the run instead)")
	}
	id, err := r.Ledger.Begin(ctx, ledger.Release{
		Build: r.Build, Version: r.Version, App: r.App,
		Migguard: r.Migguard, Command: r.Command.String(),
	})
	if err != nil {
		return Ended{}, err
	}
	var dropped []report.Shim
	if err = r.recordContract(ctx); err == nil {
		dropped, err = r.prepare(ctx, id)
	}
	if err != nil {
		return Ended{}, errors.Join(err, r.finish(ctx, id, ledger.Failed, ExitInternal, outcome{}))
	}
	did, exit, reason, runErr := r.migrate(ctx, id)
	ended, err := r.conclude(ctx, id, did, exit, reason, runErr)
	ended.Report.Dropped = dropped
	ended.Report.Started, ended.Report.Duration = began, time.Since(began)
	return ended, err
}

// identify finds out which code runs, and for which app and release, if that is not known.
func (r *Run) identify(ctx context.Context) (err error) {
	r.builds = running.Builds{App: r.App, Version: r.Version, Platform: r.Platform, Ledger: r.Ledger, RefuseBlind: r.RefuseBlind, Overlap: r.Overlap, Ends: r.ends}
	r.known, err = r.builds.Identify(ctx)
	r.App, r.Version = r.builds.App, r.builds.Version
	return err
}

// prepare ends what earlier runs have left.
func (r *Run) prepare(ctx context.Context, id int64) ([]report.Shim, error) {
	r.keeper = &keeper{machine: r.Maintenance, drained: maintenance.Conditions{Quiet: r.quiet},
		request: maintenance.Request{ReleaseID: id, Version: r.Version,
			By: "migguard run", Reason: "the migrations of " + report.ReleaseName(r.Version, id)}}
	if err := r.adopt(ctx, r.keeper); err != nil {
		return nil, err
	}
	if r.ByHand {
		return nil, nil
	}
	return r.endDue(ctx, id)
}

func (r *Run) lockWaits(h ledger.Holder) {
	r.Out.Line("waiting for another run to end: %s", h)
}

// migrate runs the command, unless there is nothing for it to do. It returns
// what was done, the exit status and, for people, why it is not 0.
func (r *Run) migrate(ctx context.Context, id int64) (did outcome, exit int, reason string, err error) {
	if err := r.learn(ctx); err != nil {
		return did, ExitInternal, err.Error(), err
	}
	r.countBegin(ctx)
	if reason, err := r.lookBack(ctx); reason != "" || err != nil {
		return did, ExitRefused, reason, err
	}
	if reason, err := r.lookBackAt(ctx); reason != "" || err != nil {
		return did, ExitRefused, reason, err
	}
	if failed := r.work().before(ctx); failed != nil {
		exit, reason = owing(failed)
		return did, exit, reason, nil
	}
	defer func() {
		if exit == 0 && err == nil {
			r.work().after(ctx)
		}
	}()
	if e := r.Command.Embedded; e != nil {
		pending, err := e.Pending(ctx, r.Catalog)
		if err != nil {
			return did, ExitUsage, err.Error(), err
		}
		if len(pending) == 0 {
			r.Out.Line("nothing is pending in %s", e.Dir)
			return did, 0, "", nil
		}
	}
	g, err := r.gate(ctx, id)
	if err != nil {
		return did, ExitInternal, err.Error(), err
	}
	if err := r.Catalog.Close(ctx); err != nil {
		r.Log.WarnContext(ctx, "close a session", "error", err)
	}
	stop := r.journal(ctx, g, id)
	defer func() { did.recorded = stop() }()
	for {
		exit, reason, err = r.guarded(ctx, g)
		if err != nil {
			return g.result(), exit, reason, err
		}
		copies, err := r.copyBetween(ctx, g)
		if err != nil {
			return g.result(), max(exit, ExitTryAgain), "the copy of a column, which a statement needs, could not be made: " + err.Error(), nil
		}
		maintains := r.keeper.takeWanted()
		switch {
		case !copies && !maintains:
			return g.result(), exit, reason, err
		case !maintains:
			r.Out.Line("the command is started again")
			continue
		}
		r.Out.Line("the command is started again when maintenance mode is on")
		if err := r.between(ctx, r.keeper.enter); err != nil {
			g.notEntered(err)
			return g.result(), exit, reason, nil
		}
	}
}

// The exit statuses of a run, design page section 6.
const (
	ExitUsage       = 64
	ExitUnreachable = 69
	ExitInternal    = 70
	ExitTryAgain    = 75
	ExitRefused     = 77
)
