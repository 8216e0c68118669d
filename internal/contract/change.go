package contract

import (
	"fmt"
	"slices"
	"strings"
)

// A Change is a change of the schema, as far as a contract can judge it.
type Change struct {
	Kind     ChangeKind
	Relation Name
	// Also are other relations that code may name and mean this one, or rows of it, as
	// partitions and their parents: of each the same is asked.
	Also []Name
	// Column is the one that is dropped, renamed, retyped, made required or
	// added; empty for changes of the relation itself.
	Column string
	// Default says that a column has a default which fills it when a row is
	// inserted without it.
	Default bool
	// Arbiter is the one that is dropped, or has another name.
	Arbiter Arbiter
	// Prepared asks WidenRow and WidenResult of what SQL's own PREPARE has prepared only.
	Prepared bool
	// Lasting asks them of what SQL's own PREPARE or the program itself has prepared, and
	// nothing prepares anew.
	Lasting bool
	// Columns are those that RejectWrite looks at, and Parent the table whose rows
	// may not go from under those that are written; without a name there is none.
	Columns []string
	Parent  Name
}

// ChangeKind is what a Change does.
type ChangeKind string

// The kinds of changes. A renamed relation or column is one that is gone, to
// the code that knows the old name.
const (
	DropTable    ChangeKind = "drop-table"
	RenameTable  ChangeKind = "rename-table"
	DropColumn   ChangeKind = "drop-column"
	RenameColumn ChangeKind = "rename-column"
	RetypeColumn ChangeKind = "retype-column"
	// SetNotNull makes a column required that was there before; AddRequired
	// adds one.
	SetNotNull  ChangeKind = "set-not-null"
	AddRequired ChangeKind = "add-required"
	// DropArbiter drops a unique index or constraint, or makes it useless to ON
	// CONFLICT. RenameArbiter lets nobody find it by its name.
	DropArbiter   ChangeKind = "drop-arbiter"
	RenameArbiter ChangeKind = "rename-arbiter"
	// WidenColumn makes a bigint of a smaller integer.
	WidenColumn ChangeKind = "widen-column"
	// HideTable has a view take a table's name.
	HideTable ChangeKind = "hide-table"
	// HideKey takes the primary key from what has a table's name, so that no query can
	// group by it and return other columns.
	HideKey ChangeKind = "hide-key"
	// PartTable has a partitioned table take a table's name, whose one partition that is.
	PartTable ChangeKind = "part-table"
	// WidenCopy gives a table one column more, for which COPY FROM without a list wants a value.
	WidenCopy ChangeKind = "widen-copy"
	// RejectWrite lets a constraint look at what is written.
	RejectWrite ChangeKind = "reject-write"
	// WidenRow adds a column that need not be filled. WidenResult gives one a type
	// that takes all values of the old one. What breaks are prepared statements that
	// return it.
	WidenRow    ChangeKind = "widen-row"
	WidenResult ChangeKind = "widen-result"
)

// Breaks answers whether a change would break the build: Yes with the uses that
// fail, No when it cannot, Unknown when it may.
func (c *Contract) Breaks(change Change) Answer {
	one := change
	one.Also = nil
	answers := []Answer{c.breaks(one)}
	for _, one.Relation = range change.Also {
		answers = append(answers, c.breaks(one))
	}
	worst := Worst(answers...)
	if worst.Verdict == No {
		return answers[0] // the others' reasons are the same
	}
	return worst
}

func (c *Contract) breaks(change Change) Answer {
	switch change.Kind {
	case DropTable, RenameTable:
		return c.Table(change.Relation)
	case DropColumn, RenameColumn:
		return c.Column(change.Relation, change.Column, AnyWay)
	case RetypeColumn:
		a := c.Column(change.Relation, change.Column, AnyWay)
		if a.Verdict == Yes {
			// Whether code works with another type its text does not tell.
			a.Verdict = Unknown
		}
		return a
	case SetNotNull, AddRequired:
		return c.required(change)
	case DropArbiter, RenameArbiter:
		return c.arbiter(change)
	case WidenColumn:
		return c.widened(change.Relation, change.Column)
	case HideTable:
		return c.onTable(change.Relation, noView)
	case HideKey:
		return c.groups(change.Relation)
	case PartTable:
		return c.onTable(change.Relation, noParent)
	case WidenCopy:
		return c.copied(change.Relation)
	case RejectWrite:
		return c.rejected(change)
	case WidenRow, WidenResult:
		return c.returns(change)
	}
	return Answer{Unknown, []Reason{{Text: fmt.Sprintf("it is not known what %q means to code", change.Kind)}}}
}

// widened answers whether the build reads an integer column in a way that takes a bigint
// for a text. A place that was not understood hides no such use where its language has one
// kind of integers.
func (c *Contract) widened(name Name, column string) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if u.TextBigint && u.covers(column, Reading) {
			a.add(Yes, Reason{describe(u) + ", where a bigint comes as another kind of value", u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	asked := *c
	asked.Gaps = slices.DeleteFunc(slices.Clone(c.Gaps), func(g Gap) bool { return g.OneInteger })
	return asked.unused(name, column, fmt.Sprintf("nothing that was scanned reads %s of %s as another kind of value if it is a bigint", column, name))
}

// noView is the OnTable of what always fails where a view has the relation's name
// (measured on 14 to 18, see shim.TableView).
var noView = []string{GroupsByKey, "TRUNCATE", "COPY", "ON CONFLICT ON CONSTRAINT", "TABLESAMPLE", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}

// noParent is the same of a partitioned table that the relation is the one partition of
// (see shim.TableParent). COPY does not say its direction: TO fails. ONLY does not, but
// finds no row.
var noParent = []string{"COPY", "ON CONFLICT ON CONSTRAINT", "ONLY"}

// onTable answers whether a use of a relation fails on what takes its place.
func (c *Contract) onTable(name Name, fails []string) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if slices.ContainsFunc(strings.Split(u.OnTable, ", "), func(what string) bool { return slices.Contains(fails, what) }) {
			a.add(Yes, Reason{who(u) + " needs a table: " + u.OnTable, u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.unused(name, "", fmt.Sprintf("nothing that was scanned needs %s to be a table", name))
}

// copied answers whether COPY FROM fills all columns of a relation, in their order.
func (c *Contract) copied(name Name) Answer {
	var a Answer
	for _, u := range c.usesOf(name) {
		if u.OnTable == "COPY" && u.Inserts.All {
			a.add(Yes, Reason{who(u) + " fills it by COPY without a list of columns", u.At})
		}
	}
	if a.Verdict == Yes {
		return a
	}
	return c.unused(name, "", fmt.Sprintf("nothing that was scanned fills %s by COPY without a list of columns", name))
}

// required judges a column that has to be filled from now on. An insert without
// it fails for want of a default. One that names it, or an update, may write
// NULL: the contract does not know values.
func (c *Contract) required(change Change) Answer {
	var fails, may Answer
	for _, u := range c.usesOf(change.Relation) {
		omits := u.Adds && !u.Inserts.Has(change.Column)
		// A build from before a column was added fills none that is called so,
		// even where its ORM writes every column it has cached.
		if change.Kind == AddRequired && u.Adds && !slices.Contains(u.Inserts.Names, change.Column) {
			omits = true
		}
		switch {
		case omits && !change.Default:
			fails.add(Yes, Reason{fmt.Sprintf("%s, and leaves %s out", describe(u), change.Column), u.At})
		case change.Kind == SetNotNull && u.covers(change.Column, Writing):
			may.add(Unknown, Reason{describe(u) + ", and may write NULL", u.At})
		}
	}
	switch {
	case fails.Verdict == Yes:
		return fails
	case may.Verdict == Unknown:
		return may
	}
	// No column is asked for: a gap that cannot name the column may well insert
	// rows without it.
	return c.unused(change.Relation, "",
		fmt.Sprintf("nothing that was scanned inserts into %s without %s or writes NULL to it", change.Relation, change.Column))
}

// rejected judges a constraint that looks at what is written from now on. A contract
// knows no values, so whoever writes may write what it rejects. That code deletes
// rows a contract does not say: each use of the parent may be that.
func (c *Contract) rejected(change Change) Answer {
	var may Answer
	for _, u := range c.usesOf(change.Relation) {
		if u.Adds || slices.ContainsFunc(change.Columns, func(column string) bool { return u.covers(column, Updating) }) {
			may.add(Unknown, Reason{describe(u) + ", and may write what is rejected", u.At})
		}
	}
	if change.Parent.Name != "" {
		for _, u := range c.usesOf(change.Parent) {
			may.add(Unknown, Reason{describe(u) + ", and may delete rows that others refer to", u.At})
		}
	}
	if may.Verdict == Unknown {
		return may
	}
	answer := c.unused(change.Relation, "", fmt.Sprintf("nothing that was scanned writes %s", change.Relation))
	if change.Parent.Name == "" || answer.Verdict != No {
		return answer
	}
	return c.unused(change.Parent, "", fmt.Sprintf("nothing that was scanned writes %s, or names %s", change.Relation, change.Parent))
}

// Words are the names that code has for what a change takes away: the column's, or
// the relation's and those of what goes with it.
func (c Change) Words() []string {
	if c.Column != "" {
		return []string{c.Column}
	}
	words := []string{c.Relation.Name}
	for _, name := range c.Also {
		if c.Kind == DropTable {
			words = append(words, name.Name)
		}
	}
	return words
}
