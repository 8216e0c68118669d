package found

// Sought are words that are looked for in texts, all in one pass. Capitals do not
// matter.
//
// An expression over all of a text takes longer than its parsing, and most texts have
// none of the words of which one is in each match. What is not found has no match;
// what is found may have none either.
type Sought struct {
	class [256]uint8   // of a byte: its column in next, 0 of those in no word
	next  [][64]uint16 // the state behind a state and a byte's class
	found []uint64     // what a text has when it comes to a state, a bit for each group
}

// likeASCII are the letters that expressions without regard to capitals, or
// bytes.ToLower, take for an i, an s or a k. A text with one counts as having all words.
var likeASCII = []string{"\u0130", "\u017f", "\u212a"}

// NewSought is for at most 64 groups of words, of ASCII in lower case, with fewer than
// 64 different bytes. Ignored bytes are passed over wherever they stand in a text.
func NewSought(ignored string, groups ...[]string) *Sought {
	s := &Sought{}
	s.state()
	for i, words := range groups {
		for _, word := range words {
			s.add(word, 1<<i)
		}
	}
	for _, letter := range likeASCII {
		s.add(letter, 1<<len(groups)-1)
	}
	for b := byte('a'); b <= 'z'; b++ {
		s.class[b-'a'+'A'] = s.class[b]
	}
	s.link()
	for i := range len(ignored) {
		over := s.column(ignored[i])
		for state := range s.next {
			s.next[state][over] = uint16(state)
		}
	}
	return s
}

func (s *Sought) state() uint16 {
	s.next, s.found = append(s.next, [64]uint16{}), append(s.found, 0)
	return uint16(len(s.next) - 1)
}

// column is a byte's class: the next one that is free when it had none.
func (s *Sought) column(b byte) uint8 {
	if s.class[b] == 0 {
		for _, c := range s.class {
			s.class[b] = max(s.class[b], c+1)
		}
	}
	return s.class[b]
}

func (s *Sought) add(word string, bits uint64) {
	at := uint16(0)
	for i := range len(word) {
		c := s.column(word[i])
		if s.next[at][c] == 0 {
			made := s.state()
			s.next[at][c] = made
		}
		at = s.next[at][c]
	}
	s.found[at] |= bits
}

// link has each state, where no word goes on, go on from the longest end of what was
// read that is a word's beginning (Aho and Corasick, 1975).
func (s *Sought) link() {
	shorter := make([]uint16, len(s.next))
	for queue := []uint16{0}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for c := range s.next[at] {
			to, instead := s.next[at][c], uint16(0)
			if at != 0 {
				instead = s.next[shorter[at]][c]
			}
			if to == 0 {
				s.next[at][c] = instead
				continue
			}
			shorter[to] = instead
			s.found[to] |= s.found[instead]
			queue = append(queue, to)
		}
	}
}

// In tells which groups have a word in a text: bit i of the group i.
func (s *Sought) In(text []byte) (groups uint64) {
	at := uint16(0)
	for _, b := range text {
		at = s.next[at][s.class[b]&63]
		groups |= s.found[at]
	}
	return groups
}
