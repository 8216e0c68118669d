package sqltext

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan/found"
)

// File notes what a file of SQL uses, statement by statement.
func File(f *found.Findings, path, src string) {
	f.Words(found.WordsOf(src)...)
	for _, s := range ddl.Parse(src) {
		text := withoutMacros(s.Text)
		l := Literal{Text: text, At: contract.Evidence{File: path, Line: 1 + strings.Count(src[:s.Span.Start], "\n")}, Percent: true}
		if s.Class == ddl.Transaction || s.Class == ddl.Session {
			continue
		}
		if uses, ok := parse(text, "", ""); ok {
			note(f, l, uses)
			keep(f, l, uses)
		} else {
			unparsed(f, l)
		}
	}
}
