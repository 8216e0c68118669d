package ddl

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// A Remark is a comment of the text: in front of a statement, in it, or behind it.
type Remark struct {
	Text      string // with its delimiters
	Statement int    // its place in what Parse gave
	// Behind: it stands behind the statement's semicolon, and ends that line.
	// Whether it means this statement or the next one, a reader only guesses.
	Behind bool
}

// Remarks are the comments of a text, as PostgreSQL's scanner has them, so that
// nothing in a string, a dollar quote or a quoted name is one. Each belongs to
// the statement that it stands in, or else to the next one; those behind the last
// one are left out, unless they are Behind. A text without boundaries has none.
func Remarks(sql string, statements []Statement) []Remark {
	if checkText(sql) != nil {
		return nil
	}
	scanned, err := pg.Scan(sql)
	if err != nil {
		return nil
	}
	r := remarks{sql: sql, statements: statements, last: -1}
	for _, t := range scanned.GetTokens() {
		start, end := int(t.GetStart()), int(t.GetEnd())
		switch {
		case isComment(t) && r.last >= 0 && !r.ended:
			r.found = append(r.found, Remark{Text: sql[start:end], Statement: r.last})
		case isComment(t):
			r.newLine = r.newLine || hasNewLine(sql[r.seen:start])
			r.open = append(r.open, openRemark{Span{start, end}, r.last >= 0 && !r.newLine})
			r.newLine = r.newLine || hasNewLine(sql[start:end])
		default:
			r.settle(start, false)
			r.token(t, start)
		}
		r.seen = end
	}
	r.settle(len(sql), true)
	return slices.DeleteFunc(r.found, func(c Remark) bool { return c.Statement == len(statements) })
}

// remarks are collected token by token.
type remarks struct {
	sql        string
	statements []Statement
	found      []Remark
	last       int  // the statement that has begun last
	ended      bool // by its semicolon
	newLine    bool // begun since that
	seen       int  // behind the token or comment before
	open       []openRemark
}

// An openRemark is one between two statements.
type openRemark struct {
	Span
	onLine bool // that of the semicolon before
}

// token takes note of one that is no comment.
func (r *remarks) token(t *pg.ScanToken, start int) {
	if r.last+1 < len(r.statements) && start >= r.statements[r.last+1].Span.Start {
		r.last, r.ended = r.last+1, false
	}
	if r.last >= 0 && t.GetToken() == pg.Token_ASCII_59 && start >= r.statements[r.last].Span.End {
		r.ended, r.newLine = true, false
	}
}

// settle finds out, from the last one to the first, whether a line ends behind
// the comments before a token, or the text.
func (r *remarks) settle(next int, lineEnds bool) {
	first := len(r.found)
	for _, o := range slices.Backward(r.open) {
		lineEnds = lineEnds || hasNewLine(r.sql[o.End:next])
		next = o.Start
		remark := Remark{Text: r.sql[o.Start:o.End], Statement: r.last + 1}
		if o.onLine && lineEnds {
			remark.Statement, remark.Behind = r.last, true
		}
		r.found = append(r.found, remark)
	}
	slices.Reverse(r.found[first:])
	r.open = r.open[:0]
}

func hasNewLine(text string) bool { return strings.ContainsAny(text, "\r\n") }
