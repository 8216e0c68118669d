package cli

import (
	"errors"

	"github.com/migguard/migguard/internal/config"
	"github.com/migguard/migguard/internal/heroku"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/rehearsal"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/runner"
	"github.com/migguard/migguard/internal/settle"
)

// exitStatus maps errors to the written contract.
func exitStatus(err error) int {
	var start *runner.StartError
	var ended *signalError
	var rehearsed *rehearsal.Error
	switch {
	case errors.As(err, &ended):
		return 128 + int(ended.signal)
	case errors.As(err, &start):
		return start.Status
	case errors.As(err, &rehearsed) && rehearsed.Status != 0:
		return rehearsed.Status
	case is[*usageError](err), is[*pg.ConfigError](err), errors.Is(err, config.ErrNoDatabase),
		is[*runner.AmbiguousError](err), is[*runner.NotFoundError](err), is[*runner.OwnerError](err),
		is[*release.UnlistedError](err), is[*pg.CloneError](err), is[*rehearsal.Error](err):
		return release.ExitUsage
	case is[*pg.UnreachableError](err), is[*pg.AuthError](err), is[*pg.ReadOnlyError](err),
		is[*pg.VersionError](err), is[*release.LostError](err):
		return release.ExitUnreachable
	case is[*heroku.Error](err):
		return platformStatus(err)
	case is[*ledger.LockedError](err), is[*maintenance.DrainError](err), is[*settle.DeadlineError](err),
		is[*ledger.BusyError](err):
		return release.ExitTryAgain
	case is[*pg.PoolerError](err), is[*ledger.CreateError](err), is[*settle.StuckError](err), is[*release.StaysError](err):
		return release.ExitRefused
	}
	return internalError
}

// platformStatus sorts what the Platform API says: it is not there, it is to be
// asked later, or token and app are not right.
func platformStatus(err error) int {
	var platform *heroku.Error
	errors.As(err, &platform)
	switch {
	case platform.RateLimited():
		return release.ExitTryAgain
	case platform.Unauthorized(), platform.Forbidden(), platform.NotFound():
		return release.ExitUsage
	case platform.Unreachable():
		return release.ExitUnreachable
	}
	return internalError
}

func is[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// nextStep goes behind an error about a database that cannot be worked with, and
// says what to look at; "" where the error itself does. "migguard doctor" has more.
func nextStep(err error) string {
	var readOnly *pg.ReadOnlyError
	switch {
	case is[*pg.UnreachableError](err):
		return "; are host and port of the URL right, and is the database up? On Heroku: heroku pg:info"
	case is[*pg.AuthError](err):
		return "; are user, password and database of the URL right? On Heroku: heroku pg:credentials:url"
	case is[*pg.VersionError](err):
		return "; on Heroku: heroku pg:upgrade"
	case errors.As(err, &readOnly) && !readOnly.InRecovery:
		return "; use a role that may write, or take the setting back: ALTER ROLE or ALTER DATABASE ... RESET default_transaction_read_only"
	}
	return ""
}
