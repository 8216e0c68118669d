package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/shim"
)

// dropDeferred drops what earlier migrations have dropped and no code needs any
// more, neither what runs nor what is about to. It is judged as if a migration
// dropped it now.
func (r *Run) dropDeferred(ctx context.Context) ([]report.Shim, error) {
	deferred, err := r.Ledger.Deferred(ctx)
	if err != nil || len(deferred) == 0 {
		return nil, err
	}
	if err := r.learn(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(deferred, viewsFirst)
	tried := map[int64]int{} // the number of those dropped before
	var dropped []report.Shim
	for i := 0; i < len(deferred); i++ {
		d := deferred[i]
		waits, err := r.stillNeeded(ctx, d)
		if err != nil {
			return dropped, err
		}
		var kept *ledger.KeptError
		if waits == "" {
			if err := r.dropping(ctx, d.Object.Relation, func() error { return r.Ledger.DropDeferred(ctx, d.ID) }); err != nil {
				waits = err.Error()
				errors.As(err, &kept)
			}
		}
		if before, again := tried[d.ID]; kept != nil && (!again || before < len(dropped)) { // by what comes later, perhaps
			tried[d.ID] = len(dropped)
			deferred = append(deferred, d)
			continue
		}
		if waits != "" {
			r.Out.Line("%s, %s, stays: %s", deferredName(d), leftBy(d), waits)
			r.waits(ReportDeferred(d).ID, waits)
			continue
		}
		r.Out.Line("dropped %s, %s: no code needs it", deferredName(d), leftBy(d))
		dropped = append(dropped, ReportDeferred(d))
	}
	return dropped, nil
}

// viewsFirst puts views before what they may read, and those first that may read others.
func viewsFirst(a, b ledger.Deferred) int {
	view, other := a.Kind == ledger.DropView, b.Kind == ledger.DropView
	switch {
	case view && other:
		return cmp.Compare(b.ID, a.ID)
	case view:
		return -1
	case other:
		return 1
	}
	return 0
}

// leftBy says why something is there, in a clause.
func leftBy(d ledger.Deferred) string {
	of := report.ReleaseName(d.Version, d.ReleaseID)
	switch {
	case keepsType(d):
		return "the old type of what " + of + " has given another"
	case d.Kind == ledger.Sync:
		return "the old name of what " + of + " has renamed"
	case d.Kind == ledger.PrepareSync:
		return "a copy that " + of + " has prepared for another name or type"
	}
	return "which " + of + " has dropped"
}

// keepsType tells a column that stays for code which minds its type, and sees it by another name.
func keepsType(d ledger.Deferred) bool {
	return d.Kind == ledger.Sync && strings.HasPrefix(d.Column, shim.KeptPrefix)
}

// endsWaiting says how people end what a deferred drop waits for; nothing where the
// next run does.
func endsWaiting(d ledger.Deferred) string {
	switch {
	case d.Name == "" || d.Kind == ledger.PrepareSync || keepsType(d):
		return ""
	case d.Kind == ledger.DropView:
		return fmt.Sprintf("Release code that does not use %s. Or say that no code does: migguard run --allow dropped-view:%[1]s", d.Name)
	case d.Kind == ledger.DropTable:
		return fmt.Sprintf("Release code that does not use %s. Or say that no code does: migguard run --allow dropped-table:%[1]s", d.Name)
	}
	return fmt.Sprintf("Release code that ignores %s (Rails: self.ignored_columns += [%q]), built with migguard's buildpack or run with --contract, so that migguard knows. Or say that no code uses it: migguard run --allow dropped-column:%[1]s", d.Name, d.Column)
}

// rollbacks is how many builds of an app are looked through for one that is back.
const rollbacks = 1000

// stillNeeded says what a deferred drop waits for; nothing if it is due.
func (r *Run) stillNeeded(ctx context.Context, d ledger.Deferred) (string, error) {
	switch {
	case d.Name == "":
		return "", nil // only the ledger is to know
	case d.Kind == ledger.PrepareSync && (r.ends || d.Build != r.Build):
		return "", nil // this build may go on with it, and no other knows of it
	case d.Kind == ledger.PrepareSync:
		return "the migration of this build may go on with it", nil
	case r.ends:
	case r.Build == "":
		return "this build's id is not known, and a later build is to drop it", nil
	case d.Build == r.Build:
		return "a later build is to drop it", nil
	}
	if keepsType(d) {
		shims, err := r.Ledger.Shims(ctx)
		if err == nil && shimmedTables(shims)[d.Object.Relation] {
			return throughShim, nil
		}
		return "", err // by its name no code knows it
	}
	found, err := r.find(ctx, d.Object.Relation)
	if err != nil {
		return "", err
	}
	change := dropOf(d, *found.Relation)
	facts := judge.Facts{Ending: found.Relation.Kind == catalog.View, Lookup: found, Major: r.Major, Release: report.ReleaseName(r.Version, 0), Idle: r.idle(), Seen: r.seenQueries()}
	switch {
	case r.ends && r.known.Running.Source != report.FromPlatform:
		facts.Code = r.codeRuns
	case len(r.codeRuns) > 0, facts.Idle && (r.Contract != nil || r.ends): // this build alone says nothing of what runs
		facts.Code = append(slices.Clone(r.codeRuns), judge.Code{Name: r.buildName(), Contract: r.Contract})
		facts.Idle = false // it is about to run
	}
	if facts.Idle {
		released, err := r.Ledger.SucceededBuilds(ctx, rollbacks)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(released, func(is ledger.Released) bool { return is.Build == r.Build && is.ReleaseID < d.ReleaseID }) {
			return "this build is older, and nobody knows what it needs", nil
		}
	}
	decision := judge.Decide(change, facts, r.Policy)
	if decision.Verdict == judge.Allow && len(decision.Unused) > 0 {
		if facts.Doubt, err = r.doubt(ctx, decision.Unused, d.Object.Relation); err != nil {
			return "", err
		}
		decision = judge.Decide(change, facts, r.Policy)
	}
	if decision.Verdict == judge.Allow {
		return "", nil
	}
	return decision.Findings[0].Detail, nil
}

// dropOf is the statement that a migration would write now.
func dropOf(d ledger.Deferred, r catalog.Relation) ddl.Change {
	table := ddl.Name{Schema: r.Schema, Name: r.Name}
	for _, c := range r.Columns {
		if c.Number == d.Object.Attnum {
			return ddl.DropColumn{Relation: table, Column: c.Name}
		}
	}
	if r.Kind == catalog.View {
		return ddl.DropView{Relation: table}
	}
	return ddl.DropTable{Relation: table}
}

// find asks the catalogs about a relation.
func (r *Run) find(ctx context.Context, relation uint32) (catalog.Lookup, error) {
	return find(ctx, r.Catalog, relation)
}

func find(ctx context.Context, conn *pgx.Conn, relation uint32) (found catalog.Lookup, err error) {
	doc, err := document(ctx, conn, pg.Lookup(pg.Names{OID: relation}, ledger.CreatedFrom, ledger.StandingFrom))
	if err != nil {
		return found, fmt.Errorf("read the catalogs: %w", err)
	}
	found, err = catalog.DecodeLookup(doc)
	if err == nil && found.Relation == nil {
		err = fmt.Errorf("read the catalogs: relation %d is gone", relation)
	}
	if err != nil || !found.Relation.InHierarchy() {
		return found, err
	}
	if doc, err = document(ctx, conn, pg.Family(relation)); err != nil {
		return found, fmt.Errorf("read the catalogs: %w", err)
	}
	found.Relation.Family, err = family(doc)
	return found, err
}

// doubt is act.doubt outside the migrations.
func (r *Run) doubt(ctx context.Context, unused []hazard.Finding, relation uint32) (string, error) {
	shims, err := r.Ledger.Shims(ctx)
	if err != nil || shimmedTables(shims)[relation] {
		return throughShim, err
	}
	rows, err := r.Catalog.Query(ctx, pg.Naming(wordsOf(unused)))
	if err != nil {
		return "", fmt.Errorf("read the catalogs: %w", err)
	}
	defer rows.Close()
	var function, word string
	if rows.Next() {
		if err := rows.Scan(&function, &word); err != nil {
			return "", fmt.Errorf("read the catalogs: %w", err)
		}
		return named(function, word), nil
	}
	return "", rows.Err()
}

// waits remembers what something waits for that a migration has left.
func (r *Run) waits(id, why string) {
	if r.waiting == nil {
		r.waiting = map[string]string{}
	}
	r.waiting[id] = why
}
