package release

import (
	"context"
	"errors"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// conclude turns the runner's end into the run's, and records it.
func (r *Run) conclude(ctx context.Context, id int64, did outcome, exit int, reason string, runErr error) (Ended, error) {
	how := ledger.Succeeded
	switch {
	case r.work().failed() != nil:
		how = ledger.Failed
		exit, reason = owing(r.work().failed())
	case did.refused > 0:
		how, exit = ledger.Refused, ExitRefused
		reason = "nothing of the refused statement was kept, and the code that is running is not affected; migrations that were committed before it stay"
	case did.lockless && exit != 0:
		how, exit = ledger.Failed, ExitTryAgain
		reason = "a lock could not be had; nothing of that statement was kept, and releasing again is safe"
	case exit == ExitRefused && r.back:
		how = ledger.Refused
	case exit != 0 || runErr != nil:
		how = ledger.Failed
	}
	if did.unmaintained != nil && how != ledger.Succeeded {
		how, exit = ledger.Failed, ExitTryAgain
		reason = "maintenance mode, which a statement needs, was not to be had: " + did.unmaintained.Error()
	}
	var missing []contract.Need
	if how == ledger.Succeeded {
		if missing = r.lookForward(ctx); len(missing) > 0 && !r.WarnMissing {
			how, exit = ledger.Refused, ExitRefused
			reason = "the new code does not fit the schema, so it is not to start; the migrations stay, and the code that is running is not affected\n" +
				"add the migration, or let such releases go on: forward-check = \"warn\" in migguard.toml, --forward-check warn, or MIGGUARD_FORWARD_CHECK"
		}
	}
	if how == ledger.Succeeded {
		if err := r.dropPrepared(ctx); err != nil {
			return Ended{}, errors.Join(runErr, err)
		}
	}
	stay, err := r.closeMaintenance(ctx, r.keeper, how, did.committed())
	if err != nil {
		r.Out.Line("end the maintenance: %v; the next run or \"migguard settle\" goes on with it", err)
	}
	if stay != "" {
		how, exit, reason = ledger.Refused, ExitRefused, reason+"\n"+stay
	}
	exceptions := reportExceptions(r.Policy)
	r.Out.Exceptions(exceptions, how == ledger.Succeeded && !r.idle())
	r.recordPath(ctx, id)
	if err := r.finish(ctx, id, how, exit, did); err != nil {
		return Ended{}, errors.Join(runErr, err)
	}
	r.countQueries(ctx, how == ledger.Succeeded)
	shims, err := r.shims(ctx)
	if err != nil {
		return Ended{}, errors.Join(runErr, err)
	}
	return Ended{Exit: exit, Report: report.Run{
		Version: r.Migguard, App: r.App, Release: r.Version, Build: r.Build,
		Runner: r.Command.String(), Database: r.Database.String(),
		Outcome: string(how), Exit: exit, Reason: reason,
		Statements: did.statements, Shims: shims, Tasks: r.work().list(), Running: r.known.Running, Missing: missing,
		Exceptions: exceptions,
	}}, runErr
}

// finish records the end even when the run was told to stop.
func (r *Run) finish(ctx context.Context, id int64, how ledger.Outcome, exit int, did outcome) error {
	if did.unlisted > 0 {
		r.Out.Line("%d more statements were allowed than are listed: the list ends after %d", did.unlisted, maxListed)
	}
	records, err := ledgerStatements(did.statements[did.recorded:])
	if err != nil {
		return err
	}
	return r.Ledger.Finish(context.WithoutCancel(ctx), id, how, exit, did.recorded, records)
}
