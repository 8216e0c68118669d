package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RequiredColumn is a new column that running code has no value for, and the
// server none either.
var RequiredColumn = &Hazard{
	ID:      "required-column",
	Kind:    BreaksCode,
	Code:    "MG011",
	Shimmed: true,
	Title:   "a column is NOT NULL from now on, and running code does not fill it",
	Explanation: `ADD COLUMN ... NOT NULL (or PRIMARY KEY) without a default: on a table with rows
PostgreSQL refuses it, on an empty one it passes. From then on every INSERT of the
running code fails with 23502 (not_null_violation), for it does not know the column.
A type that is a NOT NULL domain does the same, and so does SET NOT NULL of a column
that the same release has added, or that running code leaves out: Rails where the model
ignores it, Django where the model has no such field, SQL that does not name it.`,
	Verdicts: `NOT NULL waits: the column is added without it, and it is set when no build runs any
more that was released before the migration; see docs/shims.md, "Constraints". A table with
rows says no at once, as without migguard. Refused for a PRIMARY KEY, a NOT NULL domain, and
with [policy] required-column = "refuse". Under maintenance mode, if migguard.toml has [policy] required-column =
["maintenance"]. Passes if the column or its domain has a default, if it is an
identity, serial or generated column, on a table that no release has known yet, if
no code runs that could break, and with --allow required-column:TABLE.COLUMN.
Passes, too, where the contracts of all builds that run show that none inserts rows
without the column. SET NOT NULL of a column that was there before is rejected-write; it is
this hazard, too, where
a contract, or a query that the database has seen, shows an INSERT that leaves the
column out, and it has no default. Where the code
that runs reaches the table through a shim, a contract is not asked.`,
	Remedy: `Add the column with a constant default, which rewrites nothing; or without NOT NULL,
and SET NOT NULL in a later release, when all code fills it.`,
	Bad:  `ALTER TABLE users ADD COLUMN rank int NOT NULL;`,
	Good: `ALTER TABLE users ADD COLUMN rank int NOT NULL DEFAULT 1;`,
	Run: func(p *Pass) []Finding {
		if c, ok := p.Change.(ddl.SetNotNull); ok {
			return requiredLater(p, c)
		}
		c, ok := p.Change.(ddl.AddColumn)
		if !ok || c.Fills() {
			return nil
		}
		r, ok := p.known()
		if !ok {
			return nil
		}
		if _, exists := r.Column(c.Column); exists {
			return nil // fails by itself, or IF NOT EXISTS does nothing
		}
		t := p.Lookup.Type
		if t != nil && t.Default || !c.NotNull && (t == nil || !t.NotNull) {
			return nil
		}
		return []Finding{required(r, c.Column)}
	},
}

// requiredLater finds a column that this run has added, which running code leaves
// out for certain, and nothing fills; or one that was there, which it may leave out.
func requiredLater(p *Pass, c ddl.SetNotNull) []Finding {
	r, ok := p.known()
	column, there := r.Column(c.Column)
	d := column.Definition
	if !ok || !there || d == nil || d.Default || d.TypeDefault || d.Generated || d.Identity != "" {
		return nil
	}
	if column.Created {
		return []Finding{required(r, c.Column)}
	}
	question := needs(contract.SetNotNull, r, c.Column)
	if d.NotNull || question == nil {
		return nil
	}
	return []Finding{{
		Relation: qualified(r), Column: c.Column,
		Message: fmt.Sprintf("SET NOT NULL of column %s of %s breaks the code that is still running: its INSERTs leave the column out and fail with \"null value in column\" (23502)",
			ddl.Quote(c.Column), Display(r)),
		Detail: existed("column"),
		Needs:  question,
		Shown:  true,
		Hint: fmt.Sprintf("Give the column a default, or release code first that fills it, and SET NOT NULL in the release after that one. Or say that no running code leaves it out: %s",
			allow("required-column", r, c.Column)),
	}}
}

func required(r catalog.Relation, column string) Finding {
	return Finding{
		Relation: qualified(r), Column: column,
		Message: fmt.Sprintf("adding column %s to %s, NOT NULL and without a default, breaks the code that is still running: its INSERTs do not know the column and fail with \"null value in column\" (23502)",
			ddl.Quote(column), Display(r)),
		Detail: existed(r.Kind.String()),
		Needs:  needs(contract.AddRequired, r, column),
		Hint: fmt.Sprintf("Add it with a default, or without NOT NULL, which a later release sets. Or say that no running code inserts into %s: %s",
			Display(r), allow("required-column", r, column)),
	}
}
