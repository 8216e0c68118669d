package found

import (
	"hash/maphash"
	"slices"

	"github.com/migguard/migguard/internal/contract"
)

// texts are queries that are known to the letter. Those that there will be no room for
// are not kept until all files are read.
type texts struct {
	list []contract.Text
	size int // of the list, in bytes
	// left are hashes of those that were let go: each counts once.
	left map[uint64]bool
}

// maxKept is when texts are let go, in bytes. Four times what there is room for stays:
// which file a text is said to stand in is not known before the end, and its name counts.
const maxKept = 16 * contract.MaxTexts

var seed = maphash.MakeSeed()

func (t *texts) add(text contract.Text) {
	t.list = append(t.list, text)
	if t.size += len(text.SQL) + len(text.At.File); t.size > maxKept {
		t.keep(maxKept / 4)
	}
}

// keep lets go what there is no room for.
func (t *texts) keep(room int) {
	first, others := contract.FirstTexts(t.list, room)
	if t.left == nil {
		t.left = make(map[uint64]bool)
	}
	for _, other := range others {
		t.left[maphash.String(seed, other.SQL)] = true
	}
	t.list, t.size = slices.Clone(first), 0
	for _, text := range t.list {
		t.size += len(text.SQL) + len(text.At.File)
	}
}

// first are those that a contract has room for, and how many it has none for.
func (t *texts) first() (first []contract.Text, left int) {
	t.keep(contract.MaxTexts)
	return t.list, len(t.left)
}

// Text notes a query that is known to the letter.
func (f *Findings) Text(t contract.Text) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts.add(t)
}
