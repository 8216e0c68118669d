package found

import (
	"bytes"
	"slices"

	"github.com/migguard/migguard/internal/contract"
)

// Upsert notes a place that inserts ON CONFLICT into a relation that is not known.
func (f *Findings) Upsert(u contract.Upsert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upserts = append(f.upserts, u)
}

// upsertNames are those that libraries have for ON CONFLICT, without capitals and
// underscores.
var upsertNames = []string{"upsert", "uniqueby", "onduplicate", "updateconflicts", "insertorupdate", "createorupdate",
	"saveorupdate", "insertorreplace", "insertorignore"}

// Around the word conflict: ON before it, apart by what joins texts; what follows it
// in SQL, where it stands by itself, and in names.
var (
	conflict       = []byte("conflict")
	beforeConflict = Expression(`on[^a-z0-9]{0,12}$`)
	behindConflict = Expression(`^(?:target|fields|paths|attributes)`)
	clauseBehind   = Expression(`^(?:\s*\(|\s+(?:do|on|where)\b)`)
)

// upsertWords and groupWords are bits of clauseWords: all words of either kind, of which
// most files have none.
const (
	upsertWords = 1 << iota
	groupWords
)

var clauseWords = NewSought("_", append(slices.Clone(upsertNames), string(conflict)), []string{string(group), annotates})

// Source looks at a file's text for words of ON CONFLICT and of GROUP BY. Where no file
// has any, SQL that is put together when the code runs has none either.
func (f *Findings) Source(src []byte) {
	words := clauseWords.In(src)
	if words == 0 {
		return
	}
	text := bytes.ReplaceAll(bytes.ToLower(src), []byte("_"), nil)
	if words&upsertWords != 0 && namesUpsert(text) {
		f.MayUpsert()
	}
	if words&groupWords != 0 && namesGroup(text) {
		f.mu.Lock()
		f.grouping = true
		f.mu.Unlock()
	}
}

// namesUpsert tells it of a text without capitals and underscores.
func namesUpsert(text []byte) bool {
	for _, name := range upsertNames {
		if bytes.Contains(text, []byte(name)) {
			return true
		}
	}
	for at := 0; ; {
		i := bytes.Index(text[at:], conflict)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(conflict)
		before, behind := text[max(0, start-16):start], text[end:min(len(text), end+24)]
		alone := start == 0 || !inWord(text[start-1])
		if beforeConflict().Match(before) || behindConflict().Match(behind) || alone && clauseBehind().Match(behind) {
			return true
		}
		at = end
	}
}

// MayUpsert notes that SQL which is not understood may have ON CONFLICT.
func (f *Findings) MayUpsert() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upserting = true
}
