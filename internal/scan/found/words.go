package found

import (
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

// isWord tells names that are looked for as one word.
var isWord = Expression(`^[A-Za-z_][A-Za-z0-9_]*$`)

// WordsOf lists the words of a text, in which "\x00" stands for what is put in
// when the program runs. A word that touches one goes on there; one alone says
// nothing.
func WordsOf(s string) []string {
	var words []string
	for i := 0; i < len(s); i++ {
		if !inWord(s[i]) || s[i] >= '0' && s[i] <= '9' {
			continue
		}
		start := i
		for i < len(s) && inWord(s[i]) {
			i++
		}
		if w := s[start:i]; strings.Trim(w, "\x00") != "" {
			words = append(words, w)
		}
	}
	return words
}

// inWord is a loop's and not an expression's: it sees every byte of a tree.
func inWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == 0
}

// Blind notes a gap that may use columns without naming them, as a model that
// was not understood, or whose words are not known: no column is spared by it.
func (f *Findings) Blind(g contract.Gap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blind = append(f.blind, g)
}

// SnakeWordsOf are the words of a text, and those an ORM would make columns' names
// of: oldNotes is old_notes in the database. Each is there once, and keeps no other
// part of the text in memory.
func SnakeWordsOf(s string) []string {
	var words []string
	seen := make(map[string]bool)
	add := func(word string) {
		if !seen[word] {
			word = strings.Clone(word)
			seen[word] = true
			words = append(words, word)
		}
	}
	for _, w := range WordsOf(s) {
		if seen[w] {
			continue
		}
		add(w)
		if snake, ok := snakeOf(w); ok {
			add(snake)
		}
	}
	return words
}

// snakeOf is a word without capitals, with an underscore before each that follows a
// small letter or a digit. ok says that it had some.
func snakeOf(word string) (snake string, ok bool) {
	isCapital := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	first := 0
	for first < len(word) && !isCapital(word[first]) {
		first++
	}
	if first == len(word) {
		return "", false
	}
	made := append(make([]byte, 0, len(word)+4), word[:first]...)
	for i := first; i < len(word); i++ {
		b := word[i]
		if isCapital(b) {
			if i > 0 && (word[i-1] >= 'a' && word[i-1] <= 'z' || word[i-1] >= '0' && word[i-1] <= '9') {
				made = append(made, '_')
			}
			b += 'a' - 'A'
		}
		made = append(made, b)
	}
	return string(made), true
}

// Words notes words that stand in strings or symbols: SQL that is built when
// the code runs can be made of them. A word with "\x00" at an end goes on there
// with what the text does not tell, as _at in "#{event}_at".
func (f *Findings) Words(words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.words == nil {
		f.words, f.affixes = make(map[string]int), make(map[string]bool)
	}
	for _, word := range words {
		if strings.Contains(word, "\x00") {
			f.affixes[word] = true
		} else {
			f.words[word]++
		}
	}
}

// Stray notes words as Words does, that may be a column's name by themselves: a
// symbol in a variable is one when the variable is given to a query.
func (f *Findings) Stray(words ...string) {
	f.Words(words...)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stray == nil {
		f.stray = make(map[string]int)
	}
	for _, word := range words {
		f.stray[word]++
	}
}

// Forget takes stray words back, each once: what they mean is known by now.
func (f *Findings) Forget(words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, word := range words {
		if f.stray[word] > 0 {
			f.stray[word]--
			f.words[word]--
		}
	}
}
