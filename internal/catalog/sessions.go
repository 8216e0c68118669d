package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Sessions are the roles that log in to the database, and what their sessions begin
// with.
type Sessions struct {
	Database string `json:"database"`
	// LoggedIn is the role that the session has logged in as, which is that of
	// DATABASE_URL; Current is the one it acts as.
	LoggedIn string `json:"logged_in"`
	Current  string `json:"current"`
	// Limit is how many sessions of roles that are no superusers the database takes, -1
	// for any number, and Open is how many there are, but for the one that asks.
	Limit int64 `json:"limit"`
	Open  int64 `json:"open"`
	// Roles are those that have a session in the database, LoggedIn among them.
	Roles    []LoginRole      `json:"roles"`
	Defaults []SessionDefault `json:"defaults"`
	// Ended: the time that was asked about is over.
	Ended bool `json:"ended"`
	// Value is what the session has of the setting that was asked about.
	Value string `json:"value"`
	// Relations are those with rows that running code can know.
	Relations []struct{ Schema, Name string } `json:"relations"`
}

// A LoginRole is a role that has sessions.
type LoginRole struct {
	Name      string `json:"name"`
	Superuser bool   `json:"superuser"`
	// Limit is rolconnlimit: -1 for any number. Open is how many sessions it has in all
	// databases, but for the one that asks.
	Limit int64 `json:"limit"`
	Open  int64 `json:"open"`
}

// A SessionDefault is one row of pg_db_role_setting.
type SessionDefault struct {
	Role     string   `json:"role"`     // empty: every role
	Database bool     `json:"database"` // for this one; else for all
	Values   []string `json:"values"`   // setting=value
}

// DecodeSessions reads the JSON document of sessions.
func DecodeSessions(doc []byte) (*Sessions, error) {
	var s Sessions
	if err := json.Unmarshal(doc, &s); err != nil {
		return nil, fmt.Errorf("decode what sessions begin with: %w", err)
	}
	return &s, nil
}

// Default is what new sessions of a role begin with, if that is set for it, for the
// database or for all. What is for the role comes before what is for the database
// (process_settings, src/backend/utils/init/postinit.c).
func (s Sessions) Default(role, setting string) (value string, set bool) {
	for _, scope := range []SessionDefault{{Role: role, Database: true}, {Role: role}, {Database: true}, {}} {
		for _, d := range s.Defaults {
			if d.Role != scope.Role || d.Database != scope.Database {
				continue
			}
			for _, v := range d.Values {
				if name, value, _ := strings.Cut(v, "="); strings.EqualFold(name, setting) {
					return value, true
				}
			}
		}
	}
	return "", false
}

// With is what the defaults are when a setting has been given another value for a role,
// or the database, or for both; nil: none of its own. Without a name all are reset.
func (s Sessions) With(scope SessionDefault, setting string, value *string) Sessions {
	after := s
	after.Defaults = nil
	for _, d := range s.Defaults {
		if d.Role == scope.Role && d.Database == scope.Database {
			var left []string
			for _, v := range d.Values {
				if name, _, _ := strings.Cut(v, "="); setting != "" && !strings.EqualFold(name, setting) {
					left = append(left, v)
				}
			}
			d.Values = left
		}
		after.Defaults = append(after.Defaults, d)
	}
	if value != nil {
		scope.Values = []string{setting + "=" + *value}
		after.Defaults = append(after.Defaults, scope)
	}
	return after
}
