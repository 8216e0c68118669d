// Package found gathers what the scanners of all ecosystems find in a tree, and
// makes the contract of it.
package found

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/contract"
)

// Findings are what was found so far. They may be used by several goroutines;
// the zero Findings has found nothing.
type Findings struct {
	mu        sync.Mutex
	relations map[contract.Name][]contract.Use
	gaps      []contract.Gap
	blind     []contract.Gap
	models    int
	words     map[string]bool
	affixes   map[string]bool
	queried   map[string]contract.Evidence
}

// Use notes a use of a relation.
func (f *Findings) Use(name contract.Name, use contract.Use) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.relations == nil {
		f.relations = make(map[contract.Name][]contract.Use)
	}
	f.relations[name] = append(f.relations[name], use)
	if use.Origin == contract.Model {
		f.models++
	}
}

// Gap notes what was not understood, and can use a column only if its name
// stands somewhere in the source.
func (f *Findings) Gap(g contract.Gap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gaps = append(f.gaps, g)
}

// Words notes words that stand in strings or symbols: SQL that is built when
// the code runs can be made of them. A word with "\x00" at an end goes on there
// with what the text does not tell, as _at in "#{event}_at".
func (f *Findings) Words(words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.words == nil {
		f.words, f.affixes = make(map[string]bool), make(map[string]bool)
	}
	for _, word := range words {
		if strings.Contains(word, "\x00") {
			f.affixes[word] = true
		} else {
			f.words[word] = true
		}
	}
}

// Queried notes words that are columns' names in a query whose relation is not
// known.
func (f *Findings) Queried(at contract.Evidence, words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queried == nil {
		f.queried = make(map[string]contract.Evidence)
	}
	for _, word := range words {
		known, ok := f.queried[word]
		if !ok || at.File < known.File || at.File == known.File && at.Line < known.Line {
			f.queried[word] = at
		}
	}
}

// Contract makes the contract. Columns that a model ignores are looked for
// among the words: those found nowhere are spared by dynamic SQL, and those
// that a query on an unknown relation names are gaps.
func (f *Findings) Contract(source contract.Source) *contract.Contract {
	f.mu.Lock()
	defer f.mu.Unlock()
	source.Models = f.models
	var relations []contract.Relation
	var spares []string
	gaps := slices.Clone(f.gaps)
	for name, uses := range f.relations {
		relations = append(relations, contract.Relation{Name: name, Uses: uses})
		for _, column := range ignored(uses) {
			if !f.mentioned(column) {
				spares = append(spares, column)
			}
			if at, ok := f.queried[column]; ok {
				gaps = append(gaps, contract.Gap{Reach: contract.Within, Relation: name, Column: column, At: at,
					Why: fmt.Sprintf("a query names a column %s, of which relation is not known", column)})
			}
		}
	}
	for i := range gaps {
		if gaps[i].Reach == contract.Anything || gaps[i].Reach == contract.Within && gaps[i].Column == "" {
			gaps[i].Spares = append(slices.Clone(gaps[i].Spares), spares...)
		}
	}
	return contract.New(source, relations, append(gaps, f.blind...))
}

// ignored lists the columns that some model of a relation ignores.
func ignored(uses []contract.Use) []string {
	var columns []string
	for _, u := range uses {
		columns = append(columns, u.Reads.Except...)
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

func (f *Findings) mentioned(column string) bool {
	if f.words[column] {
		return true
	}
	for affix := range f.affixes {
		before, after, _ := strings.Cut(affix, "\x00")
		if strings.HasPrefix(column, before) && strings.HasSuffix(column, strings.Trim(after, "\x00")) {
			return true
		}
	}
	return false
}
