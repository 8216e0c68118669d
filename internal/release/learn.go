package release

import (
	"context"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/seen"
)

// learn finds out what code runs, and what the database has seen, once. Without a
// contract, old or new, it does not look at queries.
func (r *Run) learn(ctx context.Context) (err error) {
	if r.learned {
		return nil
	}
	r.learned = true
	if r.codeRuns, err = r.code(ctx); err != nil || r.Contract == nil && len(r.codeRuns) == 0 {
		return err
	}
	for _, code := range r.codeRuns {
		if left := textsLeft(code); left > 0 {
			r.Out.Line("%d queries in the source of %s, the longest, are not replayed: there was no room for them in its contract", left, code.Name)
		}
	}
	r.counted, err = seen.Read(ctx, r.Catalog, r.Ledger, len(r.codeRuns) > 0, r.CountedFor)
	return err
}

// textsLeft counts the queries of the source of code that its contract leaves out.
func textsLeft(c judge.Code) (n int) {
	if c.Contract != nil {
		for _, s := range c.Contract.Sources {
			n = max(n, s.TextsLeft) // several scans are of the same source
		}
	}
	return n
}

// seenQueries is the evidence that the database has of what code uses; nil where
// there is no contract that it could correct.
func (r *Run) seenQueries() *judge.Queries {
	if r.counted == nil || len(r.codeRuns) == 0 {
		return nil
	}
	return r.counted.Evidence()
}

// countBegin records that a run has begun that may send queries.
func (r *Run) countBegin(ctx context.Context) {
	if r.counted != nil {
		r.recordCount(r.counted.Begin(ctx, r.Ledger))
	}
}

// countQueries records how often queries have been run, for the next run.
func (r *Run) countQueries(ctx context.Context, succeeded bool) {
	if r.counted != nil {
		r.recordCount(r.counted.End(context.WithoutCancel(ctx), r.Database, r.Ledger, succeeded))
	}
}

// recordCount says that counts could not be recorded, which is no reason to fail.
func (r *Run) recordCount(err error) {
	if err != nil {
		r.Out.Line("which queries the database has seen could not be recorded: %v", err)
	}
}
