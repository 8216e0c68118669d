package judge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

// Where an Exception was written, for people.
const (
	ByFlag   = "--allow"
	ByFile   = "[[allow]]"
	ByPolicy = "[policy]"
)

// An Exception is what the user takes for safe: one hazard on one object.
type Exception struct {
	Hazard string // id or SQLSTATE
	// Object is TABLE, or TABLE.COLUMN for a hazard of columns, or either for one
	// of parts; the table with or without its schema, which is public then. Names are
	// written as in SQL: folded unless quoted.
	Object string
	By     string
	Reason string
	// Migration is for people: the wire does not say which one runs.
	Migration string
	// Statement, unless it is empty, is the only one it counts for.
	Statement string
	// Expires is from when on it does not count; zero: never.
	Expires time.Time
}

// String is HAZARD:OBJECT, or HAZARD.
func (e Exception) String() string { return strings.TrimSuffix(e.Hazard+":"+e.Object, ":") }

// An Allowance is a finding that was let pass, and by what.
type Allowance struct {
	hazard.Finding
	By Exception
}

// A State is what became of an Exception in a run.
type State string

// The states of exceptions.
const (
	Used    State = "used"
	Unused  State = "unused"
	Expired State = "expired"
)

// A Standing is an Exception of the policy with its state.
type Standing struct {
	Exception
	State State
}

// exception is one that is understood.
type exception struct {
	Exception
	meant     []object
	statement string // in normal form
	any       bool   // whatever the object
	expired   bool
	used      bool
}

// An object is what a finding is about.
type object struct{ relation, column string }

func parseException(e Exception) (*exception, error) {
	if e.Object == "" {
		return nil, fmt.Errorf("%q is not of the form HAZARD:TABLE or HAZARD:TABLE.COLUMN", e)
	}
	h, err := hazard.Named(e.Hazard)
	if err != nil {
		return nil, err
	}
	parsed := &exception{Exception: e}
	parsed.Hazard = h.ID
	parts, ok := identifiers(e.Object)
	if !ok {
		return nil, fmt.Errorf("%q holds no name: %s", e, e.Object)
	}
	column := strings.HasSuffix(h.ID, "-column")
	if column && len(parts) == 1 {
		return nil, fmt.Errorf("%q names no column: write %s:TABLE.COLUMN", e, e.Hazard)
	}
	if !column && len(parts) < 3 {
		parsed.meant = append(parsed.meant, object{relationOf(parts).String(), ""})
	}
	if last := len(parts) - 1; (column || h.Parts) && last > 0 && last < 3 {
		parsed.meant = append(parsed.meant, object{relationOf(parts[:last]).String(), parts[last]})
	}
	if parsed.meant == nil {
		return nil, fmt.Errorf("%q has more names than schema, table and, for a hazard of columns, column", e)
	}
	if e.Statement == "" {
		return parsed, nil
	}
	if parsed.statement, ok = ddl.Normal(e.Statement); !ok {
		return nil, errors.New("the statement of an exception is no SQL: " + e.Statement)
	}
	return parsed, nil
}

// covers tells whether it is for a finding in a statement, expired or not.
func (e *exception) covers(f hazard.Finding, statement string) bool {
	if e.Hazard != f.Hazard.ID || !e.any && !slices.Contains(e.meant, object{f.Relation, f.Column}) {
		return false
	}
	if e.statement == "" {
		return true
	}
	is, ok := ddl.Normal(statement)
	return ok && is == e.statement
}

// relationOf is a name of one part, which is in public, or of two.
func relationOf(parts []string) ddl.Name {
	if len(parts) == 1 {
		return ddl.Name{Schema: "public", Name: parts[0]}
	}
	return ddl.Name{Schema: parts[0], Name: parts[1]}
}

// identifiers splits a dotted name as SQL does.
func identifiers(s string) (parts []string, ok bool) {
	for {
		var part string
		if strings.HasPrefix(s, `"`) {
			part, s, ok = quoted(s[1:])
		} else {
			end := strings.IndexAny(s, `."`)
			if end < 0 {
				end = len(s)
			}
			part, s, ok = strings.ToLower(s[:end]), s[end:], end > 0
		}
		if !ok || part == "" {
			return nil, false
		}
		parts = append(parts, part)
		if s == "" {
			return parts, true
		}
		if s[0] != '.' {
			return nil, false
		}
		s = s[1:]
	}
}

// quoted reads what stands before a closing quote; two are one of the name's.
func quoted(s string) (name, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `"`)
		b.WriteString(before)
		if !found {
			return "", "", false
		}
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, true
		}
		b.WriteByte('"')
		s = after[1:]
	}
}
