package ddl

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// A Remark is a comment, not a COMMENT ON: in front of a statement, in it, or behind it.
type Remark struct {
	Text      string // with its delimiters
	Statement int    // its place in what Parse gave
	// Behind: it stands behind the statement's semicolon, and ends that line.
	// Whether it means this statement or the next one, a reader only guesses.
	Behind bool
}

// Remarks are the comments of a text, as PostgreSQL's scanner has it, so that nothing
// in a string, a dollar quote or a quoted name is one. Each belongs to the
// statement that it stands in, or else to the next one; those behind the last one
// are left out, unless they are Behind. A text without boundaries has none.
func Remarks(sql string, statements []Statement) []Remark {
	if checkText(sql) != nil {
		return nil
	}
	scanned, err := pg.Scan(sql)
	if err != nil {
		return nil
	}
	var found []Remark
	last := -1     // the statement that has begun last
	semicolon := 0 // behind that which ended it; 0: it goes on
	for _, t := range scanned.GetTokens() {
		start, end := int(t.GetStart()), int(t.GetEnd())
		if last+1 < len(statements) && start >= statements[last+1].Span.Start {
			last, semicolon = last+1, 0
		}
		switch {
		case last >= 0 && t.GetToken() == pg.Token_ASCII_59 && start >= statements[last].Span.End:
			semicolon = end
		case !isComment(t):
		case last >= 0 && semicolon == 0:
			found = append(found, Remark{Text: sql[start:end], Statement: last})
		case last >= 0 && onItsLine(sql[semicolon:start]) && endsLine(sql[end:]):
			found = append(found, Remark{Text: sql[start:end], Statement: last, Behind: true})
		default:
			found = append(found, Remark{Text: sql[start:end], Statement: last + 1})
		}
	}
	return slices.DeleteFunc(found, func(c Remark) bool { return c.Statement == len(statements) })
}

// onItsLine tells what stands between a semicolon and a comment on the same line.
func onItsLine(between string) bool { return !strings.ContainsAny(between, "\r\n") }

// endsLine tells that nothing but comments follows on the line.
func endsLine(rest string) bool {
	for rest != "" && rest[0] != '\n' && rest[0] != '\r' {
		switch length := commentLength(rest); {
		case isSpace(rest[0]):
			rest = rest[1:]
		case length == 0:
			return false
		default:
			rest = rest[length:]
		}
	}
	return true
}
