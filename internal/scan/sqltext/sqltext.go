// Package sqltext finds SQL in the string literals of any language, and says
// what it uses. A literal is given with a mark, Hole, wherever the program puts
// something in when it runs; a hole may be any SQL, so what it can reach is a
// gap.
package sqltext

import (
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan/found"
)

// Hole stands in a text for what is not in it.
const Hole = "\x00"

// The names that holes and the relation around a fragment get for the parser.
const (
	holeName = "mghole"
	baseName = "mgbase"
)

var (
	statement = found.Expression(`(?is)^\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*|\(\s*)*` +
		`(?:select\b.*?\bfrom\b|select\s+\S|insert\s+into\b|update\s.*?\sset\b|delete\s+from\b|with\s.*?\bas\s.*?\(|merge\s+into\b|` +
		`truncate\s+(?:table\s)?|lock\s+table\b|copy\s.*?\b(?:from|to)\b|explain\s+\S|prepare\s.*?\bas\b|declare\s.*?\bcursor\b|` +
		`refresh\s+materialized\b|call\s+\S|do\s+[$']|table\s+\S|(?:alter|drop|create)\s+(?:or\s+replace\s+)?(?:\w+\s+)?(?:table|view|index|schema|sequence|type|function|trigger|column)\b)`)
	// sure are beginnings that nothing but SQL has, so that what does not
	// parse is a gap and not prose. The key words of a lone SELECT have to be
	// in capitals.
	sure = found.Expression(`(?s)^\s*(?:\(\s*)*(?:SELECT\b|(?i:select\b.*?\bfrom\b|insert\s+into\b|update\s.*?\sset\b|delete\s+from\b|with\s.*?\bas\s*\(|merge\s+into\b))`)
	// clause is a part of a statement by itself, in capitals.
	clause = found.Expression(`^\s*(?:FROM|JOIN|LEFT|RIGHT|INNER|FULL|CROSS|NATURAL|WHERE|AND|OR|UNION|EXISTS|NOT EXISTS|ORDER BY|GROUP BY|SET|VALUES|RETURNING|ON CONFLICT|EXCEPT|INTERSECT)\b`)
	nested = found.Expression(`\(\s*(?:SELECT|select)\s`)

	tables = found.Expression(`(?i)\b(?:from|join|into|update|table|truncate|only)\s+(?:only\s+)?((?:"[^"]+"|[\w` + Hole + `$]+)(?:\.(?:"[^"]+"|[\w` + Hole + `$]+))?)`)
)

// Literal is a string in a program.
type Literal struct {
	Text string
	At   contract.Evidence
	// Base is the relation that a fragment is put around by the ORM; empty
	// when it is not known.
	Base contract.Name
	// TextBigint: see contract.Use.
	TextBigint bool
	// Kept and Strict: see contract.Use.
	Kept, Strict bool
	// Percent: %s is a driver's mark of a parameter, and not that of a format which
	// is filled elsewhere.
	Percent bool
}

// Variables is why there is a gap at calls that send SQL which is no text.
func Variables(places int) string {
	return fmt.Sprintf("%d places in this file take SQL from a variable", places)
}

// Is tells whether a text looks like SQL, or a part of it.
func Is(text string) bool { return IsStatement(text) || isPart(text) }

// IsStatement tells whether a text looks like a whole statement.
func IsStatement(text string) bool { return begins(text) && statement().MatchString(text) }

func isPart(text string) bool {
	return begins(text) && clause().MatchString(text) || strings.Contains(text, "(") && nested().MatchString(text)
}

// Read notes what a literal uses if it looks like SQL.
func Read(f *found.Findings, l Literal) {
	switch {
	case IsStatement(l.Text):
		if uses, ok := parse(l.Text, "", ""); ok {
			note(f, l, uses)
			keep(f, l, uses)
		} else if sure().MatchString(l.Text) {
			unparsed(f, l)
		}
	case isPart(l.Text):
		Fragment(f, l)
	}
}

// frames are what a fragment may be a part of. A fragment may also begin where
// another ended, with AND.
var frames = []struct{ before, after string }{
	{"SELECT 1 FROM " + baseName + " WHERE ", ""},
	// A list of columns is tried before what follows FROM, where it would be
	// an alias and relations.
	{"SELECT ", " FROM " + baseName},
	{"SELECT 1 FROM " + baseName + " ", ""},
	{"SELECT 1 FROM " + baseName + " ORDER BY ", ""},
	{"UPDATE " + baseName + " SET ", ""},
	{"SELECT 1 FROM " + baseName + " WHERE true ", ""},
	{"SELECT " + holeName + " ", ""},
	{"SELECT 1 FROM " + baseName + " WHERE (", ""},
	{"SELECT 1 FROM " + baseName + " WHERE (true ", ")"},
	{"UPDATE " + baseName + " ", ""},
	{"INSERT INTO " + baseName + " ", ""},
	{"INSERT INTO " + baseName + " DEFAULT VALUES ", ""},
	// Last, as SET x = 1 is also what an UPDATE may go on with.
	{"", ""},
}

// Fragment notes what a part of a statement uses, as the text given to an ORM's
// where or joins. A bare word is none: it may be anything.
func Fragment(f *found.Findings, l Literal) {
	for _, frame := range frames {
		if uses, ok := parse(l.Text, frame.before, frame.after); ok {
			note(f, l, uses)
			return
		}
	}
	unparsed(f, l)
}

// parse tries a text as it is, and then with the marks of parameters that
// drivers and ORMs use in place of PostgreSQL's.
func parse(text, before, after string) (ddl.Uses, bool) {
	text = strings.ReplaceAll(text, Hole, holeName)
	if uses, err := ddl.NeedsOf(before + text + after); err == nil {
		return uses, true
	}
	marked := ddl.WithParameters(text)
	if marked == text {
		return ddl.Uses{}, false
	}
	uses, err := ddl.NeedsOf(before + marked + after)
	return uses, err == nil
}
