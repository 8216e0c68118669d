package release

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
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
	is, err := r.snapshot(ctx)
	if err != nil {
		r.Out.Line("whether all is there that the new code needs could not be looked at: %v", err)
		return nil
	}
	var missing []contract.Need
	for _, n := range r.Contract.Needs() {
		met := slices.ContainsFunc(r.codeRuns, func(c judge.Code) bool { return c.Contract.Names(n) })
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
	for i, n := range missing {
		if i == maxMissing {
			r.Out.Line("and %d more", len(missing)-i)
			break
		}
		what := "table " + n.Relation.String()
		if n.Column != "" {
			what = fmt.Sprintf("column %s of %s", n.Column, n.Relation)
		}
		r.Out.Line("the new code has a model of what is not there: %s, model %s, %s:%d (is a migration missing?)", what, n.By, n.At.File, n.At.Line)
	}
	return missing
}

// snapshot is all relations there are, seen from a session of its own.
func (r *Run) snapshot(ctx context.Context) (catalog.Snapshot, error) {
	conn, err := pgx.ConnectConfig(ctx, r.Database.ConnConfig())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var text string
	if err := conn.QueryRow(ctx, pg.Snapshot).Scan(&text); err != nil {
		return nil, err
	}
	doc, err := hex.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return catalog.DecodeSnapshot(doc)
}
