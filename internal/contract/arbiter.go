package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Arbiter tells INSERT ... ON CONFLICT what a conflict is: the unique index that
// it finds by columns, or the constraint that it names. A statement asks for one,
// and a change takes one away.
type Arbiter struct {
	// Any: which one is not known.
	Any bool `json:"any,omitempty"`
	// Primary is the primary key, whatever its columns are.
	Primary bool `json:"primary,omitempty"`
	// Name is the constraint's, or that of an index which a library looks up the
	// columns of. AnyName is one that is put together when the code runs.
	Name    string   `json:"name,omitempty"`
	Columns []string `json:"columns,omitempty"`
	// Expressions: there are some beside the columns. Partial: there is a predicate,
	// or there may be one.
	Expressions bool `json:"expressions,omitempty"`
	Partial     bool `json:"partial,omitempty"`
}

// AnyName stands for every name a constraint can have.
const AnyName = "*"

// An Upsert is a place that inserts ON CONFLICT into a relation that is not known.
type Upsert struct {
	Arbiter Arbiter  `json:"arbiter"`
	Why     string   `json:"why"`
	At      Evidence `json:"at"`
}

// String says the arbiter in words.
func (a Arbiter) String() string {
	names := slices.Clone(a.Columns)
	if a.Expressions {
		names = append(names, "an expression")
	}
	switch {
	case a.Any:
		return "what is not known"
	case a.Primary:
		return "the primary key"
	case a.Name == AnyName:
		return "a constraint whose name is computed"
	case a.Name != "":
		return "constraint " + a.Name
	}
	return strings.Join(names, ", ")
}

// finds answers whether a statement that asks for the arbiter means the one that a
// change takes away, by name only or by what it is. The server takes an index for its
// very columns in any order, and one with a predicate only where the statement has
// one (manual, INSERT, "ON CONFLICT Clause").
func (a Arbiter) finds(lost Arbiter, byName bool) Verdict {
	is := false
	switch {
	case a.Any:
		return Unknown
	case a.Name != "":
		is = a.Name == AnyName || a.Name == lost.Name
	case byName:
	case a.Primary:
		is = lost.Primary
	default:
		is = slices.Equal(a.Columns, lost.Columns) && a.Expressions == lost.Expressions && (a.Partial || !lost.Partial)
	}
	if is {
		return Yes
	}
	return No
}

// arbiter judges an arbiter that is gone, or has another name.
func (c *Contract) arbiter(change Change) Answer {
	lost := change.Arbiter
	lost.Columns = sorted(lost.Columns)
	answers := map[Verdict]*Answer{Yes: {}, Unknown: {}, No: {}}
	note := func(of Arbiter, why string, at Evidence) {
		v := of.finds(lost, change.Kind == RenameArbiter)
		answers[v].add(v, Reason{why, at})
	}
	for _, u := range c.usesOf(change.Relation) {
		for _, a := range u.Arbiters {
			note(a, describe(u), u.At)
		}
	}
	for _, u := range c.Upserts {
		v := u.Arbiter.finds(lost, change.Kind == RenameArbiter)
		if v == Yes && (lost.Name == "" || u.Arbiter.Name != lost.Name) {
			v = Unknown // columns may be those of another relation, a name is hardly
		}
		answers[v].add(v, Reason{u.Why + ", by " + u.Arbiter.String(), u.At})
	}
	if yes := answers[Yes]; yes.Verdict == Yes {
		return *yes
	}
	for _, s := range c.Sources {
		if s.Whole && !s.Upserts {
			answers[Unknown].add(Unknown, Reason{Text: "its source has not been looked at for ON CONFLICT: the scan was of an earlier version of migguard"})
		}
	}
	if may := answers[Unknown]; may.Verdict == Unknown {
		return *may
	}
	// A place that can only name a column inserts nothing, nor does one that has not
	// the words for it.
	asked := *c
	asked.Gaps = slices.DeleteFunc(slices.Clone(c.Gaps), func(g Gap) bool { return g.NoUpsert || g.Column != "" })
	return asked.unused(change.Relation, "", fmt.Sprintf("nothing that was scanned has an ON CONFLICT of %s that needs it", change.Relation))
}

// WithUpserts is the contract with the places that insert ON CONFLICT into relations
// that are not known, of a source that has looked for them (Source.Upserts).
func (c *Contract) WithUpserts(upserts []Upsert) *Contract {
	return Merge(c, &Contract{Upserts: upserts})
}

func (a Arbiter) compare(b Arbiter) int {
	return cmp.Or(compareBools(a.Any, b.Any), compareBools(a.Primary, b.Primary), cmp.Compare(a.Name, b.Name), slices.Compare(a.Columns, b.Columns),
		compareBools(a.Expressions, b.Expressions), compareBools(a.Partial, b.Partial))
}

// arbiters is a sorted copy without what is there twice, nil when empty.
func arbiters(list []Arbiter) []Arbiter {
	if len(list) == 0 {
		return nil
	}
	out := slices.Clone(list)
	for i := range out {
		out[i].Columns = sorted(out[i].Columns)
	}
	slices.SortFunc(out, Arbiter.compare)
	return slices.CompactFunc(out, func(a, b Arbiter) bool { return a.compare(b) == 0 })
}

func compareUpserts(a, b Upsert) int {
	return cmp.Or(compareEvidence(a.At, b.At), cmp.Compare(a.Why, b.Why), a.Arbiter.compare(b.Arbiter))
}
