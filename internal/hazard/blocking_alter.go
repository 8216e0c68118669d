package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// BlockingAlter is a change of a table that takes as long as the table is large
// while nobody can use it.
var BlockingAlter = &Hazard{
	ID:        "blocking-alter",
	Kind:      BlocksTraffic,
	Code:      "MG007",
	Rewritten: true,
	Title:     "nobody can use a table while ALTER TABLE writes it anew or reads it through",
	Explanation: `ALTER TABLE holds an ACCESS EXCLUSIVE lock on its table until its transaction ends,
and some of its forms write every row and every index anew meanwhile, or read all
rows: ADD COLUMN with a volatile default, GENERATED ... STORED, IDENTITY, serial
or a domain with constraints; most changes of a column's type; SET LOGGED, SET
TABLESPACE, of an index too, SET ACCESS METHOD, SET EXPRESSION. CLUSTER and VACUUM FULL do the
same, also without a name, and so does ALTER ... ALL IN TABLESPACE. Reads and writes of the running code wait that long. Whether a change of
type or a new column does so depends on version, indexes, constraints and
settings: migguard tries the change on an empty copy of the table and looks
whether the server writes the copy anew or reads it. A table that is logged, or in
the tablespace, or of the access method already, is left as it is.`,
	Verdicts: `Rewritten, if a DEFAULT, serial, or IDENTITY is all that makes ADD COLUMN write the table: the column is
added without values, its default set for new rows, and the rows there are get theirs
in batches when the transaction has committed; NOT NULL comes last. An identity column
counts by a default until then: it is made one at the end, and its sequence anew, which
goes on where that has come to. Statements of the
same transaction that read or write the table are refused then (MG055). Not where an
UPDATE would fire triggers or rules, with row security forced, or in a table that
others inherit from. The partitions of a table are filled one by one; not if one of
them is foreign, fires, hides rows or belongs to another role.

A change of type is rewritten, if the old values all have one of the new type: a copy of the
column is filled in batches and gets its indexes, and then takes its place, as the last column of the
table (docs/shims.md says when it cannot).

Refused otherwise: GENERATED ... STORED, which a column that is there cannot become in any
version (SET EXPRESSION, from 17 on, takes a generated column only, and writes the
table), IDENTITY with a SEQUENCE NAME, and other changes of type. Under maintenance mode, if migguard.toml has [policy]
blocking-alter = "maintenance". Passes where the server has no such work to do, on a small table
(10,000 rows and 10 MB, or what small-table-rows and small-table-mb say in
migguard.toml), if no code runs, with --allow blocking-alter:TABLE, and with
[policy] blocking-alter = "allow". What names no table, as VACUUM FULL alone, is judged by
each that it would write anew; ALL IN TABLESPACE is refused (MG053) besides, if it would
move migguard's own tables.`,
	Remedy: `Add the column without a default, SET DEFAULT for new rows in a second statement,
and fill the old rows in batches. For another type, do that with a second column
that takes the place of the first one. GENERATED ... VIRTUAL, from 18 on, takes no time;
before, compute the value in a trigger or in the code. Instead of CLUSTER and VACUUM FULL use
pg_repack.`,
	Bad:  `ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();`,
	Good: `ALTER TABLE users ADD COLUMN token uuid; ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();`,
	Run: func(p *Pass) []Finding {
		r, ok := p.large()
		what := altered(p.Change)
		if what != "" && p.Lookup.Relation == nil {
			return p.alteredInside(what)
		}
		if !ok || what == "" || !p.works() {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("%s on %s keeps the code that is still running from reading and writing it: the table is %s",
				what, Display(r), p.Lookup.Trial),
			Detail: measured(r),
			Hint:   instead(p.Change) + "Or say that nobody uses the table: " + allow("blocking-alter", r, ""),
		}}
	},
}

// alteredInside are the large tables among all that a change writes anew.
func (p *Pass) alteredInside(what string) (found []Finding) {
	for _, r := range p.Lookup.Inside {
		// What is inside is listed with its partitions.
		if r, ok := ifKnown(&r); ok && p.isLarge(r) && (r.Kind == catalog.Table || r.Kind == catalog.MaterializedView) {
			found = append(found, Finding{
				Relation: qualified(r),
				Message: fmt.Sprintf("%s keeps the code that is still running from reading and writing %s while it is written anew",
					what, Display(r)),
				Detail: measured(r),
				Hint:   instead(p.Change) + "Or say that nobody uses the table: " + allow("blocking-alter", r, ""),
			})
		}
	}
	return found
}

// instead is another way to what a change is for.
func instead(change ddl.Change) string {
	switch c := change.(type) {
	case ddl.AddColumn:
		if c.Generated != "" {
			return "From PostgreSQL 18 on, GENERATED ... VIRTUAL takes no time; before, compute the value in a trigger or in the code. "
		}
		return "Add the column without a value, SET DEFAULT in a second statement, and fill the rows there are in batches. "
	case ddl.ChangeColumnType, ddl.SetExpression:
		return "Add a second column, write both, fill the rows there are in batches, and read the new one in the release after. "
	case ddl.Cluster, ddl.Vacuum:
		return "Use pg_repack. "
	case ddl.MoveAll:
		return "Move the small ones by name, and the others under maintenance mode. "
	}
	return ""
}

// altered names the changes that may take as long as a table is large, but for
// constraints; empty: none of these.
func altered(change ddl.Change) string {
	switch c := change.(type) {
	case ddl.SetLogged:
		return "SET LOGGED or UNLOGGED"
	case ddl.SetTablespace:
		return "SET TABLESPACE"
	case ddl.SetAccessMethod:
		return "SET ACCESS METHOD"
	case ddl.Cluster:
		return "CLUSTER"
	case ddl.Vacuum:
		return "VACUUM FULL"
	case ddl.MoveAll:
		return "SET TABLESPACE"
	case ddl.AddColumn:
		return "ADD COLUMN " + ddl.Quote(c.Column)
	case ddl.ChangeColumnType:
		return "changing the type of column " + ddl.Quote(c.Column)
	case ddl.SetExpression:
		return "SET EXPRESSION"
	}
	return ""
}
