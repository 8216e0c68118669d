package release

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/runner"
)

// An UnlistedError says that nobody knows which migrations of a command are pending.
type UnlistedError struct{ Command string }

func (e *UnlistedError) Error() string {
	return "which migrations of " + e.Command + " are pending is known for Rails, goose and NNN_name.up.sql only; for others give --rehearse the URL of a server where a database may be made to try it on"
}

// Foresee says what a run of a newer build would do now, and changes nothing: it
// asks by the session Catalog, which refuses to write, and by Ledger, which needs no
// lock. It takes what EndDue takes, and Command; it fails with an *UnlistedError,
// and as the runner's list of what is pending does. That list is not asked where texts
// are given, which Rehearse has heard.
func (r *Run) Foresee(ctx context.Context, texts []string) (p report.Plan, err error) {
	p = report.Plan{Version: r.Migguard, Runner: r.Command.String(), Database: r.Database.String(), Rehearsed: texts != nil}
	all := []pendingFile{{file: p.Runner, texts: texts}}
	if texts == nil {
		if all, err = r.pending(ctx); err != nil {
			return p, err
		}
	}
	r.Ledger.Blank()
	if err = r.afterwards(ctx); err != nil {
		return p, err
	}
	p.App, p.Running = r.App, r.known.Running
	if !r.Ledger.Absent() && !r.Ledger.Current() {
		for _, m := range all {
			p.Migrations = append(p.Migrations, report.Planned{File: m.file, Unread: "the first run with this version of migguard brings its ledger up to date"})
		}
		return p, nil
	}
	f, err := r.foresight(ctx)
	if err != nil {
		return p, err
	}
	if err := f.first(ctx, &p); err != nil {
		return p, err
	}
	for _, m := range all {
		planned, err := f.migration(ctx, m)
		if err != nil {
			return p, err
		}
		if texts == nil || len(planned.Statements) > 0 {
			p.Migrations = append(p.Migrations, planned)
		}
	}
	return p, nil
}

// A pendingFile is a migration that a run would apply.
type pendingFile struct {
	file   string
	texts  []string
	unread string // why there are none
}

func (r *Run) pending(ctx context.Context) (all []pendingFile, err error) {
	e := r.Command.Embedded
	switch {
	case e != nil:
		list, err := e.Pending(ctx, r.Catalog)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			file := pendingFile{file: e.Dir + "/" + m.Name}
			if file.texts, err = e.Up(m); errors.Is(err, runner.ErrSubstituted) {
				file.unread = err.Error()
			} else if err != nil {
				return nil, err
			}
			all = append(all, file)
		}
	case r.Command.Name == "rails":
		list, err := runner.RailsPending(ctx, r.Catalog, os.DirFS(filepath.Join(r.Command.Dir, runner.RailsFolder)))
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			all = append(all, pendingFile{file: runner.RailsFolder + "/" + m.Name, unread: "its SQL is what Ruby makes of it"})
		}
	default:
		return nil, &UnlistedError{r.Command.String()}
	}
	return all, nil
}

// foresight is what it takes to judge without running anything.
func (r *Run) foresight(ctx context.Context) (*foresight, error) {
	r.keeper = &keeper{machine: r.Maintenance}
	r.own.add(r.Catalog.PgConn().PID())
	g, err := r.gate(ctx, 0)
	if err != nil {
		return nil, err
	}
	return &foresight{run: r, gate: g, conn: &looking{r.Catalog, r.Ledger.Absent()}, touched: map[string]bool{}}, nil
}

// first is what a run would do before the migrations, and what it would leave.
func (f *foresight) first(ctx context.Context, p *report.Plan) error {
	r := f.run
	const byHand = "it is left to people: migguard shims drop"
	shims, err := r.Ledger.Shims(ctx)
	if err != nil {
		return err
	}
	add := func(is report.Shim, why string, err error) (due bool, _ error) {
		switch {
		case err != nil:
			return false, err
		case why == "" && r.ByHand:
			why = byHand
		case why == "":
			p.Due = append(p.Due, is)
			return true, nil
		}
		is.Waits = why
		p.Shims = append(p.Shims, is)
		return false, nil
	}
	for _, s := range shims {
		why, err := r.neededBy(ctx, s)
		due, err := add(ReportShim(s), why, err)
		if err != nil {
			return err
		}
		if due {
			f.touched[s.OldName] = true
		}
	}
	deferred, err := r.Ledger.Deferred(ctx)
	if err != nil {
		return err
	}
	for _, d := range deferred {
		why, err := r.stillNeeded(ctx, d)
		due, err := add(ReportDeferred(d), why, err)
		if err != nil {
			return err
		}
		if due {
			f.touched[d.Table] = true
		}
	}
	owed, err := r.Ledger.Owed(ctx)
	for _, t := range owed {
		p.Tasks = append(p.Tasks, ReportTask(t))
	}
	return err
}
