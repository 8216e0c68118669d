package release

import (
	"context"
	"slices"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// waitsForCode is what something waits for that is not due.
const waitsForCode = "a build from before it may still run"

// enforce makes, of what migrations have asked for, that of which the code has gone that
// it would have broken. It is sent through a guard of its own, as a migration would send it now, so
// that it blocks nobody; what has been made, and that, are committed together. What
// cannot be made stays, and the run goes on.
func (r *Run) enforce(ctx context.Context, id int64, which func(ledger.Withheld) bool) (made []report.Shim, err error) {
	all, err := r.Ledger.Withheld(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	due, err := r.dueWithheld(ctx)
	if err != nil {
		return nil, err
	}
	isDue := map[int64]bool{}
	for _, w := range due {
		isDue[w.ID] = true
	}
	var sessions *enforcer
	defer func() {
		if sessions != nil {
			sessions.close(ctx)
		}
	}()
	for _, w := range all {
		if !which(w) {
			continue
		}
		if !isDue[w.ID] {
			r.waits(ReportWithheld(w).ID, waitsForCode)
			continue
		}
		if sessions == nil {
			if sessions, err = r.enforcer(ctx, id); err != nil {
				return made, err
			}
		}
		gone, why, err := sessions.make(ctx, w)
		if err != nil {
			return made, err
		}
		if why != "" {
			if err := r.Ledger.NoteWithheld(ctx, w.ID, why, gone); err != nil {
				return made, err
			}
		}
		switch {
		case gone:
		case why != "":
			r.keepsWaiting(w, why)
		case r.work().waitsAgain(w.ID): // and said so
		default:
			r.Out.Line("made %s, which %s has asked for: the code that it waited for is gone", withheldName(w), report.ReleaseName(w.Version, w.ReleaseID))
			made = append(made, ReportWithheld(w))
		}
	}
	return made, nil
}

// keepsWaiting says why something is not made.
func (r *Run) keepsWaiting(w ledger.Withheld, why string) {
	r.waits(ReportWithheld(w).ID, why)
	r.Out.Line("%s, which %s has asked for, waits: %s", withheldName(w), report.ReleaseName(w.Version, w.ReleaseID), why)
}

// dueWithheld is what no running build is in the way of, nor the one that is about to
// run.
func (r *Run) dueWithheld(ctx context.Context) ([]ledger.Withheld, error) {
	if !r.ends && r.known.Running.Source != report.FromPlatform {
		return r.Ledger.DueWithheld(ctx, r.App, r.Build)
	}
	builds, all, err := r.mayRun(ctx)
	if err != nil || !all {
		return nil, err
	}
	due, err := r.Ledger.WithheldWithout(ctx, r.App, builds)
	if r.ends {
		return due, err
	}
	return slices.DeleteFunc(due, func(w ledger.Withheld) bool { return w.Build == r.Build }), err
}
