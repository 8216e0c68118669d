package release

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// EndDue ends what earlier migrations have left for builds that are gone, outside
// of a run: the build that was released last may run, and none is about to. It
// takes what running.Builds does, and Database, Catalog, Major, Policy and Out. The
// ledger is locked.
func (r *Run) EndDue(ctx context.Context) ([]report.Shim, error) {
	if err := r.afterwards(ctx); err != nil {
		return nil, err
	}
	last, _, err := r.Ledger.LastSuccessful(ctx)
	if err != nil {
		return nil, err
	}
	ended, err := r.endDue(ctx, last.ID)
	if err != nil {
		return ended, err
	}
	return ended, r.viewsStay(ctx)
}

// viewsStay says of the views that stand what they wait for; why one could not be
// dropped that waits for nothing is said already.
func (r *Run) viewsStay(ctx context.Context) error {
	shims, err := r.Ledger.Shims(ctx)
	for _, s := range shims {
		why, err := r.neededBy(ctx, s)
		if err != nil {
			return err
		}
		if why != "" {
			r.Out.Line("the shim %s of %s stays: %s", name(s), report.ReleaseName(s.Version, s.ReleaseID), why)
		}
	}
	return err
}

// endingWait is how long what is made outside of a run waits for a lock in all.
const endingWait = time.Minute

// afterwards finds out which code runs when no release is about to.
func (r *Run) afterwards(ctx context.Context) error {
	r.ends, r.keeper, r.Log = true, &keeper{}, cmp.Or(r.Log, slog.New(slog.DiscardHandler))
	r.LockWait = cmp.Or(r.LockWait, endingWait)
	if err := r.identify(ctx); err != nil || r.known.Running.Source != report.FromPlatform {
		return err // without the Platform API all that were released last count as running
	}
	released, err := r.Ledger.SucceededBuilds(ctx, 1)
	at := slices.IndexFunc(released, r.ofThisApp)
	if err != nil || at < 0 {
		return err
	}
	r.Build, r.Version = released[at].Build, released[at].Version
	documents, err := r.Ledger.Contracts(ctx, []string{r.Build})
	if err != nil || documents[r.Build] == nil {
		return err
	}
	// One of a later version says nothing: all counts as used.
	r.Contract, _ = contract.Read(bytes.NewReader(documents[r.Build]))
	return nil
}

// ofThisApp tells a build that is not of another app.
func (r *Run) ofThisApp(is ledger.Released) bool { return is.App == r.App || is.App == "" }

// buildName is what people call r.Build.
func (r *Run) buildName() string {
	if r.ends {
		return "the build that was released last"
	}
	return "this build"
}

// endDue ends all that is due; id is the run, or the last one, on whose record it is.
func (r *Run) endDue(ctx context.Context, id int64) ([]report.Shim, error) {
	dropped, err := r.dropShims(ctx)
	if err != nil {
		return dropped, err
	}
	more, err := r.dropDeferred(ctx)
	dropped = append(dropped, more...)
	if err != nil {
		return dropped, err
	}
	made, err := r.enforce(ctx, id, func(ledger.Withheld) bool { return true })
	return append(dropped, made...), err
}

// dueShims are those that no running build needs, nor the one that is about
// to run, which is newer than the one they were made for.
func (r *Run) dueShims(ctx context.Context) ([]ledger.Shim, error) {
	if !r.ends && r.known.Running.Source != report.FromPlatform {
		return r.Ledger.DueShims(ctx, r.App, r.Build)
	}
	builds, all, err := r.mayRun(ctx)
	if err != nil || !all {
		return nil, err
	}
	due, err := r.Ledger.ShimsWithout(ctx, r.App, builds)
	if r.ends {
		return due, err
	}
	return slices.DeleteFunc(due, func(s ledger.Shim) bool { return s.Build == r.Build }), err
}

// mayRun are the builds of this app that run, and the one that is about to, or was
// released last. It is false where one of them has no id.
func (r *Run) mayRun(ctx context.Context) (builds []string, all bool, err error) {
	if r.known.Running.Source == report.FromPlatform {
		builds, all = r.known.Running.Answer.Builds()
		return append(builds, r.Build), all && r.Build != "", nil
	}
	released, err := r.Ledger.SucceededBuilds(ctx, lastBuilds)
	all = true
	for _, is := range released {
		if r.ofThisApp(is) {
			builds, all = append(builds, is.Build), all && is.Build != ""
		}
	}
	return builds, all, err
}

// dropShims takes down what no running build needs any more.
func (r *Run) dropShims(ctx context.Context) ([]report.Shim, error) {
	due, err := r.dueShims(ctx)
	if err != nil {
		return nil, err
	}
	var dropped []report.Shim
	for _, s := range due {
		if err := r.dropping(ctx, s.View, func() error { return r.Ledger.DropShim(ctx, s.ID) }); err != nil {
			r.Out.Line("the shim %s stays: %v", s.ViewName, err)
			continue
		}
		r.Out.Line("dropped the shim %s of %s: the builds that used it are gone", name(s), report.ReleaseName(s.Version, s.ReleaseID))
		dropped = append(dropped, ReportShim(s))
	}
	return dropped, nil
}

// shims are those that stand when the run is over.
func (r *Run) shims(ctx context.Context) ([]report.Shim, error) {
	shims, err := Standing(context.WithoutCancel(ctx), r.Ledger)
	if err != nil {
		return nil, err
	}
	for i, s := range shims {
		said := r.waiting[s.ID]
		if s.Waits != "" { // it is to be made
			said = cmp.Or(said, waitsForCode)
		}
		shims[i].Waits = said
	}
	if len(shims) > 0 && r.Build == "" {
		r.Out.Line("this build's id is unknown, so no shim is ever dropped: %s", nameBuild)
	}
	r.Out.Overdue(shims)
	return shims, nil
}
