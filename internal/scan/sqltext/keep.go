package sqltext

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan/found"
)

// keep notes the queries of a literal for a server to be asked about: what nothing is
// put into but parameters. uses is what it uses; what has to do with nothing that a
// migration changes is left out.
func keep(f *found.Findings, l Literal, uses ddl.Uses) {
	if !l.known() {
		return
	}
	for _, s := range ddl.Parse(l.Text) {
		// Marks come first: "a = @x" is an operator's, too, if it is taken as it stands.
		if marked := ddl.WithParameters(s.Text); marked != s.Text {
			if again := ddl.Parse(marked); len(again) == 1 && again[0].Class != ddl.Unparsed {
				s = again[0]
			}
		}
		if isQuery(s.Class, s.Tag) && (len(uses.Needs) > 0 || len(s.Functions) > 0) {
			f.Text(contract.Text{SQL: s.Text, At: contract.Evidence{File: l.At.File, Line: l.At.Line}})
		}
	}
}

// keepPart is keep for a statement that was parsed. What has no marks is not parsed
// again, nor what is no query with or without them.
func keepPart(f *found.Findings, l Literal, p ddl.Part) {
	switch {
	case !isQuery(p.Class, p.Tag) || !l.known():
	case ddl.WithParameters(p.Text) != p.Text:
		keep(f, l, p.Uses)
	case len(p.Uses.Needs) > 0 || p.Calls:
		f.Text(contract.Text{SQL: p.Text, At: contract.Evidence{File: l.At.File, Line: l.At.Line}})
	}
}

// known tells whether nothing is put into a literal but parameters.
func (l Literal) known() bool {
	return !strings.Contains(l.Text, Hole) && (l.Percent || !format().MatchString(l.Text))
}

// format matches a mark of a format, as it may be, too, in a text with LIKE.
var format = found.Expression(`%(?:\(\w+\))?[sdif]\b`)

// isQuery tells statements that change no schema, and that a server can be asked about.
func isQuery(class ddl.Class, tag string) bool {
	return class == ddl.Query || class == ddl.Copy || tag == "TRUNCATE TABLE"
}

// Macros of sqlc, which are calls by their looks (sqlc, docs/reference/macros.md).
var (
	sqlcArgument = found.Expression(`\bsqlc\.(?:n?arg|slice)\(\s*'?(\w+)'?\s*\)`)
	sqlcEmbed    = found.Expression(`\bsqlc\.embed\(\s*(\w+)\s*\)`)
)

// withoutMacros is a query of a file as sqlc sends it.
func withoutMacros(text string) string {
	if !strings.Contains(text, "sqlc.") {
		return text
	}
	return sqlcEmbed().ReplaceAllString(sqlcArgument().ReplaceAllString(text, "@$1"), "$1.*")
}
