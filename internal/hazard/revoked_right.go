package hazard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// RevokedRight is a privilege that the running code's role may need.
var RevokedRight = &Hazard{
	ID:    "revoked-right",
	Kind:  BreaksCode,
	Code:  "MG015",
	Title: "a revoked privilege is gone for the code that is still running",
	Explanation: `The next statement of the running code that needs the privilege fails with 42501
(insufficient_privilege): rights are looked up each time, in open sessions too. That
is so if the code logs in as a role that loses it, or gets it by PUBLIC or by a role
it is a member of. With OWNER TO the old owner's rights are the new one's, with all that was granted to it.`,
	Verdicts: `Refused. Under maintenance mode, if migguard.toml has [policy] revoked-right =
"maintenance". Passes where nobody named has the privilege on the table or sequence,
for REFERENCES, TRIGGER and MAINTAIN, which statements of code do not need, for what
no release has known yet, if no code runs that could break, and with
--allow revoked-right:TABLE. For a function or schema its name stands in the place of
TABLE. OWNER TO of a table, view or sequence passes where the roles that have sessions, and that of DATABASE_URL, keep
what they may do: a superuser, a member of the new owner; REVOKE of a role, from one of them or from one that it is a member of,
ALTER GROUP ... DROP USER, GRANT ... WITH INHERIT FALSE and DROP OWNED where they take no right
to a relation that the role has not itself. Not judged: OWNER TO of others, REASSIGN OWNED, functions that a role
may call by another,
rights on databases, types and languages, and default privileges.`,
	Remedy: `Release code that logs in as another role, or does without, and revoke the privilege
in the release after.`,
	Bad:  `REVOKE SELECT ON users FROM CURRENT_USER;`,
	Good: `REVOKE SELECT ON users FROM PUBLIC;`,
	Run: func(p *Pass) []Finding {
		switch c := p.Change.(type) {
		case ddl.SetOwner:
			return disowned(p, c)
		case ddl.RevokeRole:
			return dismissed(p, fmt.Sprintf("revoking role %s from %s", ddl.Quote(c.Role), ddl.Quote(c.From)), "the latter, or a member of it")
		case ddl.DropOwned:
			return dismissed(p, "dropping what is owned by "+quotedList(c.Roles)+", with what was granted to it,", "it, or a member of it")
		}
		c, ok := p.Change.(ddl.Revoke)
		if !ok || !needed(c) || c.GrantOptionOnly && !c.Cascade {
			return nil
		}
		switch {
		case c.InSchema && c.Kind == ddl.KindTable:
			var found []Finding
			for _, r := range p.Lookup.Inside {
				if takes(c, r) {
					found = append(found, revoked(c, r, r.Kind.String()))
				}
			}
			return found
		case c.InSchema, c.Kind == ddl.KindSchema:
			if len(p.Lookup.Inside) > 0 {
				return []Finding{revoked(c, catalog.Relation{Schema: "public", Name: c.Object.Name}, "schema")}
			}
		case c.Kind == ddl.KindFunction, c.Kind == ddl.KindProcedure, c.Kind == ddl.KindRoutine:
			function := catalog.Relation{Schema: c.Object.Schema, Name: c.Object.Name}
			if function.Schema == "" {
				function.Schema = "public"
			}
			return []Finding{revoked(c, function, string(c.Kind))}
		default:
			if r := p.Lookup.Relation; r != nil && !r.Created && !r.Temporary && takes(c, *r) {
				return []Finding{revoked(c, *r, r.Kind.String())}
			}
		}
		return nil
	},
}

// disowned is about roles that have their rights as the owner.
func disowned(p *Pass, c ddl.SetOwner) []Finding {
	r := p.Lookup.Relation
	if r == nil || r.Created || r.Temporary || len(p.Lookup.Losers) == 0 {
		return nil
	}
	losers := quotedList(p.Lookup.Losers)
	return []Finding{{
		Relation: qualified(*r),
		Message: fmt.Sprintf("giving %s %s to role %s breaks the code that is still running as %s: it has its rights as the owner's, and its statements fail with \"permission denied\" (42501)",
			r.Kind, Display(*r), ddl.Quote(c.Owner), losers),
		Detail: existed(r.Kind.String()),
		Hint: fmt.Sprintf("Make it a member of the new owner first: GRANT %s TO %s. Or say that no running code needs it: %s",
			ddl.Quote(c.Owner), losers, allow("revoked-right", *r, "")),
	}}
}

// dismissed is about what roles may use as another.
func dismissed(p *Pass, what, as string) (found []Finding) {
	for _, r := range p.Lookup.Lost {
		found = append(found, Finding{
			Relation: qualified(r),
			Message: fmt.Sprintf("%s breaks the code that is still running as %s: its statements on %s fail with \"permission denied\" (42501)",
				what, as, Display(r)),
			Detail: existed("relation"),
			Needs:  needs(contract.DropTable, r, ""),
			Hint: fmt.Sprintf("Grant it what it needs by another role first, or do this when no release in use needs it. Or say that no running code does: %s",
				allow("revoked-right", r, "")),
		})
	}
	return found
}

// notNeeded are the privileges that no query, INSERT, UPDATE or DELETE asks for.
var notNeeded = []string{"references", "trigger", "maintain", "create"}

func needed(c ddl.Revoke) bool {
	return len(c.Privileges) == 0 || slices.ContainsFunc(c.Privileges, func(p string) bool { return !slices.Contains(notNeeded, p) })
}

// takes tells whether somebody has what is revoked. The owner has everything
// where nothing was ever granted. Of a table's privilege the columns' go along.
func takes(c ddl.Revoke, r catalog.Relation) bool {
	has := func(grants []catalog.Grant) bool {
		return slices.ContainsFunc(grants, func(g catalog.Grant) bool {
			privilege := strings.ToLower(g.Privilege)
			return named(c, g.Grantee, r.Role) && !slices.Contains(notNeeded, privilege) &&
				(len(c.Privileges) == 0 || slices.Contains(c.Privileges, privilege))
		})
	}
	for _, column := range r.Columns {
		if (len(c.Columns) == 0 || slices.Contains(c.Columns, column.Name)) && has(column.Grants) {
			return true
		}
	}
	if len(c.Columns) > 0 {
		return false
	}
	return r.DefaultGrants && named(c, r.Owner, r.Role) || has(r.Grants)
}

// named tells whether a role, or PUBLIC, is one of those in the statement.
func named(c ddl.Revoke, grantee, session string) bool {
	return slices.ContainsFunc(c.Roles, func(role string) bool {
		switch role {
		case "public":
			return grantee == ""
		case "current_role", "current_user", "session_user":
			return grantee == session
		}
		return grantee == role
	})
}

func revoked(c ddl.Revoke, r catalog.Relation, kind string) Finding {
	privileges := strings.ToUpper(strings.Join(c.Privileges, ", "))
	if privileges == "" {
		privileges = "ALL"
	}
	return Finding{
		Relation: qualified(r),
		Message: fmt.Sprintf("revoking %s on %s %s from %s breaks the code that is still running with these rights: its statements fail with \"permission denied\" (42501)",
			privileges, kind, Display(r), strings.Join(c.Roles, ", ")),
		Detail: existed(kind),
		Hint: fmt.Sprintf("Revoke it when no release in use needs it. Or say that no running code does: %s",
			allow("revoked-right", r, "")),
	}
}
