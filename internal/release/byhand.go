package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
)

// A StaysError says why what a migration has left is not dropped: code that runs
// may need it, or the server said no. Nothing has changed.
type StaysError struct {
	Name, Why string
	Help      string // what people may do about it; "" where it is nothing
}

func (e *StaysError) Error() string {
	said := fmt.Sprintf("%s stays: %s", e.Name, e.Why)
	if e.Help != "" {
		said += "\n  help  " + e.Help
	}
	return said
}

// Drop ends one thing that a migration has left, by its ID in the report, if no
// code that runs needs it: what waits to be made is made. It takes what EndDue takes, and fails with a
// *StaysError, a *ledger.BusyError, and with pgx.ErrNoRows where there is none.
func (r *Run) Drop(ctx context.Context, id string) error {
	if err := r.afterwards(ctx); err != nil {
		return err
	}
	if err := r.learn(ctx); err != nil {
		return err
	}
	shims, err := r.Ledger.Shims(ctx)
	if err != nil {
		return err
	}
	for _, s := range shims {
		if is := ReportShim(s); is.ID == id {
			return r.dropOne(is, "", func() (string, error) { return r.neededBy(ctx, s) }, func() error { return r.Ledger.DropShim(ctx, s.ID) })
		}
	}
	deferred, err := r.Ledger.Deferred(ctx)
	if err != nil {
		return err
	}
	for _, d := range deferred {
		if is := ReportDeferred(d); is.ID == id {
			return r.dropOne(is, endsWaiting(d), func() (string, error) { return r.stillNeeded(ctx, d) }, func() error { return r.Ledger.DropDeferred(ctx, d.ID) })
		}
	}
	return r.makeOne(ctx, id)
}

// makeOne makes one thing that waits.
func (r *Run) makeOne(ctx context.Context, id string) error {
	last, _, err := r.Ledger.LastSuccessful(ctx)
	if err != nil {
		return err
	}
	var is *ledger.Withheld
	made, err := r.enforce(ctx, last.ID, func(w ledger.Withheld) bool {
		if ReportWithheld(w).ID == id {
			is = &w
		}
		return is != nil && is.ID == w.ID
	})
	switch {
	case err != nil:
		return err
	case is == nil:
		return pgx.ErrNoRows
	case len(made) == 0 && r.waiting[id] != "":
		return &StaysError{Name: withheldName(*is), Why: r.waiting[id]}
	}
	return nil // it is made, or its table is gone
}

func (r *Run) dropOne(is report.Shim, help string, needed func() (string, error), drop func() error) error {
	why, err := needed()
	if err == nil && why != "" {
		err = &StaysError{is.Name, why, help}
	}
	if err == nil {
		err = drop()
	}
	var kept *ledger.KeptError
	if errors.As(err, &kept) {
		why = kept.Reason
		if kept.Err != nil {
			why += ": " + kept.Err.Error()
		}
		return &StaysError{Name: is.Name, Why: why}
	}
	return err
}

// neededBy says which code may need a shim that is not due; nothing if it is.
func (r *Run) neededBy(ctx context.Context, s ledger.Shim) (string, error) {
	if s.ViewName == "" {
		return "", nil // only the ledger is to know
	}
	builds, all, err := r.mayRun(ctx)
	switch {
	case err != nil:
		return "", err
	case !all:
		return r.unknown(), nil
	}
	without := func(builds ...string) (due bool, err error) {
		shims, err := r.Ledger.ShimsWithout(ctx, r.App, builds)
		return slices.ContainsFunc(shims, func(other ledger.Shim) bool { return other.ID == s.ID }), err
	}
	if due, err := without(); err != nil || !due {
		return "another app that migrates this database may run code that needs it", err
	}
	for _, build := range builds {
		if due, err := without(build); err != nil || !due {
			return fmt.Sprintf("build %s, which may run, may have been released before it was made", build), err
		}
	}
	return "", nil
}

// unknown says of which code that may run the build is not known.
func (r *Run) unknown() string {
	of := "released last"
	for _, c := range r.known.Running.Code {
		if c.Build == "" && len(c.Releases) > 0 {
			of = "of " + versions(c.Releases)
		}
	}
	return "the code " + of + " may run, and which build that is is not known"
}

// Keep takes the drop of a column or table back, or what waits to be made, by its ID
// in the report. It returns the SQL that puts back what was changed meanwhile, and
// fails with ledger.ErrNotDeferred where nothing of that ID was dropped or waits.
func (r *Run) Keep(ctx context.Context, id string) (undo []string, err error) {
	held, err := r.Ledger.Withheld(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range held {
		if ReportWithheld(w).ID == id {
			return nil, r.Ledger.NoteWithheld(ctx, w.ID, "given up", true)
		}
	}
	deferred, err := r.Ledger.Deferred(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(deferred, func(d ledger.Deferred) bool {
		dropped := d.Kind == ledger.DropColumn || d.Kind == ledger.DropTable || d.Kind == ledger.DropView // a copy would stay with its trigger
		return dropped && ReportDeferred(d).ID == id
	})
	if at < 0 {
		return nil, ledger.ErrNotDeferred
	}
	return r.Ledger.KeepDeferred(ctx, deferred[at].ID)
}
