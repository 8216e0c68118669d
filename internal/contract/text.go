package contract

import (
	"cmp"
	"slices"
	"strings"
)

// Text is a query of the source whose SQL is known to the letter: nothing but
// parameters is put into it when the code runs.
type Text struct {
	// SQL is one statement as the server gets it, with $1 where the source has a
	// library's mark of a parameter. It is whole, other than Evidence.Text.
	SQL string `json:"sql"`
	// At is the first place at which it stands.
	At Evidence `json:"at"`
}

// MaxTexts is how much of a contract a scan gives to texts, in bytes of SQL and of
// files' names. With it the contract of a large application stays at a few hundred kB.
const MaxTexts = 192 << 10

// WithTexts is the contract with texts of the source, each of which uses what its
// relations say.
func (c *Contract) WithTexts(texts []Text) *Contract {
	return Merge(c, &Contract{Texts: texts})
}

// FirstTexts are the texts that there is room for, the shortest first, and those that
// there is none for. room is in bytes, as MaxTexts is.
func FirstTexts(texts []Text, room int) (first, left []Text) {
	first = slices.SortedFunc(slices.Values(joinTexts(texts)), func(a, b Text) int {
		return cmp.Or(cmp.Compare(len(a.SQL), len(b.SQL)), compareTexts(a, b))
	})
	size := 0
	for i, t := range first {
		if size += len(t.SQL) + len(t.At.File); size > room {
			return first[:i], first[i:]
		}
	}
	return first, nil
}

// joinTexts makes one of equal texts.
func joinTexts(texts []Text) []Text {
	texts = slices.Clone(texts)
	for i := range texts {
		texts[i].At.Text = short(texts[i].At.Text)
	}
	slices.SortFunc(texts, compareTexts)
	return slices.CompactFunc(texts, func(a, b Text) bool { return a.SQL == b.SQL })
}

func compareTexts(a, b Text) int {
	return cmp.Or(cmp.Compare(a.SQL, b.SQL), compareEvidence(a.At, b.At))
}

// TextsOf are the texts that use a relation, or a column of it: those that stand
// where such a use does.
func (c *Contract) TextsOf(name Name, column string) (texts []Text) {
	var places []Evidence
	for _, u := range c.usesOf(name) {
		if u.Origin == SQL && (column == "" || u.covers(column, AnyWay)) {
			places = append(places, u.At)
		}
	}
	for _, t := range c.Texts {
		if slices.ContainsFunc(places, func(at Evidence) bool { return at.File == t.At.File && at.Line == t.At.Line }) &&
			strings.Contains(strings.ToLower(t.SQL), strings.ToLower(name.Name)) { // others may stand on that line
			texts = append(texts, t)
		}
	}
	return texts
}
