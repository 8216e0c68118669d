package contract

import (
	"fmt"
	"slices"
)

// returns answers whether statements of the build return what a change makes other
// than it was: the server ends a prepared one of them with "cached plan must not
// change result type". Of a build that prepares nothing it ends none; which texts
// others prepare the contract does not know. A new column only * returns; where the program
// takes no more columns than there are it ends with that, prepared or not.
func (c *Contract) returns(change Change) Answer {
	var a Answer
	uses := c.usesOf(change.Relation)
	for _, u := range uses {
		if u.Star && u.Strict && change.Kind == WidenRow && !change.Prepared {
			a.add(Yes, Reason{who(u) + " asks for every column by *, and takes no more of them than there are", u.At})
		}
	}
	if never := c.Prepares(); a.Verdict != Yes && never.Verdict == No {
		return never
	}
	for _, u := range uses {
		switch {
		case change.Prepared && !u.Prepared, u.Star && u.Strict && a.Verdict == Yes: // said
		case change.Lasting && !u.Prepared && !u.Kept:
		case u.Star:
			a.add(Yes, Reason{who(u) + " asks for every column by *", u.At})
		case change.Kind == WidenResult && u.Reads.Has(change.Column):
			a.add(Yes, Reason{who(u) + " reads " + change.Column, u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.ofRows(change.Relation, change.Column, fmt.Sprintf("nothing that was scanned asks for every column of %s by *", change.Relation))
}

// Creates is the OnTable of what makes a relation: where a view stands in a schema
// that sessions look into first, they may make nothing without naming another one,
// whatever it is.
const Creates = "CREATE"

// Creates tells whether the build may make relations, of any name.
func (c *Contract) Creates() bool {
	return slices.ContainsFunc(c.Relations, func(r Relation) bool {
		return slices.ContainsFunc(r.Uses, func(u Use) bool { return u.OnTable == Creates })
	})
}

// OnTable answers whether the build does something with a relation that works on a
// table and not on a view which shows it.
func (c *Contract) OnTable(name Name) Answer {
	var a Answer
	for _, r := range c.Relations {
		for _, u := range r.Uses {
			if u.OnTable == Creates || u.OnTable != "" && u.OnTable != OverridesKey && r.may(name) {
				a.add(Yes, Reason{who(u) + " needs a table: " + u.OnTable, u.At})
			}
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.ofRows(name, "", "nothing that was scanned needs a table where a view is")
}

// OverridesKey is the OnTable of an INSERT that leaves an identity column to its sequence, whatever
// value it has for it. A view of the column does so, and not one of a column that only stands for it.
const OverridesKey = "OVERRIDING USER VALUE"

// OverridesKey answers whether a text of the build does that with a relation.
func (c *Contract) OverridesKey(name Name) Answer { return c.onTable(name, []string{OverridesKey}) }

// ofRows is unused for what scans of earlier versions did not look for.
func (c *Contract) ofRows(name Name, column, no string) Answer {
	for _, s := range c.Sources {
		if s.Whole && !s.Rows {
			return Answer{Unknown, []Reason{{Text: "it was scanned by an earlier migguard"}}}
		}
	}
	return c.unused(name, column, no)
}
