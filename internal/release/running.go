package release

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/maintenance"
	"github.com/migguard/migguard/internal/report"
)

// A Platform is what a run asks the Platform API, about one app.
type Platform interface {
	maintenance.Platform
	Survey(ctx context.Context) (fleet.Facts, error)
}

// A PlatformError says that the Platform API did not tell which code runs.
type PlatformError struct{ Err error }

func (e *PlatformError) Error() string { return "which code runs is not known: " + e.Err.Error() }

// Unwrap returns the adapter's error.
func (e *PlatformError) Unwrap() error { return e.Err }

// ask asks the Platform API and the ledger which builds run, and returns the
// version of the release that asks: when it is not known, the pending one's, if
// there is one only. It fails with a *PlatformError, or as the ledger does.
func (r *Run) ask(ctx context.Context) (fleet.Answer, int, error) {
	facts, err := r.Platform.Survey(ctx)
	if err != nil {
		return fleet.Answer{}, 0, &PlatformError{err}
	}
	r.known.Releases, r.facts = facts.Releases, facts
	if facts.Builds, err = r.Ledger.Builds(ctx, r.App); err != nil && !errors.Is(err, ledger.ErrNoLedger) {
		return fleet.Answer{}, 0, err
	}
	facts.Now, facts.Overlap = time.Now(), r.Overlap
	if !r.ends { // or a pending release is another's, and may run
		facts.This = pendingVersion(fleet.VersionNumber(r.Version), facts.Releases)
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

// Identify tells which code runs, from App, Version, Platform, Ledger and
// RefuseBlind. Where the Platform API names the app, the run's App becomes that.
func (r *Run) Identify(ctx context.Context) (Known, error) {
	err := r.identify(ctx)
	return r.known, err
}

// Steer adds to what Identify has found out which of the builds are proven to look
// into their overlay schema first.
func (r *Run) Steer(ctx context.Context) (Known, error) {
	var err error
	r.known.Running.Steering, err = r.steering(ctx)
	return r.known, err
}

// identify finds out which code runs. Without an answer from the Platform API
// it is the ledger's last release and whatever else may run.
func (r *Run) identify(ctx context.Context) error {
	if r.Platform == nil {
		r.known.Running.Source = report.FromLedger
		return r.assume(ctx, "without a token of the Platform API other builds may run as well")
	}
	app, err := r.Platform.App(ctx)
	if err == nil {
		r.known.App, r.App = app, app.Name // what was given may be an id
		var answer fleet.Answer
		var this int
		if answer, this, err = r.ask(ctx); err == nil {
			if r.Version == "" && this > 0 {
				r.Version = "v" + strconv.Itoa(this)
			}
			r.known.Running = report.Running{Source: report.FromPlatform, Answer: answer}
			return nil
		}
	} else {
		err = &PlatformError{err}
	}
	var unasked *PlatformError
	if !errors.As(err, &unasked) || r.RefuseBlind {
		return err
	}
	r.known.Running = report.Running{Source: report.FromLedger, Problem: err.Error()}
	return r.assume(ctx, "the Platform API could not be asked, so other builds may run as well")
}

// NoRelease is what runs where there is no ledger, which is this error: nobody has
// said that no code does.
func NoRelease(err error) []fleet.Code {
	return []fleet.Code{{Releases: []int{}, Reasons: []string{err.Error() + ", so no release is recorded"}}}
}

// assume is identify from the ledger alone. There is always some code then,
// even without a release: it was there before migguard.
func (r *Run) assume(ctx context.Context, why string) error {
	last, found, err := r.Ledger.LastSuccessful(ctx)
	if err != nil {
		return err
	}
	code := fleet.Code{Releases: []int{}, Reasons: []string{"no release is recorded; " + why}}
	if found {
		code.Build = last.Build
		code.Reasons = []string{fmt.Sprintf("%s was the last to succeed; %s", releaseName(last.Version, last.ID), why)}
		if n := fleet.VersionNumber(last.Version); n > 0 {
			code.Releases = []int{n}
		}
	}
	r.known.Running.Answer = fleet.Answer{Code: []fleet.Code{code}}
	return nil
}
