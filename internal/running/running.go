// Package running finds out which builds run, from the Platform API or else from the
// ledger, and where their dynos are proven to look first. What these builds need of the
// schema is not its business.
package running

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// A Platform is what is asked of the Platform API, about one app.
type Platform interface {
	App(ctx context.Context) (fleet.App, error)
	Survey(ctx context.Context) (fleet.Facts, error)
}

// A PlatformError says that the Platform API did not tell which code runs.
type PlatformError struct{ Err error }

func (e *PlatformError) Error() string { return "which code runs is not known: " + e.Err.Error() }

// Unwrap returns the adapter's error.
func (e *PlatformError) Unwrap() error { return e.Err }

// Builds finds out which builds run, of one app and of what shares its database. Ledger
// is required.
type Builds struct {
	// App and Version, Heroku's vN, are of the release that asks; either may be empty.
	// Where the Platform API names them they become that.
	App, Version string
	Platform     Platform // nil without a token
	Ledger       *ledger.Ledger
	// RefuseBlind has Identify fail when the Platform API cannot be asked.
	RefuseBlind bool
	// Overlap is fleet.Facts'.
	Overlap time.Duration
	// Ends says that no release asks, and so a pending one may run.
	Ends bool

	known Known
	facts fleet.Facts // of the Platform API
}

// ask asks the Platform API and the ledger which builds run, and returns the
// version of the release that asks: when it is not known, the pending one's, if
// there is one only. It fails with a *PlatformError, or as the ledger does.
func (b *Builds) ask(ctx context.Context) (fleet.Answer, int, error) {
	facts, err := b.Platform.Survey(ctx)
	if err != nil {
		return fleet.Answer{}, 0, &PlatformError{err}
	}
	b.known.Releases, b.facts = facts.Releases, facts
	if facts.Builds, err = b.Ledger.Builds(ctx, b.App); err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return fleet.Answer{}, 0, err
	}
	facts.Now, facts.Overlap = time.Now(), b.Overlap
	if !b.Ends { // or a pending release is another's, and may run
		facts.This = pendingVersion(fleet.VersionNumber(b.Version), facts.Releases)
	}
	return fleet.Running(facts), facts.This, nil
}

func pendingVersion(this int, releases []fleet.Release) int {
	if this != 0 {
		return this
	}
	for _, r := range releases {
		if r.Status != fleet.ReleasePending {
			continue
		}
		if this != 0 {
			return 0
		}
		this = r.Version
	}
	return this
}

// Known is what Identify has found out. App and Releases are those of the
// Platform API, where it is the source.
type Known struct {
	Running  report.Running
	App      fleet.App
	Releases []fleet.Release
}

// Identify finds out which code runs. Without an answer from the Platform API it is
// the ledger's last release and whatever else may run. It fails with a *PlatformError
// where RefuseBlind says so, or as the ledger does.
func (b *Builds) Identify(ctx context.Context) (Known, error) {
	err := b.identify(ctx)
	return b.known, err
}

func (b *Builds) identify(ctx context.Context) error {
	if b.Platform == nil {
		b.known.Running.Source = report.FromLedger
		return b.assume(ctx, "without a token of the Platform API other builds may run as well")
	}
	app, err := b.Platform.App(ctx)
	if err == nil {
		b.known.App, b.App = app, app.Name // what was given may be an id
		var answer fleet.Answer
		var this int
		if answer, this, err = b.ask(ctx); err == nil {
			if b.Version == "" && this > 0 {
				b.Version = "v" + strconv.Itoa(this)
			}
			b.known.Running = report.Running{Source: report.FromPlatform, Answer: answer}
			return nil
		}
	} else {
		err = &PlatformError{err}
	}
	var unasked *PlatformError
	if !errors.As(err, &unasked) || b.RefuseBlind {
		return err
	}
	b.known.Running = report.Running{Source: report.FromLedger, Problem: err.Error()}
	return b.assume(ctx, "the Platform API could not be asked, so other builds may run as well")
}

// NoRelease is what runs where there is no ledger, which is this error: nobody has
// said that no code does.
func NoRelease(err error) []fleet.Code {
	return []fleet.Code{{Releases: []int{}, Reasons: []string{err.Error() + ", so no release is recorded"}}}
}

// assume is identify from the ledger alone. There is always some code then,
// even without a release: it was there before migguard.
func (b *Builds) assume(ctx context.Context, why string) error {
	last, found, err := b.Ledger.LastSuccessful(ctx)
	if err != nil {
		return err
	}
	code := fleet.Code{Releases: []int{}, Reasons: []string{"no release is recorded; " + why}}
	if found {
		code.Build = last.Build
		code.Reasons = []string{fmt.Sprintf("%s was the last to succeed; %s", report.ReleaseName(last.Version, last.ID), why)}
		if n := fleet.VersionNumber(last.Version); n > 0 {
			code.Releases = []int{n}
		}
	}
	b.known.Running.Answer = fleet.Answer{Code: []fleet.Code{code}}
	return nil
}
