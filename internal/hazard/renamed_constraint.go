package hazard

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RenamedConstraint is a constraint, or its index, that ON CONFLICT ON CONSTRAINT of
// the running code no longer finds by its name.
var RenamedConstraint = &Hazard{
	ID:    "renamed-constraint",
	Kind:  BreaksCode,
	Code:  "MG032",
	Title: "INSERT ... ON CONFLICT ON CONSTRAINT finds no constraint of the old name",
	Explanation: `An INSERT of the running code with ON CONFLICT ON CONSTRAINT name fails with 42704
(undefined_object) when the constraint has another name. Renaming its index renames the
constraint, too. Rails' upsert_all with unique_by: an index's name raises ArgumentError in
a process that has not looked the table's indexes up before.`,
	Verdicts: `Judged when the transaction is about to commit. Refused only where a contract, or a
query that the database has seen and that is not known to be of code which is gone,
shows an ON CONFLICT by that name, or by one that is computed: most indexes and constraints are named nowhere. Passes if an equal one has the
name by then. Under maintenance mode, if migguard.toml has [policy] renamed-constraint =
"maintenance". Passes if no code runs that could break, and with
--allow renamed-constraint:TABLE. A constraint that is dropped, and that another one with
the same columns takes the place of, is judged by this, too; with none, by lost-arbiter.`,
	Remedy: `Keep the name, or release code first that has ON CONFLICT (columns), and rename the
constraint in the release after that one.`,
	AtCommit: true,
	Given:    `ALTER TABLE users ADD CONSTRAINT users_notes_key UNIQUE (notes);`,
	Bad:      `ALTER TABLE users RENAME CONSTRAINT users_notes_key TO users_notes_unique;`,
	Good: `BEGIN;
ALTER TABLE users RENAME CONSTRAINT users_notes_key TO users_notes_old;
ALTER TABLE users ADD CONSTRAINT users_notes_key UNIQUE (notes), DROP CONSTRAINT users_notes_old;
COMMIT;`,
	Run: func(p *Pass) []Finding {
		r, name, dropped, ok := p.named()
		i := slices.IndexFunc(r.Arbiters, func(a catalog.Arbiter) bool { return a.Index == name })
		if !ok || i < 0 {
			return nil
		}
		lost, left := r.Arbiters[i], slices.Delete(slices.Clone(r.Arbiters), i, i+1)
		if p.Lookup.Again != nil {
			left = p.Lookup.Again.Arbiters
		}
		left = slices.DeleteFunc(slices.Clone(left), func(a catalog.Arbiter) bool { return !a.Serves(lost) })
		if dropped && len(left) == 0 || slices.ContainsFunc(left, func(a catalog.Arbiter) bool { return a.Index == name }) {
			return nil // lost for every ON CONFLICT, or there again
		}
		question := ArbiterNeeds(contract.RenameArbiter, r, lost)
		if question == nil {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("without a constraint called %s on %s statements of the code that is still running fail: INSERT ... ON CONFLICT ON CONSTRAINT finds none of that name (42704)",
				ddl.Quote(name), Display(r)),
			Detail: existed("constraint"),
			Needs:  question,
			Shown:  true,
			Direct: true,
			Hint: fmt.Sprintf("Keep the name until code runs that has ON CONFLICT (columns). Or say that no running code names it: %s",
				allow("renamed-constraint", r, "")),
		}}
	},
}

// named is the table of an index, or of a constraint, which have one name, that a
// change takes from it, dropped or not.
func (p *Pass) named() (r catalog.Relation, name string, dropped, ok bool) {
	switch c := p.Change.(type) {
	case ddl.RenameConstraint:
		name = c.Name
	case ddl.DropConstraint:
		name, dropped = c.Name, true
	case ddl.DropIndex:
		name, dropped = c.Index.Name, true
	case ddl.RenameTable:
		if p.Lookup.Indexed == nil || p.Lookup.Relation == nil {
			return r, "", false, false
		}
		r, ok = ifKnown(p.Lookup.Indexed)
		return r, p.Lookup.Relation.Name, false, ok
	default:
		return r, "", false, false
	}
	r, ok = p.known()
	return r, name, dropped, ok && !isView(r)
}
