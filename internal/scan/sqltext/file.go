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
	line, counted := 1, 0
	for _, s := range ddl.Parts(src) {
		line += strings.Count(src[counted:s.Span.Start], "\n")
		counted = s.Span.Start
		text := withoutMacros(s.Text)
		l := Literal{Text: text, At: contract.Evidence{File: path, Line: line}, Percent: true}
		switch {
		case s.Class == ddl.Transaction || s.Class == ddl.Session:
		case s.Err == nil && text == s.Text:
			note(f, l, s.Uses)
			keepPart(f, l, s)
		default: // it may have a driver's marks of parameters
			uses, ok := parse(text, "", "")
			if !ok {
				unparsed(f, l)
				continue
			}
			note(f, l, uses)
			keep(f, l, uses)
		}
	}
}
