package found

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestLikeASCII: no other letters than those become a letter of ASCII, or are taken for
// one by an expression without regard to capitals.
func TestLikeASCII(t *testing.T) {
	t.Parallel()
	for letter := rune(utf8.RuneSelf); letter <= unicode.MaxRune; letter++ {
		like := unicode.ToLower(letter) < utf8.RuneSelf
		for other := unicode.SimpleFold(letter); other != letter; other = unicode.SimpleFold(other) {
			like = like || other < utf8.RuneSelf
		}
		if known := bytes.Contains([]byte(strings.Join(likeASCII, "")), []byte(string(letter))) && letter != utf8.RuneError; like != known {
			t.Errorf("%q: %t", letter, like)
		}
	}
}

// FuzzSought: what a search for each word finds, Sought finds, and nothing else.
func FuzzSought(f *testing.F) {
	words := [][]string{{"she", "he", "hers"}, {"is"}, {"his", "search path", "kiss"}, {"ssi"}}
	plain, over := NewSought("", words...), NewSought("_", words...)
	for _, seed := range []string{"", "ushers", "HISS", "s_h_e", "sear\u0063h path", "ki\u017fs", "\u212aiss", "h\u0130s", "shis\xff", "ssis", "h_i__s", "shi\x00s"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		lower := bytes.ToLower(src)
		for name, s := range map[string]struct {
			*Sought
			text []byte
		}{"plain": {plain, lower}, "over": {over, bytes.ReplaceAll(lower, []byte("_"), nil)}} {
			got := s.In(src)
			for i, group := range words {
				has := false
				for _, word := range group {
					has = has || bytes.Contains(s.text, []byte(word))
				}
				if found := got&(1<<i) != 0; has && !found || found && !has && !likesASCII(src) {
					t.Errorf("%s, %q, %v: %t", name, src, group, found)
				}
			}
		}
	})
}

func likesASCII(src []byte) bool {
	// Letters may be torn apart by what is passed over.
	src = bytes.ReplaceAll(src, []byte("_"), nil)
	for _, letter := range likeASCII {
		if bytes.Contains(src, []byte(letter)) {
			return true
		}
	}
	return false
}

// FuzzSource: words of ON CONFLICT are found where a search for each finds them.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{"On_Duplicate", "ON CONFLICT (a)", "conflict_target", "conflicts", "in\u017fertorignore", "SAVE_OR_UPDATE", "CONFL\u0130CT do"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var found Findings
		found.Source(src)
		if want := namesUpsert(bytes.ReplaceAll(bytes.ToLower(src), []byte("_"), nil)); found.upserting != want {
			t.Errorf("%q: %t", src, found.upserting)
		}
	})
}

// FuzzSnake: a word's other spelling is the one that an expression makes.
func FuzzSnake(f *testing.F) {
	hump := regexp.MustCompile(`([a-z0-9])([A-Z])`)
	for _, seed := range []string{"oldNotes", "HTMLPage", "a1B2", "aBC", "plain", "A", "\x00aB\x00C", "_aB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, word := range WordsOf(text) {
			want := strings.ToLower(hump.ReplaceAllString(word, "${1}_${2}"))
			if got, ok := snakeOf(word); ok != (want != word) || ok && got != want {
				t.Errorf("%q: %q, want %q", word, got, want)
			}
		}
	})
}

// TestSnakeWords: each word is there once, in both spellings.
func TestSnakeWords(t *testing.T) {
	t.Parallel()
	if got, want := SnakeWordsOf("old_notes oldNotes x.oldNotes, b aB\x00 1b"), []string{"old_notes", "oldNotes", "x", "b", "aB\x00", "a_b\x00"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
