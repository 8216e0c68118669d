package release

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/task"
)

// Standing is all that migrations have left for code from before them, in the report's
// words. It fails with ledger.ErrNoLedger where there is no ledger.
func Standing(ctx context.Context, l *ledger.Ledger) (shims []report.Shim, err error) {
	recorded, err := l.Shims(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range recorded {
		shims = append(shims, ReportShim(s))
	}
	deferred, err := l.Deferred(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range deferred {
		shims = append(shims, ReportDeferred(d))
	}
	held, err := l.Withheld(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range held {
		shims = append(shims, ReportWithheld(w))
	}
	return shims, nil
}

// ReportShim is a shim of the ledger in the report's words.
func ReportShim(s ledger.Shim) report.Shim {
	relation := s.RelationName
	if relation == "" {
		relation = "a table that is gone"
	}
	return report.Shim{
		ID: fmt.Sprintf("s%d", s.ID), Kind: s.Kind, Name: name(s), Relation: relation, Release: report.ReleaseName(s.Version, s.ReleaseID),
		Build: s.Build, Created: s.CreatedAt, Age: report.Age(s.Age), Overdue: overdue(s.Age, s.Later),
	}
}

// ReportDeferred is what a migration has dropped and is there still, in the
// report's words.
func ReportDeferred(d ledger.Deferred) report.Shim {
	said := report.Shim{
		ID: fmt.Sprintf("d%d", d.ID), Kind: d.Kind, Name: deferredName(d), Relation: ddl.Name{Schema: d.Schema, Name: d.Table}.String(),
		Release: report.ReleaseName(d.Version, d.ReleaseID), Build: d.Build, Created: d.CreatedAt, Age: report.Age(d.Age), Overdue: overdue(d.Age, d.Later),
	}
	if said.Overdue {
		said.Help = endsWaiting(d)
	}
	return said
}

// What a migration has left is overdue after maxAge, or when as many releases of
// later builds have come and it stands: the first of them should have ended it.
const (
	maxAge   = 14 * 24 * time.Hour
	maxLater = 2
)

func overdue(age time.Duration, later int) bool { return age > maxAge || later >= maxLater }

// deferredName is what it is called, or was.
func deferredName(d ledger.Deferred) string {
	switch {
	case d.Name != "":
		return d.Name
	case d.Column != "":
		return ddl.Name{Schema: d.Schema, Name: d.Table}.String() + "." + ddl.Quote(d.Column)
	}
	return ddl.Name{Schema: d.Schema, Name: d.Table}.String()
}

// ReportWithheld is what a migration has asked for and is made later, in the report's
// words.
func ReportWithheld(w ledger.Withheld) report.Shim {
	said := report.Shim{
		ID: fmt.Sprintf("w%d", w.ID), Overdue: overdue(w.Age, w.Later), Kind: w.Kind, Name: withheldName(w), Relation: ddl.Name{Schema: w.Schema, Name: w.Table}.String(), Waits: w.Note,
		Release: report.ReleaseName(w.Version, w.ReleaseID), Build: w.Build, Created: w.CreatedAt, Age: report.Age(w.Age),
	}
	if said.Waits == "" {
		said.Waits = waitsForCode
	}
	return said
}

// withheldName is what it is called.
func withheldName(w ledger.Withheld) string {
	table := ddl.Name{Schema: w.Schema, Name: w.Table}
	if w.NowTable != "" {
		table = ddl.Name{Schema: w.NowSchema, Name: w.NowTable}
	}
	column := ddl.Quote(cmp.Or(w.NowColumn, w.Object))
	switch w.Kind {
	case ledger.WithheldNotNull:
		return fmt.Sprintf("NOT NULL of %s.%s", table, column)
	case ledger.WithheldDefault:
		return fmt.Sprintf("DROP DEFAULT of %s.%s", table, column)
	case ledger.WithheldIndex:
		return fmt.Sprintf("unique index %s of %s", ddl.Quote(w.Object), table)
	}
	return fmt.Sprintf("constraint %s of %s", ddl.Quote(w.Object), table)
}

// ReportTask is a task of the ledger that is owed, in the report's words.
func ReportTask(t ledger.Task) report.Task {
	said := task.Describe(t)
	return report.Task{
		What: said.What, Done: said.Done, Meanwhile: said.Meanwhile,
		ID: t.ID, Kind: t.Kind, Relation: ddl.Name{Schema: t.Schema, Name: t.Table}.String(), Object: t.Object,
		SQL: t.SQL, Release: report.ReleaseName(t.Version, t.ReleaseID), State: report.TaskOwed, Error: t.Note,
	}
}

// name is the view's, or was.
func name(s ledger.Shim) string {
	if s.ViewName != "" {
		return s.ViewName
	}
	return ddl.Name{Schema: s.Schema, Name: s.OldName}.String()
}
