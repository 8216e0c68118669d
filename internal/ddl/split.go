package ddl

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// split finds the statements of a text that does not parse, by its tokens
// alone. A semicolon ends a statement unless it stands in parentheses (CREATE
// RULE) or between BEGIN ATOMIC and END (a function body). pg_query's own
// splitters know neither the latter nor statements without a key word, which
// they lose.
func split(sql string) ([]Span, error) {
	scanned, err := pg.Scan(sql)
	if err != nil {
		return nil, err
	}
	var spans []Span
	open, parens := Span{-1, -1}, 0
	var body atomicBody
	for _, t := range scanned.GetTokens() {
		if isComment(t) {
			continue
		}
		if t.GetToken() == pg.Token_ASCII_59 && parens == 0 && body.depth == 0 {
			if open.Start >= 0 {
				spans = append(spans, open)
			}
			open, body = Span{-1, -1}, atomicBody{}
			continue
		}
		switch t.GetToken() {
		case pg.Token_ASCII_40:
			parens++
		case pg.Token_ASCII_41:
			parens = max(parens-1, 0)
		}
		body.next(t.GetToken())
		if open.Start < 0 {
			open.Start = int(t.GetStart())
		}
		open.End = int(t.GetEnd())
	}
	if open.Start >= 0 {
		spans = append(spans, open)
	}
	return spans, nil
}

// atomicBody follows BEGIN ATOMIC ... END with the CASE ... END inside it.
type atomicBody struct {
	depth int
	last  pg.Token
}

func (a *atomicBody) next(t pg.Token) {
	switch {
	case t == pg.Token_ATOMIC && a.last == pg.Token_BEGIN_P:
		a.depth++
	case a.depth > 0 && t == pg.Token_CASE:
		a.depth++
	case a.depth > 0 && t == pg.Token_END_P:
		a.depth--
	}
	a.last = t
}

func isComment(t *pg.ScanToken) bool {
	return t.GetToken() == pg.Token_SQL_COMMENT || t.GetToken() == pg.Token_C_COMMENT
}

// trim narrows the span of a statement, as the grammar gives it, to its first
// and last token.
func trim(sql string, s Span) Span {
	s.Start = skipSpace(sql, s.Start, s.End)
	for s.End > s.Start && isSpace(sql[s.End-1]) {
		s.End--
	}
	text := sql[s.Start:s.End]
	if !strings.Contains(text, "--") && !strings.Contains(text, "*/") {
		return s
	}
	// A comment may stand behind the last token; only the scanner can tell it
	// from a quoted one.
	scanned, err := pg.Scan(text)
	if err != nil {
		return s
	}
	end := 0
	for _, t := range scanned.GetTokens() {
		if !isComment(t) {
			end = int(t.GetEnd())
		}
	}
	s.End = s.Start + end
	return s
}

// skipSpace finds the first byte from start on that is neither space nor part
// of a comment, as PostgreSQL's scanner has it.
func skipSpace(sql string, start, end int) int {
	for i := start; i < end; {
		switch c := sql[i]; {
		case isSpace(c):
			i++
		case c != '-' && c != '/':
			return i
		default:
			length := commentLength(sql[i:end])
			if length == 0 {
				return i
			}
			i += length
		}
	}
	return end
}

// commentLength is the length of the comment at the beginning, with those
// nested in it; 0 if there is none or it does not end.
func commentLength(s string) int {
	if strings.HasPrefix(s, "--") {
		if line := strings.IndexAny(s, "\r\n"); line >= 0 {
			return line
		}
		return len(s)
	}
	if !strings.HasPrefix(s, "/*") {
		return 0
	}
	depth := 0
	for i := 0; i+1 < len(s); {
		switch s[i : i+2] {
		case "/*":
			depth++
			i += 2
		case "*/":
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return 0
}

func isSpace(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '\f', '\v':
		return true
	}
	return false
}
