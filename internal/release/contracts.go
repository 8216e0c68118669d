package release

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

// lastBuilds is how many builds of an app may run where nobody says which do: the
// last that was released, and the one before, if that release failed after its
// migrations.
const lastBuilds = 2

// nameBuild is what gives a build an id.
const nameBuild = "deploy it with migguard's buildpack, or give --build ID, such as its commit"

// recordContract keeps what this build needs, for the runs of later ones. What an
// earlier run of the build has recorded stays: its id may be a commit's, which was
// built by other scanners, or be the same for other code.
func (r *Run) recordContract(ctx context.Context) error {
	switch {
	case r.Contract == nil:
		return nil
	case r.Build == "":
		r.Out.Line("this build's id is unknown, so its contract is not recorded, and the next release will take all that is there for used: %s", nameBuild)
		return nil
	}
	recorded, err := r.Ledger.Contracts(ctx, []string{r.Build})
	if err != nil {
		return err
	}
	all := r.Contract
	if document, ok := recorded[r.Build]; ok {
		before, err := contract.Read(bytes.NewReader(document))
		if err != nil {
			r.Out.Line("the contract that an earlier run of this build has recorded stays, though it cannot be read: %v", err)
			return nil
		}
		all = contract.Merge(before, all)
	}
	var text bytes.Buffer
	if err := all.Write(&text); err != nil {
		return err
	}
	return r.Ledger.RecordContract(ctx, r.Build, text.Bytes())
}

// code is what runs, with its contracts. It is empty when there is none of them.
func (r *Run) code(ctx context.Context) ([]judge.Code, error) {
	released, err := r.Ledger.SucceededBuilds(ctx, lastBuilds)
	if err != nil {
		return nil, err
	}
	steering, err := r.builds.Steering(ctx)
	if err != nil {
		return nil, err
	}
	var code []judge.Code
	var builds []string
	add := func(build, of string, s report.Steering) {
		name := "code of " + of
		if build != "" {
			name = fmt.Sprintf("build %s of %s", build, of)
		}
		builds, code = append(builds, build), append(code, judge.Code{Name: name, Overlay: s.Overlay, Unsteered: s.Why})
	}
	fromPlatform := r.known.Running.Source == report.FromPlatform
	if fromPlatform {
		for i, c := range r.known.Running.Code {
			if c.Build == r.Build && c.Build != "" && !r.ends {
				steering[i] = report.Steering{Why: "it is what is released, too, and would not see the change from its overlay"}
			}
			add(c.Build, versions(c.Releases), steering[i])
		}
	}
	for _, is := range released {
		of := report.ReleaseName(is.Version, is.ReleaseID)
		other := !r.ofThisApp(is) // an app that migrates this database, too
		if other {
			r.shared = true
			of += " of app " + is.App
		}
		if other {
			add(is.Build, of, report.Steering{Why: "it is another app's, and nobody was asked which dynos of that run"})
		} else if !fromPlatform {
			add(is.Build, of, report.Steering{Why: "the Platform API did not tell which dynos run"})
		}
	}
	documents, err := r.Ledger.Contracts(ctx, builds)
	if err != nil {
		return nil, err
	}
	for i, build := range builds {
		document, ok := documents[build]
		if !ok || build == "" {
			continue
		}
		if code[i].Contract, err = contract.Read(bytes.NewReader(document)); err != nil {
			r.Out.Line("the contract of %s cannot be used, so all that was there before counts as used by it: %v", code[i].Name, err)
		}
	}
	if !slices.ContainsFunc(code, func(c judge.Code) bool { return c.Contract != nil }) {
		return nil, nil
	}
	return code, nil
}

func versions(releases []int) string {
	var names []string
	for _, n := range releases {
		names = append(names, fmt.Sprintf("v%d", n))
	}
	return strings.Join(names, ", ")
}

// judge judges a change. A contract that says that nothing is used is looked at
// again by what the code does not show.
func (a *act) judge(ctx context.Context, change ddl.Change, facts judge.Facts) (judge.Decision, error) {
	var err error
	if c, ok := change.(ddl.SetSchema); ok && facts.Lookup.Relation != nil {
		if facts.Shadows, err = a.shadows(ctx, c, *facts.Lookup.Relation); err != nil {
			return judge.Decision{}, err
		}
	}
	d := judge.Decide(change, facts, a.policy)
	switch {
	case d.Retyped != nil && d.Overlays != nil:
		facts.Unlike, err = a.unlike(ctx, d.Overlays, facts.Lookup)
	case d.Overlays != nil:
		facts.Doubt, err = a.naming(ctx, d.Findings)
	case d.Beside != nil:
		facts.Unlike, err = a.unlike(ctx, d.Beside, facts.Lookup)
	case len(d.Unused) > 0:
		facts.Doubt, err = a.doubt(ctx, change, d.Unused, facts.Lookup)
	}
	if err == nil && (d.View != nil || d.Parent != nil || d.Overlays != nil || d.Beside != nil) {
		_, moves := change.(ddl.SetSchema)
		facts.Lookup.Relation.RowsIn, err = a.rowsIn(ctx, facts.Lookup.Relation.OID, d.View == nil && d.Parent == nil && !moves)
	}
	if err == nil && (facts.Doubt+facts.Unlike != "" || facts.Lookup.Relation != nil && facts.Lookup.Relation.RowsIn != "") {
		d = judge.Decide(change, facts, a.policy)
	}
	if err == nil && d.Sync != nil {
		if facts.Named, err = a.naming(ctx, d.Findings); facts.Named != "" {
			d = judge.Decide(change, facts, a.policy)
		}
	}
	if _, ok := change.(ddl.RenameColumn); ok && len(d.Unused) > 0 {
		// Code that ignores a column ignores it by the name it had.
		a.renamedIn = append(a.renamedIn, facts.Lookup.Relation.OID)
	}
	return d, err
}

// doubt says why code may use what it does not name: it reaches a renamed table
// through a shim, or calls, or fires, a function whose body names it. What is renamed
// or moved keeps its names in the views of shims.
func (a *act) doubt(ctx context.Context, change ddl.Change, unused []hazard.Finding, found catalog.Lookup) (string, error) {
	switch change.(type) {
	case ddl.RenameTable, ddl.RenameColumn, ddl.SetSchema:
		return a.naming(ctx, unused)
	}
	a.mu.Lock()
	known := found.Relation != nil && a.shimmed[found.Relation.OID] ||
		slices.ContainsFunc(found.Inside, func(r catalog.Relation) bool { return a.shimmed[r.OID] })
	a.mu.Unlock()
	if known {
		return throughShim, nil
	}
	if why, err := a.readByKept(ctx, change, found); why != "" || err != nil {
		return why, err
	}
	return a.naming(ctx, unused)
}

// rowsIn says what would not take a view's rows in place of the relation's, nor, where
// columns have other names, return rows that code knows.
func (a *act) rowsIn(ctx context.Context, relation uint32, renamed bool) (string, error) {
	rows, err := a.conn.Query(ctx, pg.RowsIn(relation, renamed))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return *rows[0][0], nil
}

// shadows says why code that is about to run would find a view where a table was, and
// not the table where it is to be: by the search path that the migration's sessions
// have, or began with.
func (a *act) shadows(ctx context.Context, c ddl.SetSchema, r catalog.Relation) (string, error) {
	rows, err := a.conn.Query(ctx, pg.LooksBefore(r.Schema, c.Schema))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return fmt.Sprintf("code that is about to run would find a view in the place of the table first: its search path has %s before %s", ddl.Quote(r.Schema), ddl.Quote(c.Schema)), nil
}

// naming says which function names what findings are about: it would not find it
// any more, whoever calls it.
func (a *act) naming(ctx context.Context, found []hazard.Finding) (string, error) {
	rows, err := a.conn.Query(ctx, pg.Naming(wordsOf(found)))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return named(*rows[0][0], *rows[0][1]), nil
}

const throughShim = "code reaches the table through a shim, or knows a column of it, by another name"

func named(function, word string) string { return fmt.Sprintf("function %s names %s", function, word) }

func wordsOf(unused []hazard.Finding) (words []string) {
	for _, f := range unused {
		words = append(words, f.Needs.Words()...)
	}
	return words
}

// shimmedTables are the tables that code knows by a shim's name, or with other
// columns' names.
func shimmedTables(shims []ledger.Shim) map[uint32]bool {
	tables := map[uint32]bool{}
	for _, s := range shims {
		if !s.Plain {
			tables[s.Relation] = true
		}
	}
	return tables
}
