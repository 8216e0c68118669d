package ddl

import "strings"

// tokenKind is as coarse as this package's own looks at text need.
type tokenKind byte

const (
	endOfText tokenKind = iota
	word                // identifier or key word, unquoted
	quotedIdent
	stringConst
	dollarConst
	param  // $1
	number // or what begins like one
	symbol // any other single byte
)

// lexer cuts text into tokens as PostgreSQL's scanner does, without deciding
// what they mean: it serves looks at text that must be cheaper than the
// scanner (Plain) or come before it (tooDeep). Space and comments are skipped;
// a quote that does not end runs to the end of the text. Backslashes escape in
// E” strings only.
type lexer struct {
	text       string
	start, pos int
}

// next moves to the next token; l.text[l.start:l.pos] is its text.
func (l *lexer) next() tokenKind {
	l.pos = skipSpace(l.text, l.pos, len(l.text))
	l.start = l.pos
	if l.pos >= len(l.text) {
		return endOfText
	}
	switch c := l.text[l.pos]; {
	case isIdentStart(c):
		return l.word()
	case isDigit(c):
		l.pos = l.skipIdent(l.pos)
		return number
	case c == '\'':
		l.quoted('\'', false)
		return stringConst
	case c == '"':
		l.quoted('"', false)
		return quotedIdent
	case c == '$':
		return l.dollar()
	default:
		l.pos++
		return symbol
	}
}

// word reads an identifier, or the string that one of the
// letters E, B, X and N begins.
func (l *lexer) word() tokenKind {
	l.pos = l.skipIdent(l.pos)
	if l.pos-l.start == 1 && l.pos < len(l.text) && l.text[l.pos] == '\'' {
		switch l.text[l.start] | 0x20 {
		case 'e':
			l.quoted('\'', true)
			return stringConst
		case 'b', 'x', 'n':
			l.quoted('\'', false)
			return stringConst
		}
	}
	return word
}

// quoted moves behind the quoted text that begins at l.pos.
func (l *lexer) quoted(quote byte, backslash bool) {
	for i := l.pos + 1; i < len(l.text); i++ {
		switch {
		case backslash && l.text[i] == '\\':
			i++
		case l.text[i] != quote:
		case i+1 < len(l.text) && l.text[i+1] == quote:
			i++
		default:
			l.pos = i + 1
			return
		}
	}
	l.pos = len(l.text)
}

// dollar reads a parameter, a dollar-quoted string, or a lone dollar.
func (l *lexer) dollar() tokenKind {
	if l.pos+1 < len(l.text) && isDigit(l.text[l.pos+1]) {
		l.pos++
		for l.pos < len(l.text) && isDigit(l.text[l.pos]) {
			l.pos++
		}
		return param
	}
	end := strings.IndexByte(l.text[l.pos+1:], '$')
	if end < 0 || !isTag(l.text[l.pos+1:l.pos+1+end]) {
		l.pos++
		return symbol
	}
	delimiter := l.text[l.pos : l.pos+end+2]
	body := l.pos + len(delimiter)
	if i := strings.Index(l.text[body:], delimiter); i >= 0 {
		l.pos = body + i + len(delimiter)
	} else {
		l.pos = len(l.text)
	}
	return dollarConst
}

func isTag(s string) bool {
	for i := range len(s) {
		if !isIdentPart(s[i]) || i == 0 && !isIdentStart(s[i]) {
			return false
		}
	}
	return true
}

func (l *lexer) skipIdent(i int) int {
	for i < len(l.text) && identParts[l.text[i]] {
		i++
	}
	return i
}

// identParts is isIdentPart as a table, which is faster.
var identParts = func() (table [256]bool) {
	for c := range table {
		table[c] = isIdentPart(byte(c))
	}
	return table
}()

func isIdentStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

func isIdentPart(c byte) bool {
	return isIdentStart(c) || isDigit(c) || c == '$'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
