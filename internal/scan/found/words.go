package found

import (
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

var word = regexp.MustCompile(`[A-Za-z_\x00][A-Za-z0-9_\x00]*`)

// isWord tells names that are looked for as one word.
var isWord = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// WordsOf lists the words of a text, in which "\x00" stands for what is put in
// when the program runs. A word that touches one goes on there; one alone says
// nothing.
func WordsOf(s string) []string {
	var words []string
	for _, w := range word.FindAllString(s, -1) {
		if strings.Trim(w, "\x00") != "" {
			words = append(words, w)
		}
	}
	return words
}

// Blind notes a gap that may use columns without naming them, as a model that
// was not understood, or whose words are not known: no column is spared by it.
func (f *Findings) Blind(g contract.Gap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blind = append(f.blind, g)
}

// SnakeWordsOf are the words of a text, and those an ORM would make columns' names
// of: oldNotes is old_notes in the database.
func SnakeWordsOf(s string) []string {
	words := WordsOf(s)
	for _, w := range words {
		if snake := strings.ToLower(hump.ReplaceAllString(w, "${1}_${2}")); snake != w {
			words = append(words, snake)
		}
	}
	return words
}

var hump = regexp.MustCompile(`([a-z0-9])([A-Z])`)
