package hazard

import (
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RejectedWrite is a constraint that what running code writes may violate.
var RejectedWrite = &Hazard{
	ID:        "rejected-write",
	Kind:      BreaksCode,
	Code:      "MG033",
	Shimmed:   true,
	Tolerable: true,
	Parts:     true,
	Title:     "a new constraint may reject what running code writes",
	Explanation: `SET NOT NULL, and a new CHECK, UNIQUE, PRIMARY KEY, FOREIGN KEY, EXCLUDE or unique index
on a table that was there: rows that running code was free to write fail from then on,
with 23502, 23514, 23505, 23503 or 23P01. That no row violates it now says nothing of the
next one, and a domain that gets narrower, by ADD CONSTRAINT or SET NOT NULL, rejects what is
written into its columns. So do two rows that leave out a column of a unique index, from when it has a constant
default on. NOT VALID spares the rows there are, not those that come. A foreign key rejects
as well that rows of the other table are deleted which new ones refer to.`,
	Verdicts: `The constraint waits: migguard tries it, takes that back, and the command hears that it is
there. It is made when no build runs any more that was released before the migration; see
docs/shims.md, "Constraints". Until then new rows of old code pass. Passes on a table that no release has known
yet, on columns that running code does not know and that are NULL in its rows, where an
equal constraint is there already, where the contracts of all builds that run show that
none writes what is constrained, if no code runs, with --allow
rejected-write:TABLE.CONSTRAINT (or .COLUMN for NOT NULL; for a constraint without a name
just TABLE), and with [policy] rejected-write = "allow". Refused where it cannot wait: in a DO block or a function, for a domain, the default of a
unique column, EXCLUDE, a PRIMARY KEY on columns that may be NULL, and what else has no rewrite on a
large table.
Under maintenance mode, if migguard.toml has [policy] rejected-write = ["maintenance"].`,
	Remedy: `Release code first that writes nothing that the constraint would reject, and the
constraint in the release after that one.`,
	Bad: `ALTER TABLE users ADD CONSTRAINT short CHECK (length(notes) < 100);`,
	Good: `CREATE TABLE posts (id bigint PRIMARY KEY, author bigint REFERENCES users);
ALTER TABLE posts ADD CONSTRAINT known CHECK (author > 0);`,
	Run: func(p *Pass) []Finding {
		if what, null := narrowed(p); what != "" {
			return p.rejectedByDomain(what, null)
		}
		r, ok := p.known()
		if !ok || isView(r) {
			return nil
		}
		switch c := p.Change.(type) {
		case ddl.SetNotNull:
			return nullRejected(r, c)
		case ddl.SetDefault:
			return defaultCollides(r, c)
		case ddl.AddConstraint:
			if !c.InCreate {
				return constraintRejects(p, r, c)
			}
		case ddl.CreateIndex:
			if c.Unique && !keyIsThere(r, c) {
				what := "a new unique index"
				if c.Name != "" {
					what = "unique index " + ddl.Quote(c.Name)
				}
				return rejects(r, what, c.Name, contract.Name{}, indexColumns(r, c))
			}
		}
		return nil
	},
}

// nullRejected is about a column that was there; RequiredColumn is about new ones.
func nullRejected(r catalog.Relation, c ddl.SetNotNull) []Finding {
	column, there := r.Column(c.Column)
	d := column.Definition
	if !there || column.Created || d == nil || d.NotNull || d.Generated || d.Identity != "" {
		return nil
	}
	question := needs(contract.SetNotNull, r, c.Column)
	if question != nil {
		question.Default = d.Default || d.TypeDefault
	}
	return []Finding{{
		Relation: qualified(r), Column: c.Column,
		Message: fmt.Sprintf("SET NOT NULL of column %s of %s may break the code that is still running: where it writes NULL it fails with \"null value in column\" (23502)",
			ddl.Quote(c.Column), Display(r)),
		Detail: existed("column"),
		Needs:  question,
		Hint: fmt.Sprintf("Release code first that writes no NULL, and SET NOT NULL in the release after that one. Or say that no running code writes NULL: %s",
			allow("rejected-write", r, c.Column)),
	}}
}

func constraintRejects(p *Pass, r catalog.Relation, c ddl.AddConstraint) []Finding {
	what := fmt.Sprintf("constraint %s (%s)", ddl.Quote(c.Name), c.Constraint)
	if c.Name == "" {
		what = fmt.Sprintf("a new %s constraint", c.Constraint)
	}
	columns := c.Columns
	var parent contract.Name
	switch c.Constraint {
	case ddl.Unique, ddl.PrimaryKey:
		if c.UsingIndex != "" && (c.Constraint == ddl.Unique || !p.Lookup.Trial.MayScan()) {
			return nil // its index rejects already
		}
		if c.UsingIndex == "" && (unfilledKey(r, c) || c.Constraint == ddl.Unique && keyIsThere(r, ddl.CreateIndex{Columns: c.Columns, NullsNotDistinct: c.NullsNotDistinct})) {
			return nil
		}
	case ddl.ForeignKey:
		if isNew(r, c) {
			return nil
		}
		parent = contract.Name{Schema: c.References.Schema, Name: c.References.Name}
	case ddl.Check:
		if p.Lookup.Passes {
			return nil
		}
		columns = columnsRead(r, c.Expression)
	case ddl.Exclude:
		columns = everyColumn(r)
	default:
		return nil
	}
	return rejects(r, what, c.Name, parent, columns)
}

func rejects(r catalog.Relation, what, name string, parent contract.Name, columns []string) []Finding {
	question := needs(contract.RejectWrite, r, "")
	if question != nil {
		question.Columns, question.Parent = columns, parent
	}
	return []Finding{{
		Relation: qualified(r), Column: name,
		Message: fmt.Sprintf("%s of %s may break the code that is still running: what it writes may be rejected from now on", what, Display(r)),
		Detail:  existed("table"),
		Needs:   question,
		Hint: fmt.Sprintf("Release code first that writes nothing it would reject, and add it in the release after that one. Or say that no running code does: %s",
			allow("rejected-write", r, name)),
	}}
}

// defaultCollides finds a column of a unique index that gets the same value in each row
// which leaves it out. Rows that left it NULL did not collide, and those did not that got
// a value of their own where it is the only key.
func defaultCollides(r catalog.Relation, c ddl.SetDefault) []Finding {
	column, there := r.Column(c.Column)
	d := column.Definition
	if !there || d == nil || ddl.IsNull(c.Default) || !ddl.IsConstant(c.Default) || d.NotNull && !d.Default {
		return nil
	}
	at := slices.IndexFunc(r.Arbiters, func(a catalog.Arbiter) bool {
		names, _ := ddl.ColumnsOf(a.Expressions) // none of an empty one
		has := slices.Contains(a.Keys, column.Number) || slices.Contains(names, column.Name)
		return has && (!d.Default || len(a.Keys) == 1)
	})
	if at < 0 {
		return nil
	}
	kind, detail := contract.SetNotNull, existed("column")
	if column.Created {
		kind, detail = contract.AddRequired, "No release that runs knows the column, so each of its INSERTs leaves it out."
	}
	return []Finding{{
		Relation: qualified(r), Column: c.Column,
		Message: fmt.Sprintf("a constant default of column %s of %s may break the code that is still running: its INSERTs that leave the column out get the same value in unique index %s, and fail with \"duplicate key value\" (23505)",
			ddl.Quote(c.Column), Display(r), ddl.Quote(r.Arbiters[at].Index)),
		Detail: detail,
		Needs:  needs(kind, r, c.Column),
		Hint: fmt.Sprintf("Set the default in the release after, when the code that runs sends a value. Or say that no running code leaves it out: %s",
			allow("rejected-write", r, c.Column)),
	}}
}

// isNew tells a key of which running code leaves a column NULL, which then refers to
// nothing.
func isNew(r catalog.Relation, c ddl.AddConstraint) bool {
	filled := func(name string) bool {
		column, there := r.Column(name)
		return (there || c.Filled) && !(column.Created && !column.Filled)
	}
	if c.MatchFull { // a NULL beside a value violates it
		return !slices.ContainsFunc(c.Columns, filled)
	}
	return slices.ContainsFunc(c.Columns, func(name string) bool { return !filled(name) })
}

// unfilledKey is isNew where NULLs are as good as different values, or a new column
// whose values are different.
func unfilledKey(r catalog.Relation, c ddl.AddConstraint) bool {
	return c.Constraint == ddl.Unique && (c.Distinct || !c.NullsNotDistinct && isNew(r, c))
}

// keyIsThere tells whether a unique index holds already that the columns of another
// one tell rows apart.
func keyIsThere(r catalog.Relation, c ddl.CreateIndex) bool {
	var keys []int16
	for _, name := range c.Columns {
		column, there := r.Column(name)
		if !there {
			return false
		}
		if c.Unique && !c.NullsNotDistinct && column.Created && !column.Filled {
			return true // running code leaves it NULL
		}
		if c.Collated || c.NullsNotDistinct && !column.NotNull {
			return false // it may reject what the other lets pass
		}
		keys = append(keys, column.Number)
	}
	slices.Sort(keys)
	return slices.ContainsFunc(r.Arbiters, func(a catalog.Arbiter) bool {
		return a.TellsRowsApart() && a.Compared == "" && slices.Equal(a.Keys, keys)
	})
}

// indexColumns are the columns that an index looks at.
func indexColumns(r catalog.Relation, c ddl.CreateIndex) (columns []string) {
	for _, key := range c.Columns {
		if _, there := r.Column(key); there {
			columns = append(columns, key)
		} else {
			columns = append(columns, columnsRead(r, key)...)
		}
	}
	if c.Where != "" {
		columns = append(columns, columnsRead(r, c.Where)...)
	}
	return columns
}

// columnsRead are the columns that an expression looks at, but for those that the
// statement adds: all where that cannot be told, or where it looks at the whole row.
func columnsRead(r catalog.Relation, expression string) []string {
	names, ok := ddl.ColumnsOf(expression)
	if !ok || len(names) == 0 || slices.Contains(names, r.Name) {
		return everyColumn(r)
	}
	return slices.DeleteFunc(names, func(name string) bool { _, there := r.Column(name); return !there })
}

func everyColumn(r catalog.Relation) (names []string) {
	for _, c := range r.Columns {
		names = append(names, c.Name)
	}
	return names
}
