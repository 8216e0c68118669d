package ddl

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Normal is a statement's text without what means nothing: comments, space but
// for one between tokens, a semicolon at the end, and the case of what is not
// quoted. False for a text that has no tokens, or that PostgreSQL's scanner does
// not take.
func Normal(sql string) (string, bool) {
	if checkText(sql) != nil {
		return "", false
	}
	scanned, err := pg.Scan(sql)
	if err != nil {
		return "", false
	}
	var tokens []string
	for _, t := range scanned.GetTokens() {
		if isComment(t) {
			continue
		}
		text := sql[t.GetStart():t.GetEnd()]
		if isIdentStart(text[0]) && !strings.ContainsAny(text, `'"`) { // no E'' or U&""
			text = strings.Map(folded, text)
		}
		tokens = append(tokens, text)
	}
	for len(tokens) > 0 && tokens[len(tokens)-1] == ";" {
		tokens = tokens[:len(tokens)-1]
	}
	return strings.Join(tokens, " "), len(tokens) > 0
}

// folded is what the server makes of a letter of a name, whatever its locale
// (downcase_identifier, src/backend/parser/scansup.c).
func folded(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}
