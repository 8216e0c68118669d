package found

import (
	"bytes"
	"regexp"

	"github.com/migguard/migguard/internal/contract"
)

// Upsert notes a place that inserts ON CONFLICT into a relation that is not known.
func (f *Findings) Upsert(u contract.Upsert) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upserts = append(f.upserts, u)
}

// upsertWords are those of ON CONFLICT in SQL, its two words apart by what joins
// texts, and those that libraries have for it.
var upsertWords = regexp.MustCompile(`on[^a-z0-9]{0,12}conflict|\bconflict(?:\s*\(|\s+(?:do|on|where)\b)|conflict_?(?:target|fields|paths|attributes)|update_?conflicts|` +
	`upsert|unique_?by|on_?duplicate|(?:insert|create|save)_?or_?(?:update|replace|ignore)`)

// Source looks at a file's text for words of ON CONFLICT. Where no file has any, SQL
// that is put together when the code runs has none either.
func (f *Findings) Source(src []byte) {
	if upsertWords.Match(bytes.ToLower(src)) {
		f.MayUpsert()
	}
}

// MayUpsert notes that SQL which is not understood may have ON CONFLICT.
func (f *Findings) MayUpsert() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upserting = true
}
