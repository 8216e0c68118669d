package hazard

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// LostArbiter is an index that INSERT ... ON CONFLICT of the running code may
// count on, and that has no equal when its transaction commits.
var LostArbiter = &Hazard{
	ID:    "lost-arbiter",
	Kind:  BreaksCode,
	Code:  "MG031",
	Title: "INSERT ... ON CONFLICT needs the unique index that is dropped",
	Explanation: `An INSERT of the running code with ON CONFLICT (columns) fails with 42P10
(invalid_column_reference) when no unique index or constraint on just these columns
is left: "there is no unique or exclusion constraint matching the ON CONFLICT
specification". Rails' upsert_all, Django's bulk_create and Ecto's on_conflict are such
statements. Duplicates that the index kept out come in besides.`,
	Verdicts: `Judged when the transaction is about to commit. Passes if another valid unique
index on the same columns and expressions is there by then, with the same predicate or
none, and finds the same values equal; for an exclusion constraint, another of the same definition. Otherwise COMMIT is
refused, or the statement itself where it is a transaction of its own, as DROP INDEX
CONCURRENTLY is. Indexes that are not unique, and deferrable constraints, which ON
CONFLICT cannot use, may go. Passes, too, where the contracts of all builds that run
show that none has an ON CONFLICT which needs it. Under maintenance mode, if migguard.toml has [policy]
lost-arbiter = "maintenance". Passes if no code runs that could break, and with
--allow lost-arbiter:TABLE. Not looked at: ON CONFLICT DO NOTHING without columns, which
needs no index and lets duplicates in without this one; and an index that CASCADE, a DO
block or a function drops. A new one under another name is renamed-constraint's.`,
	Remedy: `Make the index that takes its place first, CONCURRENTLY, and drop the old one after
that. To do without, release code whose INSERT does not count on it, and drop it in
the release after that one.`,
	AtCommit: true,
	Given:    `ALTER TABLE users ADD CONSTRAINT users_notes_key UNIQUE (notes);`,
	Bad:      `ALTER TABLE users DROP CONSTRAINT users_notes_key;`,
	Good: `ALTER TABLE users DROP CONSTRAINT users_notes_key,
  ADD CONSTRAINT users_notes_unique UNIQUE (notes);`,
	Run: func(p *Pass) []Finding {
		r, ok := p.known()
		i := slices.IndexFunc(r.Arbiters, func(a catalog.Arbiter) bool { return drops(p.Change, a) })
		if !ok || isView(r) || i < 0 {
			return nil
		}
		lost, left := r.Arbiters[i], slices.Delete(slices.Clone(r.Arbiters), i, i+1)
		if p.Lookup.Again != nil {
			left = p.Lookup.Again.Arbiters
		}
		if unknown(r, lost) || slices.ContainsFunc(left, func(a catalog.Arbiter) bool { return a.Serves(lost) }) {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("without %s of %s statements of the code that is still running may fail: INSERT ... ON CONFLICT on its columns finds no unique index (42P10)",
				ddl.Quote(cmp.Or(lost.Constraint, lost.Index)), Display(r)),
			Detail: existed("index"),
			Needs:  ArbiterNeeds(contract.DropArbiter, r, lost),
			Hint: fmt.Sprintf("Make a unique index on the same columns first, CONCURRENTLY, and drop this one then. Or say that no running code counts on it: %s",
				allow("lost-arbiter", r, "")),
		}}
	},
}

// ArbiterNeeds is a question about an arbiter of a relation, as code has it; nil if no
// code knows it.
func ArbiterNeeds(kind contract.ChangeKind, r catalog.Relation, a catalog.Arbiter) *contract.Change {
	question := needs(kind, r, "")
	if question == nil {
		return nil
	}
	question.Arbiter = contract.Arbiter{Name: cmp.Or(a.Constraint, a.Index)}
	if a.Exclusion != "" { // found by its name only
		return question
	}
	question.Arbiter.Primary, question.Arbiter.Expressions, question.Arbiter.Partial = a.Primary, a.Expressions != "", a.Where != ""
	for _, c := range r.Columns {
		if slices.Contains(a.Keys, c.Number) {
			question.Arbiter.Columns = append(question.Arbiter.Columns, c.Name)
		}
	}
	return question
}

// drops tells whether a change names the arbiter.
func drops(change ddl.Change, a catalog.Arbiter) bool {
	switch c := change.(type) {
	case ddl.DropIndex:
		return a.Index == c.Index.Name
	case ddl.DropConstraint:
		return a.Constraint == c.Name
	}
	return false
}

// unknown tells whether an arbiter is on a column that no running code knows.
func unknown(r catalog.Relation, a catalog.Arbiter) bool {
	return slices.ContainsFunc(r.Columns, func(c catalog.Column) bool {
		return c.Created && slices.Contains(a.Keys, c.Number)
	})
}
