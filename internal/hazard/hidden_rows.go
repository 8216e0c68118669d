package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// HiddenRows are rows that row security no longer shows to running code, or no
// longer lets it write.
var HiddenRows = &Hazard{
	ID:    "hidden-rows",
	Kind:  BreaksCode,
	Code:  "MG014",
	Title: "row security hides rows from the code that is still running",
	Explanation: `Where row level security is on, a role that is subject to it sees the rows that a
policy shows it, and none without a policy: the running code's SELECT finds less, its
UPDATE and DELETE leave rows out, without an error, and its INSERT fails with 42501.
The table's owner is subject to it only by FORCE ROW LEVEL SECURITY.`,
	Verdicts: `Refused are ENABLE where a role beside the owner has rights on the table or FORCE is
set, FORCE, and where row security applies to anybody a new restrictive policy, and
ALTER and DROP POLICY. Under maintenance mode, if migguard.toml has
[policy] hidden-rows = "maintenance". Passes if no code runs that could break, and
with --allow hidden-rows:TABLE. Before PostgreSQL 15 ENABLE is refused in any case while the
view of a shim shows the table, with all rows.`,
	Remedy: `Create the policies first, release code that works under them, and turn row security
on in the release after.`,
	Bad:  `ALTER TABLE users FORCE ROW LEVEL SECURITY;`,
	Good: `CREATE POLICY everybody ON users USING (true);`,
	Run: func(p *Pass) []Finding {
		r, ok := p.known()
		if !ok {
			return nil
		}
		does := ""
		switch c := p.Change.(type) {
		case ddl.SetRowSecurity:
			switch {
			case c.Action == "enable" && !r.RowSecurity && subject(r):
				does = "turning row security on for"
			// Whether it is on, the same statement may change.
			case c.Action == "force" && !r.RowSecurityForced:
				does = "forcing row security on the owner of"
			}
		case ddl.CreatePolicy:
			if c.Restrictive && r.RowSecurity && subject(r) {
				does = "a restrictive policy on"
			}
		case ddl.AlterPolicy:
			if r.RowSecurity && subject(r) {
				does = "changing a policy on"
			}
		case ddl.DropPolicy:
			if r.RowSecurity && subject(r) {
				does = "dropping a policy on"
			}
		}
		if does == "" {
			return nil
		}
		return []Finding{{
			Relation: qualified(r),
			Message: fmt.Sprintf("%s %s breaks the code that is still running: rows that no policy shows it are gone for it, and what it inserts may be rejected (42501)",
				does, Display(r)),
			Detail: existed(r.Kind.String()),
			Hint: fmt.Sprintf("Release code that works under the policies first. Or say that the policies show the running code what it needs: %s",
				allow("hidden-rows", r, "")),
		}}
	},
}

// subject tells whether row security would apply to anybody who has rights on a
// table: to the owner if it is forced, to every other role.
func subject(r catalog.Relation) bool {
	if r.RowSecurityForced {
		return true
	}
	other := func(grants []catalog.Grant) bool {
		for _, g := range grants {
			if g.Grantee != r.Owner {
				return true
			}
		}
		return false
	}
	for _, c := range r.Columns {
		if other(c.Grants) {
			return true
		}
	}
	return other(r.Grants)
}
