package javascript

import (
	"bytes"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
)

// Signs of what a scan looks for, beside calls: SQL, decorators and models.
var (
	statements = found.Expression(`(?i)\bselect\s[^;]*\sfrom\s|\binsert\s+into\s|\bupdate\s+\S+\s+set\s|\bdelete\s+from\s`)
	models     = found.Expression(`(?i)@(?:Entity|Table|Column)|extends\s+Model\b`)
	// calling and tagging are calls and templates, also with types as arguments: what
	// calls finds, where letters are like ASCII's.
	calling = found.Expression(`(?i)\b(?:query\w*|execute\w*|raw|unsafe|literal|knex|select|from|into|insert|update|where|table|define|init|EntitySchema|\w*Table|\w*View)\s*(?:<[^()]*>)?\s*[(]`)
	tagging = found.Expression(`(?i)(?:\bsql|\$queryRaw|\$executeRaw)\s*(?:<[^()]*>)?\s*\x60`)
)

// understoodWords are those of which one is in each match of statements, and of models.
var understoodWords = found.NewSought("", []string{"select", "insert", "update", "delete"}, []string{"@entity", "@table", "@column", "model"})

// callNames are those that calling has in full.
var callNames = map[string]bool{"raw": true, "unsafe": true, "literal": true, "knex": true, "select": true, "from": true, "into": true, "insert": true,
	"update": true, "where": true, "define": true, "init": true, "entityschema": true}

// understands tells whether a text has any sign of what a scan looks for: what has
// none has nothing to be found in the part that was not parsed.
func understands(src []byte) bool {
	in := understoodWords.In(src)
	if bytes.Contains(src, []byte("\u017f")) || bytes.Contains(src, []byte("\u212a")) {
		// Expressions take them for an s and a k.
		return calling().Match(src) || tagging().Match(src) || statements().Match(src) || models().Match(src)
	}
	return calls(src) || in&1 != 0 && statements().Match(src) || in&2 != 0 && models().Match(src)
}

// calls looks at what stands before each bracket and each template. An expression over
// all of the text takes longer than its parsing.
func calls(src []byte) bool {
	// Behind the last bracket types may have begun, as of query<User[]>( and sql<User>`.
	open, called, tagged := 0, false, false
	for i, b := range src {
		if b != '(' && b != ')' && b != '`' && b != '<' {
			continue
		}
		before := bytes.TrimRight(src[open:i], "\t\n\f\r ")
		types := bytes.HasSuffix(before, []byte(">"))
		switch b {
		case '<':
			called, tagged = called || isCalled(before), tagged || isTag(before)
		case '`':
			if isTag(before) || types && tagged {
				return true
			}
		default:
			if b == '(' && (isCalled(before) || types && called) {
				return true
			}
			open, called, tagged = i+1, false, false
		}
	}
	return false
}

// lastWord is the word that a text ends with, in small letters, and what is before it.
func lastWord(text []byte) (before []byte, word string) {
	at := len(text)
	for at > 0 && text[at-1] != '$' && isName(text[at-1]) {
		at--
	}
	return text[:at], string(bytes.ToLower(text[at:]))
}

func isCalled(before []byte) bool {
	_, word := lastWord(before)
	return callNames[word] || strings.HasPrefix(word, "query") || strings.HasPrefix(word, "execute") || strings.HasSuffix(word, "table") || strings.HasSuffix(word, "view")
}

func isTag(before []byte) bool {
	before, word := lastWord(before)
	return word == "sql" || bytes.HasSuffix(before, []byte("$")) && (word == "queryraw" || word == "executeraw")
}
