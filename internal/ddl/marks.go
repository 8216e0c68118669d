package ddl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The marks behind their first sign: %s and %(name)s of Python's drivers, :name and
// @name.
var (
	percentMark = regexp.MustCompile(`^%(?:\(\w+\)[sd]|[sdif])`)
	namedMark   = regexp.MustCompile(`^[:@][A-Za-z_][A-Za-z0-9_]*`)
)

// WithParameters is a text with $1, $2 and so on for the marks of parameters that libraries
// have, outside of quotes and comments: ? and %s, each a parameter of its own, and
// %(name)s, :name and @name, of which equal names are one. Where there is some %s, %% is %, as
// drivers have it. The same signs are operators, casts and slices of arrays: whether
// a mark was meant shows if the text parses, with or without.
func WithParameters(sql string) string {
	if !strings.ContainsAny(sql, "?%:@") {
		return sql
	}
	last, names := Parameters(sql), map[string]int{}
	var b strings.Builder
	var doubled []int // where in b a sign stands twice
	percents, copied := false, 0
	for l := (lexer{text: sql}); l.next() != endOfText; {
		mark := markAt(sql, l.start)
		if mark == "%%" {
			doubled = append(doubled, b.Len()+l.start-copied)
		}
		if mark == "" || mark == "%%" {
			l.pos += max(len(mark)-1, 0)
			continue
		}
		percents = percents || mark[0] == '%'
		n := names[mark]
		if n == 0 {
			last++
			n = last
		}
		if mark != "?" && (mark[0] != '%' || mark[1] == '(') {
			names[mark] = n
		}
		fmt.Fprintf(&b, "%s$%d", sql[copied:l.start], n)
		l.pos = l.start + len(mark)
		copied = l.pos
	}
	b.WriteString(sql[copied:])
	text := b.String()
	for i := len(doubled) - 1; percents && i >= 0; i-- {
		text = text[:doubled[i]] + text[doubled[i]+1:]
	}
	return text
}

// Parameters is the number of the last parameter that a text has; what looks like one
// in quotes or a comment is none.
func Parameters(sql string) (last int) {
	for l := (lexer{text: sql}); ; {
		switch l.next() {
		case endOfText:
			return last
		case param:
			n, _ := strconv.Atoi(sql[l.start+1 : l.pos])
			last = max(last, n)
		}
	}
}

// markAt is the mark that begins at a token, or %%; empty: none.
func markAt(sql string, at int) (mark string) {
	before, rest := byte(' '), sql[at:]
	if at > 0 {
		before = sql[at-1]
	}
	switch rest[0] {
	case '?':
		// ?| and ?& are operators, and so is @?; ?|| joins texts.
		if before == '@' || strings.HasPrefix(rest, "?&") || strings.HasPrefix(rest, "?|") && !strings.HasPrefix(rest, "?||") {
			return ""
		}
		mark = "?"
	case '%':
		if strings.HasPrefix(rest, "%%") {
			return "%%"
		}
		mark = percentMark.FindString(rest)
	case ':':
		if before != ':' && before != ']' {
			mark = namedMark.FindString(rest)
		}
	case '@':
		if before != '@' && before != '<' {
			mark = namedMark.FindString(rest)
		}
	}
	// A parameter that touches a word would be part of it.
	end := len(mark)
	if mark == "" || isIdentPart(before) || before == '?' || end < len(rest) && isIdentPart(rest[end]) {
		return ""
	}
	return mark
}
