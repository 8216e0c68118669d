package hazard

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

// usedRole is the role of a statement if running code logs in as it. Until builds tell,
// that is each role which has a session in the database, and that of DATABASE_URL.
func usedRole(s *catalog.Sessions, name string) (catalog.LoginRole, bool) {
	switch name {
	case "current_user", "current_role":
		name = s.Current
	case "session_user":
		name = s.LoggedIn
	}
	for _, r := range s.Roles {
		if r.Name == name {
			return r, true
		}
	}
	return catalog.LoginRole{}, false
}

// here tells whether a statement names the database, or none.
func here(s *catalog.Sessions, database string) bool {
	return database == "" || database == s.Database
}

// A newDefault is a setting that new sessions of a role begin with after a change.
type newDefault struct {
	role          catalog.LoginRole
	setting       string
	was, is       string
	wasSet, isSet bool
}

// newDefaults are those of a change that are others than they were, for the roles of
// running code.
func (p *Pass) newDefaults(of func(setting string) bool) (all []newDefault) {
	c, ok := p.Change.(ddl.SetSessionDefault)
	s := p.Lookup.Sessions
	if !ok || s == nil || !here(s, c.Database) {
		return nil
	}
	scope := catalog.SessionDefault{Role: c.Role, Database: c.Database != ""}
	if r, used := usedRole(s, c.Role); used {
		scope.Role = r.Name
	} else if c.Role != "" {
		return nil
	}
	var value *string
	switch {
	case c.FromCurrent:
		value = &s.Value
	case len(c.Values) > 0:
		value = new(c.Values[0])
		if c.Setting == searchPath {
			value = new(quotedList(c.Values))
		}
	}
	after := s.With(scope, c.Setting, value)
	for _, r := range s.Roles {
		for _, setting := range settingsOf(c, *s) {
			if !of(setting) {
				continue
			}
			d := newDefault{role: r, setting: setting}
			d.was, d.wasSet = s.Default(r.Name, setting)
			d.is, d.isSet = after.Default(r.Name, setting)
			if d.wasSet != d.isSet || d.was != d.is {
				all = append(all, d)
			}
		}
	}
	return all
}

// settingsOf are those that a statement names: RESET ALL all that there are.
func settingsOf(c ddl.SetSessionDefault, s catalog.Sessions) (names []string) {
	if c.Setting != "" {
		return []string{c.Setting}
	}
	seen := map[string]bool{}
	for _, d := range s.Defaults {
		for _, v := range d.Values {
			name, _, _ := strings.Cut(strings.ToLower(v), "=")
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// quotedList writes a list of names as the server keeps it.
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ddl.Quote(n)
	}
	return strings.Join(quoted, ", ")
}

// roleObject is a role as a relation, for an exception.
func roleObject(name string) catalog.Relation { return catalog.Relation{Schema: "public", Name: name} }

// loggedInAs is the evidence that running code logs in as a role.
func loggedInAs(s *catalog.Sessions, r catalog.LoginRole) string {
	if r.Name == s.LoggedIn {
		return fmt.Sprintf("Role %s is that of DATABASE_URL, so the code that is running counts as logging in as it.", ddl.Quote(r.Name))
	}
	return fmt.Sprintf("Role %s has sessions in this database (%d now), so the code that is running counts as logging in as it.", ddl.Quote(r.Name), r.Open)
}
