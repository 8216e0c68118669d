package sqltext

import "strings"

// beginnings are the first words of what statement and clause match, in small letters.
var beginnings = func() map[string]bool {
	words := make(map[string]bool)
	for word := range strings.FieldsSeq(`select insert update delete with merge truncate lock copy explain prepare declare refresh call do table alter drop create
		from join left right inner full cross natural where and or union exists not order group set values returning on except intersect`) {
		words[word] = true
	}
	return words
}()

// begins tells whether a text may match statement or clause, by its first word. Few of a
// program's strings do, and looking costs less than the expressions.
func begins(text string) bool {
	text = strings.TrimLeft(text, "\t\n\f\r ")
	if text == "" {
		return false
	}
	switch text[0] {
	case '-', '/', '(': // a comment, or a bracket
		return true
	}
	var word [len("returning") + 1]byte
	for i := range word {
		if i == len(text) {
			return beginnings[string(word[:i])]
		}
		b := text[i] | 0x20
		switch {
		case text[i] >= 0x80: // may be taken for an s or a k
			return true
		case b < 'a' || b > 'z':
			return beginnings[string(word[:i])]
		}
		word[i] = b
	}
	return false
}
