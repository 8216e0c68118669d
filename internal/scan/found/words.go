package found

import (
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

var word = regexp.MustCompile(`[A-Za-z_\x00][A-Za-z0-9_\x00]*`)

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

// Blind notes a gap at what was not read: no column is spared by it.
func (f *Findings) Blind(g contract.Gap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blind = append(f.blind, g)
}
