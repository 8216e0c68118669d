package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// UnfilledColumn is a column that the server fills no longer, while running
// code leaves that to it.
var UnfilledColumn = &Hazard{
	ID:      "unfilled-column",
	Kind:    BreaksCode,
	Code:    "MG010",
	Shimmed: true,
	Title:   "the server no longer fills in a column that running code leaves out",
	Explanation: `ALTER COLUMN ... DROP DEFAULT on a column that is NOT NULL, and DROP IDENTITY:
every INSERT of the running code that leaves the column out fails with 23502
(not_null_violation). A column that this run has added the running code leaves out
for certain. After DROP EXPRESSION nothing computes the column's value for it.
SET DEFAULT NULL is a DROP DEFAULT.`,
	Verdicts: `DROP DEFAULT waits: the default goes when no build runs any
more that was released before the migration; see docs/shims.md, "Constraints". DROP IDENTITY and DROP EXPRESSION
are refused. Under maintenance mode, if migguard.toml has [policy] unfilled-column =
"maintenance", or ["maintenance"] for DROP DEFAULT. Passes on a column that may be NULL, on one that had no default, on
a table that no release has known yet, if no code runs that could break, and with
--allow unfilled-column:TABLE.COLUMN.`,
	Remedy: `Keep the default until the release after, when the code that runs sends a value of
its own. Django before 5 adds a NOT NULL column with a default and drops that at
once: give the field a db_default (Django 5), or null=True first and fill it, and
take null=True away in the next release.`,
	Bad: `ALTER TABLE users ADD COLUMN rank int DEFAULT 1 NOT NULL;
ALTER TABLE users ALTER COLUMN rank DROP DEFAULT;`,
	Good: `ALTER TABLE users ADD COLUMN rank int DEFAULT 1 NOT NULL;`,
	Run:  runUnfilledColumn,
}

func runUnfilledColumn(p *Pass) []Finding {
	switch c := p.Change.(type) {
	case ddl.DropDefault:
		return unfilled(p, c.Column, "the default", losesDefault)
	case ddl.SetDefault:
		if ddl.IsNull(c.Default) {
			return unfilled(p, c.Column, "the default", losesDefault)
		}
	case ddl.DropIdentity:
		return unfilled(p, c.Column, "the identity", func(c catalog.Column) bool { return c.Definition.Identity != "" })
	case ddl.DropExpression:
		return unfilled(p, c.Column, "the expression", losesExpression)
	}
	return nil
}

func losesDefault(c catalog.Column) bool {
	d := c.Definition
	return d.Default && d.NotNull && !d.TypeDefault
}

// losesExpression: the values of a column that is new are read by nobody yet.
func losesExpression(c catalog.Column) bool {
	return c.Definition.Generated && (c.Definition.NotNull || !c.Created)
}

func unfilled(p *Pass, column, what string, loses func(catalog.Column) bool) []Finding {
	r, ok := p.known()
	if !ok {
		return nil
	}
	c, ok := r.Column(column)
	if !ok || c.Definition != nil && !loses(c) {
		return nil
	}
	then := `fail with "null value in column" (23502)`
	if d := c.Definition; d != nil && !d.NotNull {
		then = "leave it NULL from now on"
	}
	detail := existed("column")
	if c.Created {
		detail = "No release that runs knows the column, so each of its INSERTs leaves it out."
	}
	return []Finding{{
		Relation: qualified(r), Column: column,
		Message: fmt.Sprintf("dropping %s of column %s of %s breaks the code that is still running: its INSERTs that leave the column out %s",
			what, ddl.Quote(column), Display(r), then),
		Detail: detail,
		Hint: fmt.Sprintf("Drop %s in the next release, when the code that runs sends a value (Django: db_default, or null=True in this release). Or say that no running code leaves it out: %s",
			what, allow("unfilled-column", r, column)),
	}}
}
