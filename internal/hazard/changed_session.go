package hazard

import (
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
)

// ChangedSession is a session in which statements of running code may mean, or meet,
// something else.
var ChangedSession = &Hazard{
	ID:      "changed-session",
	Kind:    BreaksCode,
	Code:    "MG042",
	Passing: true,
	Title:   "new sessions of the code that is still running begin with another setting",
	Explanation: `ALTER ROLE ... SET and ALTER DATABASE ... SET change what new sessions begin with, of old code and
new. What texts and times mean (TimeZone, DateStyle, IntervalStyle, bytea_output,
standard_conforming_strings, transform_null_equals), what ends a statement or a session
(statement_timeout and its like), isolation, role, row_security and session_replication_role may
be what the old code counts on.`,
	Verdicts: `Passes, and the log says so where it holds for the role in DATABASE_URL, or for one that has a session in
the database: a timeout is what people set for all code at once, and most drivers set
TimeZone and the like themselves. Other settings (work_mem, plans, logging) pass without a word. Refused, or
under maintenance mode, only if migguard.toml says so.`,
	Remedy: `Have the new code set what it needs, in its connection's options or by SET, or let it log in as a role of
its own.`,
	Bad:  `ALTER ROLE CURRENT_USER SET statement_timeout = '1h';`,
	Good: `SET statement_timeout = '1h';`,
	Run: func(p *Pass) (found []Finding) {
		s := p.Lookup.Sessions
		for _, d := range p.newDefaults(func(setting string) bool { return noticed[setting] != "" }) {
			is := "its default again"
			if d.isSet {
				is = ddl.Literal(d.is)
			}
			found = append(found, Finding{
				Relation: qualified(roleObject(d.role.Name)),
				Message: fmt.Sprintf("new sessions of the code that is still running as role %s begin with %s %s: %s",
					ddl.Quote(d.role.Name), d.setting, is, noticed[d.setting]),
				Detail: loggedInAs(s, d.role),
				Hint: fmt.Sprintf("Have the new code set it in its own sessions. Or say that no running code minds: %s",
					allow("changed-session", roleObject(d.role.Name), "")),
			})
		}
		return found
	},
}

// What settings are for that code can notice.
const (
	endsStatements = "it ends what takes longer"
	tellsTimes     = "it tells what times and dates in SQL mean, and how they are written"
	tellsTexts     = "it tells what texts in SQL mean, and how values are written"
	tellsRows      = "it tells which rows are seen, or which triggers fire"
	tellsConflicts = "transactions may fail that did not (40001)"
)

var noticed = map[string]string{
	"statement_timeout": endsStatements, "lock_timeout": endsStatements, "transaction_timeout": endsStatements,
	"idle_in_transaction_session_timeout": endsStatements, "idle_session_timeout": endsStatements,
	"timezone": tellsTimes, "datestyle": tellsTimes, "intervalstyle": tellsTimes,
	"bytea_output": tellsTexts, "standard_conforming_strings": tellsTexts, "backslash_quote": tellsTexts, "client_encoding": tellsTexts,
	"extra_float_digits": tellsTexts, "lc_numeric": tellsTexts, "lc_monetary": tellsTexts, "lc_time": tellsTexts,
	"default_text_search_config": tellsTexts, "xmloption": tellsTexts, "array_nulls": tellsTexts,
	"transform_null_equals": tellsRows, "row_security": tellsRows, "session_replication_role": tellsRows,
	"default_transaction_isolation": tellsConflicts, "default_transaction_deferrable": "read-only transactions may wait before they begin",
	"role": "they have that role's rights, and make what is that role's",
}
