package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// RefusedLogin is a role or database that takes no new session of running code.
var RefusedLogin = &Hazard{
	ID:    "refused-login",
	Kind:  BreaksCode,
	Code:  "MG040",
	Title: "the server refuses new sessions of the code that is still running",
	Explanation: `After ALTER ROLE ... NOLOGIN, with another PASSWORD, with a VALID UNTIL that is over, or
with another name, the role of the running code logs in no more (28000, 28P01); with a
CONNECTION LIMIT of its own or of the database that is reached, it gets 53300. Sessions that
are open go on, so this shows when a pool opens its next one, a worker starts again or a
dyno boots: within minutes, in code that nobody has changed.`,
	Verdicts: `Refused for the role in DATABASE_URL and for each one that has a session in the database. Under
maintenance mode, if migguard.toml has [policy] refused-login = "maintenance". Passes for other roles; for a
CONNECTION LIMIT above the sessions that are open now, or no lower than before; for superusers, whom
no limit holds; where VALID UNTIL is to come; if no code runs that could break, and with
--allow refused-login:ROLE (or DATABASE). Not judged: DROP ROLE, which the server refuses while
the role owns or may do anything, REVOKE CONNECT, and whether a PASSWORD is the one it had, or is asked for.`,
	Remedy: `Give the new code a role, or password, of its own, and close the old one in the release
after. On Heroku, rotate credentials with "heroku pg:credentials:rotate", which gives running
dynos time.`,
	Bad:  `ALTER ROLE CURRENT_USER NOLOGIN;`,
	Good: `ALTER ROLE CURRENT_USER VALID UNTIL 'infinity';`,
	Run: func(p *Pass) []Finding {
		s := p.Lookup.Sessions
		if s == nil {
			return nil
		}
		switch c := p.Change.(type) {
		case ddl.AlterRole:
			if r, used := usedRole(s, c.Role); used {
				return shutOut(s, c, r)
			}
		case ddl.RenameObject:
			if r, used := usedRole(s, c.Object.Name); used && c.Kind == ddl.KindRole {
				return []Finding{refusedLogin(roleObject(r.Name), "renaming role "+ddl.Quote(r.Name),
					"its new sessions fail as those of a role that is not there (28P01, or 28000 without a password)", loggedInAs(s, r))}
			}
		case ddl.AlterDatabase:
			if c.Limit != nil && here(s, c.Database) && full(*c.Limit, s.Limit, s.Open) {
				return []Finding{refusedLogin(roleObject(s.Database), fmt.Sprintf("a connection limit of %d for database %s", *c.Limit, ddl.Quote(s.Database)),
					fmt.Sprintf("%d sessions are open now, and its new ones fail with \"too many connections\" (53300)", s.Open), existed("database"))}
			}
		}
		return nil
	},
}

// full tells a limit that lets nobody in beside those who are there, and is lower than
// the one before. -1 is none.
func full(limit, was, open int64) bool {
	return limit >= 0 && limit <= open && (was < 0 || limit < was)
}

// shutOut is what keeps a role from logging in.
func shutOut(s *catalog.Sessions, c ddl.AlterRole, r catalog.LoginRole) (found []Finding) {
	name := ddl.Quote(r.Name)
	add := func(what, why string) {
		found = append(found, refusedLogin(roleObject(r.Name), what, why, loggedInAs(s, r)))
	}
	switch {
	case c.Login != nil && !*c.Login:
		add("NOLOGIN for role "+name, "its new sessions fail with \"role is not permitted to log in\" (28000)")
	case c.Limit != nil && !r.Superuser && full(*c.Limit, r.Limit, r.Open):
		add(fmt.Sprintf("a connection limit of %d for role %s", *c.Limit, name),
			fmt.Sprintf("%d sessions of it are open now, and new ones fail with \"too many connections for role\" (53300)", r.Open))
	case c.Password:
		add("another password for role "+name, "its new sessions fail with \"password authentication failed\" (28P01)")
	case c.ValidUntil != nil && s.Ended:
		add("a password of role "+name+" that is no longer valid", "its new sessions fail with \"password authentication failed\" (28P01)")
	}
	return found
}

func refusedLogin(object catalog.Relation, what, why, evidence string) Finding {
	return Finding{
		Relation: qualified(object),
		Message:  fmt.Sprintf("%s breaks the code that is still running: %s", what, why),
		Detail:   evidence,
		Hint: fmt.Sprintf("Give the new code a role or password of its own, and do this in the release after. Or say that no running code logs in so: %s",
			allow("refused-login", object, "")),
	}
}
