package hazard

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

const (
	searchPath = "search_path"
	readOnly   = "default_transaction_read_only"
	// defaultPath is search_path where nobody has set it.
	defaultPath = `"$user", public`
)

// UnfitSession is a session in which statements of running code fail.
var UnfitSession = &Hazard{
	ID:    "unfit-session",
	Kind:  BreaksCode,
	Code:  "MG041",
	Title: "new sessions of the code that is still running cannot write, or do not find its tables",
	Explanation: `ALTER ROLE ... SET and ALTER DATABASE ... SET change what new sessions begin with, of old
code and new. With default_transaction_read_only each write fails with 25006; with a
search_path that has lost a schema, or has another one first, a table is not found (42P01), or
another one of its name is. Open sessions go on as they were, so this shows when a pool
opens its next one, a worker starts again or a dyno boots.`,
	Verdicts: `Refused where it holds for the role in DATABASE_URL, or for one that has a session in the
database: what a setting for the role, or for the role in the database, overrides, passes. Of a
search_path it is asked which relations are no longer found by their name, and whether the contracts of
the builds that run, or queries that the database has seen, use these. Under maintenance mode, if
migguard.toml has [policy] unfit-session = "maintenance". Passes for schemas and relations that no release has
known yet, where all builds that run are steered (docs/steering.md), so that their connections bring a path of their
own, if no code runs that could break, and with --allow unfit-session:ROLE, or of a search_path
--allow unfit-session:TABLE. Code that sets either itself in each session, or names schemas, is not known to; functions
and types are not looked at.`,
	Remedy: `Have the new code set what it needs, in its connection's options or by SET, or let it log in as a
role of its own; change the default in the release after.`,
	Bad:  `ALTER ROLE CURRENT_USER SET default_transaction_read_only = on;`,
	Good: `SET default_transaction_read_only = on;`,
	Run: func(p *Pass) (found []Finding) {
		s := p.Lookup.Sessions
		told := map[string]bool{}
		for _, d := range p.newDefaults(func(setting string) bool { return setting == searchPath || setting == readOnly }) {
			if d.setting == readOnly {
				if isOn(d.is) && !isOn(d.was) {
					found = append(found, unwritable(s, d.role))
				}
				continue
			}
			for _, f := range unseen(s, d) {
				if !told[f.Relation] {
					told[f.Relation] = true
					found = append(found, f)
				}
			}
		}
		return found
	},
}

// isOn reads a Boolean setting: unique beginnings of words count (parse_bool,
// src/backend/utils/adt/bool.c).
func isOn(value string) bool {
	value = strings.ToLower(value)
	return value == "1" || value == "on" || value != "" && (strings.HasPrefix("true", value) || strings.HasPrefix("yes", value))
}

func unwritable(s *catalog.Sessions, r catalog.LoginRole) Finding {
	return Finding{
		Relation: qualified(roleObject(r.Name)),
		Message: fmt.Sprintf("%s = on breaks the code that is still running as role %s: in its new sessions each write fails with \"cannot execute in a read-only transaction\" (25006)",
			readOnly, ddl.Quote(r.Name)),
		Detail: loggedInAs(s, r),
		Hint: fmt.Sprintf("Set it for a role that only reads. Or say that no running code writes: %s",
			allow("unfit-session", roleObject(r.Name), "")),
	}
}

// unseen are the relations that a name no longer means in a session of the role.
func unseen(s *catalog.Sessions, d newDefault) (found []Finding) {
	was, is := schemasOf(d.was, d.wasSet, d.role.Name), schemasOf(d.is, d.isSet, d.role.Name)
	there := map[ddl.Name]bool{}
	for _, r := range s.Relations {
		there[ddl.Name{Schema: r.Schema, Name: r.Name}] = true
	}
	for _, r := range s.Relations {
		now := meant(there, is, r.Name)
		if meant(there, was, r.Name) != r.Schema || now == r.Schema {
			continue
		}
		relation := catalog.Relation{Schema: r.Schema, Name: r.Name}
		why := `is not found by its name: "relation does not exist" (42P01)`
		if now != "" {
			why = fmt.Sprintf("is not found by its name, but %s", Display(catalog.Relation{Schema: now, Name: r.Name}))
		}
		found = append(found, Finding{
			Relation: qualified(relation),
			Message: fmt.Sprintf("this search_path breaks the code that is still running as role %s: in its new sessions %s %s",
				ddl.Quote(d.role.Name), qualified(relation), why),
			Detail: loggedInAs(s, d.role),
			Needs:  &contract.Change{Kind: contract.RenameTable, Relation: contract.Name{Schema: r.Schema, Name: r.Name}},
			Hint: fmt.Sprintf("Keep the schema on the path, behind the new ones, until no release in use needs it. Or say that no running code names the table without its schema: %s",
				allow("unfit-session", relation, "")),
			Unsteered: true,
		})
	}
	return found
}

// meant is the schema whose relation a name means; empty: none.
func meant(there map[ddl.Name]bool, path []string, name string) string {
	for _, schema := range path {
		if there[ddl.Name{Schema: schema, Name: name}] {
			return schema
		}
	}
	return ""
}

// schemasOf reads a search_path as the server keeps it.
func schemasOf(path string, set bool, role string) (schemas []string) {
	if !set {
		path = defaultPath
	}
	for path = strings.TrimSpace(path); path != ""; {
		var name string
		if rest, quoted := strings.CutPrefix(path, `"`); quoted {
			name, path = quotedName(rest)
		} else {
			name, path, _ = strings.Cut(path, ",")
			name, path = strings.ToLower(strings.TrimSpace(name)), ","+path
		}
		if name == "$user" {
			name = role
		}
		schemas = append(schemas, name)
		path = strings.TrimLeft(path, ", \t\n")
	}
	return schemas
}

// quotedName reads to the quote that ends a name.
func quotedName(text string) (name, rest string) {
	for {
		part, after, _ := strings.Cut(text, `"`)
		name += part
		if !strings.HasPrefix(after, `"`) {
			return name, after
		}
		name, text = name+`"`, after[1:]
	}
}
