package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
)

// BlockingConstraint is a constraint for which every row of a table is looked at
// under a lock that keeps running code from its table.
var BlockingConstraint = &Hazard{
	ID:        "blocking-constraint",
	Kind:      BlocksTraffic,
	Code:      "MG006",
	Rewritten: true,
	Title:     "a table is locked while a new constraint is checked against its rows",
	Explanation: `ADD CONSTRAINT and SET NOT NULL read all rows of the table before they return, and
UNIQUE, PRIMARY KEY and EXCLUDE build an index. PRIMARY KEY USING INDEX reads the
rows if a column may be NULL, and VALIDATE CONSTRAINT does so under the locks that
its transaction has, those of the ADD perhaps. Meanwhile, and until the
transaction ends, nobody can read or write the table (ACCESS EXCLUSIVE). A foreign
key lets others read, but stops writing to its own table and to the one it
references (SHARE ROW EXCLUSIVE). ALTER DOMAIN ... ADD CONSTRAINT, VALIDATE CONSTRAINT
and SET NOT NULL read every table with a column of the domain, and stop writing to all
of them (SHARE).`,
	Verdicts: `Rewritten for CHECK, foreign keys, NOT NULL, UNIQUE and PRIMARY KEY: migguard looks for
rows that break the constraint, adds it NOT VALID, which takes no time, and validates
it when the migration's transaction has committed and before the command hears of it,
under locks that let others read and write. For SET NOT NULL a CHECK is validated first
that spares the server the reading; from PostgreSQL 18 on the constraint itself is. For
UNIQUE, and for PRIMARY KEY on columns that are NOT NULL, an index is built
CONCURRENTLY, and made the constraint then; for a partitioned table that is done with
each partition, and the table's constraint made of theirs, which takes no time. A run that is killed in between leaves the
task in the ledger, and the next one does it first. Refused for a PRIMARY KEY on other
columns, and from PostgreSQL 18 on of a partitioned table (a key that a partition gets
first makes its NOT NULL its own, which DROP NOT NULL of the table then leaves; nothing but
DETACH and ATTACH, which lock both and may read their rows, takes that back), for EXCLUDE, for a foreign key of, or to, a partitioned table before
PostgreSQL 18, and for a domain, each large table that uses it by itself: its
constraint has no validation that lets others write (SHARE lock); VALIDATE of one that is
valid is answered and not run, as the server would read all of it again. Passes as it is on a small table (10,000 rows and 10 MB, or what
small-table-rows and small-table-mb say in migguard.toml), if no code runs, with
--allow blocking-constraint:TABLE, and with [policy] blocking-constraint = "allow".`,
	Remedy: `Leave it to migguard; or add the constraint NOT VALID and VALIDATE it in a later
migration. UNIQUE and PRIMARY KEY: CREATE UNIQUE INDEX CONCURRENTLY, then ADD
CONSTRAINT ... USING INDEX.`,
	Bad:  `ALTER TABLE users ADD CONSTRAINT short CHECK (length(notes) < 100);`,
	Good: `ALTER TABLE users ADD CONSTRAINT short CHECK (length(notes) < 100) NOT VALID;`,
	Run: func(p *Pass) []Finding {
		if what := onDomain(p); what != "" {
			return p.users(what)
		}
		r, ok := p.large()
		what, works := checked(p)
		if !ok || !works {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("%s on %s keeps the code that is still running from it until all rows are checked and the transaction is over",
				what, Display(r)),
			Detail: measured(r),
			Hint: fmt.Sprintf("Add the constraint NOT VALID, and VALIDATE it in a migration of its own. Or say that nobody uses the table: %s",
				AllowBlockingConstraint(r)),
		}}
	},
}

// checked names a constraint that is checked against the rows there are, and
// tells whether one is.
func checked(p *Pass) (what string, works bool) {
	switch c := p.Change.(type) {
	case ddl.SetNotNull:
		return "SET NOT NULL of column " + ddl.Quote(c.Column), !c.NotValid && p.works()
	case ddl.ValidateConstraint:
		return "VALIDATE CONSTRAINT " + ddl.Quote(c.Name) + ", in the transaction that has locked the table,", p.Lookup.Locked && p.works()
	case ddl.AddConstraint:
		if c.UsingIndex != "" {
			return "a primary key on columns that may be NULL", p.works()
		}
		what = "adding a " + string(c.Constraint) + " constraint"
		if c.Name != "" {
			what = "adding constraint " + ddl.Quote(c.Name)
		}
		return what, p.works()
	}
	return "", false
}

// onDomain names a change of a domain that reads the tables which use it; empty:
// none.
func onDomain(p *Pass) string {
	switch c := p.Change.(type) {
	case ddl.AddDomainConstraint:
		if !c.NotValid {
			return "adding a constraint to domain " + display(c.Domain)
		}
	case ddl.ValidateDomainConstraint:
		return "VALIDATE CONSTRAINT " + ddl.Quote(c.Name) + " of domain " + display(c.Domain)
	case ddl.SetDomainNotNull:
		if t := p.Lookup.Type; t == nil || !t.NotNull {
			return "SET NOT NULL of domain " + display(c.Domain)
		}
	}
	return ""
}

// users are the large tables that a domain's change reads.
func (p *Pass) users(what string) (found []Finding) {
	for _, r := range p.Lookup.Users {
		if r, ok := ifKnown(&r); ok && p.isLarge(r) {
			found = append(found, Finding{
				Relation: qualified(r),
				Message: fmt.Sprintf("%s keeps the code that is still running from writing to %s until all its rows are checked and the transaction is over",
					what, Display(r)),
				Detail: measured(r),
				Hint: fmt.Sprintf("Add a CHECK to the domain NOT VALID, which holds for what is written from then on, and VALIDATE it under maintenance mode; or add it to the table instead. Or say that nobody writes to the table: %s",
					AllowBlockingConstraint(r)),
			})
		}
	}
	return found
}
