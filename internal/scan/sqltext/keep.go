package sqltext

import (
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan/found"
)

// keep notes the queries of a literal for a server to be asked about: what nothing is
// put into but parameters. uses is what it uses; what has to do with nothing that a
// migration changes is left out.
func keep(f *found.Findings, l Literal, uses ddl.Uses) {
	if strings.Contains(l.Text, Hole) || !l.Percent && format.MatchString(l.Text) {
		return
	}
	for _, s := range ddl.Parse(l.Text) {
		// Marks come first: "a = @x" is an operator's, too, if it is taken as it stands.
		if marked := ddl.WithParameters(s.Text); marked != s.Text {
			if again := ddl.Parse(marked); len(again) == 1 && again[0].Class != ddl.Unparsed {
				s = again[0]
			}
		}
		if isQuery(s) && (len(uses.Needs) > 0 || len(s.Functions) > 0) {
			f.Text(contract.Text{SQL: s.Text, At: contract.Evidence{File: l.At.File, Line: l.At.Line}})
		}
	}
}

// format matches a mark of a format, as it may be, too, in a text with LIKE.
var format = regexp.MustCompile(`%(?:\(\w+\))?[sdif]\b`)

// isQuery tells statements that change no schema, and that a server can be asked about.
func isQuery(s ddl.Statement) bool {
	return s.Class == ddl.Query || s.Class == ddl.Copy || s.Tag == "TRUNCATE TABLE"
}

// Macros of sqlc, which are calls by their looks (sqlc, docs/reference/macros.md).
var (
	sqlcArgument = regexp.MustCompile(`\bsqlc\.(?:n?arg|slice)\(\s*'?(\w+)'?\s*\)`)
	sqlcEmbed    = regexp.MustCompile(`\bsqlc\.embed\(\s*(\w+)\s*\)`)
)

// withoutMacros is a query of a file as sqlc sends it.
func withoutMacros(text string) string {
	if !strings.Contains(text, "sqlc.") {
		return text
	}
	return sqlcEmbed.ReplaceAllString(sqlcArgument.ReplaceAllString(text, "@$1"), "$1.*")
}
