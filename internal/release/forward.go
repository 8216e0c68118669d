package release

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

// maxMissing bounds what is said to be missing, in lines.
const maxMissing = 5

// lookForward says what models of this build name and the migrations have not
// brought about: a forgotten one, perhaps. What the code that runs names as well is
// left out, since it does without; so it takes the contracts of all that runs.
func (r *Run) lookForward(ctx context.Context) []contract.Need {
	if r.Contract == nil || len(r.codeRuns) == 0 || slices.ContainsFunc(r.codeRuns, func(c judge.Code) bool { return c.Contract == nil }) {
		return nil
	}
	var running []*contract.Contract
	for _, c := range r.codeRuns {
		running = append(running, c.Contract)
	}
	missing, err := r.unmet(ctx, running...)
	if err != nil {
		r.Out.Line("whether all is there that the new code needs could not be looked at: %v", err)
		return nil
	}
	for _, text := range spokenNeeds(missing) {
		r.Out.Line("the new code has a model of what is not there: %s (is a migration missing?)", text)
	}
	return missing
}

// lookBack says why a build that was released before, and then another one, does
// not fit the schema any more: what its models name has gone meanwhile.
func (r *Run) lookBack(ctx context.Context) (reason string, err error) {
	if r.Contract == nil || r.Build == "" {
		return "", nil
	}
	last, found, err := r.Ledger.LastSuccessful(ctx)
	if err != nil || !found || last.Build == r.Build {
		return "", err
	}
	before, err := r.Ledger.Released(ctx, r.Build)
	if err != nil || !before {
		return "", err
	}
	documents, err := r.Ledger.Contracts(ctx, []string{last.Build})
	if err != nil || documents[last.Build] == nil {
		return "", err
	}
	fits, err := contract.Read(bytes.NewReader(documents[last.Build]))
	if err != nil {
		return "", nil // of a later version
	}
	missing, err := r.unmet(ctx, fits)
	if err != nil || len(missing) == 0 {
		return "", err
	}
	said := "this build was released before, and since then what its models name has gone:\n" + strings.Join(spokenNeeds(missing), "\n")
	if r.WarnMissing {
		r.Out.Line("%s", said)
		return "", nil
	}
	r.back = true
	return fmt.Sprintf("%s\nrelease a build that fits, such as %s of %s, or let it go on: --forward-check warn, or MIGGUARD_FORWARD_CHECK",
		said, last.Build, report.ReleaseName(last.Version, last.ID)), nil
}

// unmet are the needs of this build that the schema does not meet, but for those
// that code which works has, too: it does without.
func (r *Run) unmet(ctx context.Context, works ...*contract.Contract) (missing []contract.Need, err error) {
	is, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range r.Contract.Needs() {
		met := slices.ContainsFunc(works, func(c *contract.Contract) bool { return c.Names(n) })
		for _, relation := range is {
			met = met || n.MetBy(contract.Name{Schema: relation.Schema, Name: relation.Name}, func(column string) bool {
				_, there := relation.Column(column)
				return there
			})
		}
		if !met {
			missing = append(missing, n)
		}
	}
	return missing, nil
}

// spokenNeeds are needs in words, the first of them.
func spokenNeeds(missing []contract.Need) (said []string) {
	for i, n := range missing {
		if i == maxMissing {
			return append(said, fmt.Sprintf("and %d more", len(missing)-i))
		}
		what := "table " + n.Relation.String()
		if n.Column != "" {
			what = fmt.Sprintf("column %s of %s", n.Column, n.Relation)
		}
		said = append(said, fmt.Sprintf("%s, model %s, %s:%d", what, n.By, n.At.File, n.At.Line))
	}
	return said
}

// snapshot is all relations there are, seen from a session of its own.
func (r *Run) snapshot(ctx context.Context) (catalog.Snapshot, error) {
	conn, err := pgx.ConnectConfig(ctx, r.Database.ConnConfig())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	doc, err := document(ctx, conn, pg.Snapshot)
	if err != nil {
		return nil, err
	}
	return catalog.DecodeSnapshot(doc)
}

// lookBackAt says why a build from before something that has waited for it to go may
// not come back.
func (r *Run) lookBackAt(ctx context.Context) (reason string, err error) {
	if r.Build == "" {
		return "", nil
	}
	last, found, err := r.Ledger.LastSuccessful(ctx)
	if err != nil || !found || last.Build == r.Build {
		return "", err
	}
	made, err := r.Ledger.Enforced(ctx, r.Build)
	if err != nil || len(made) == 0 {
		return "", err
	}
	said := "this build was released before, and since then what its code may violate has been made:\n" + strings.Join(made, "\n")
	if r.WarnMissing {
		r.Out.Line("%s", said)
		return "", nil
	}
	r.back = true
	return said + "\nrelease a later build, or drop that first, or let it go on: --forward-check warn, or MIGGUARD_FORWARD_CHECK", nil
}
