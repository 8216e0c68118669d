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
	qualified []contract.Relation
	models    int
	words     map[string]int // how often each stands there
	stray     map[string]int // and where nobody knows what it means
	affixes   map[string]bool
	queried   map[string]contract.Evidence
	upserts   []contract.Upsert
	texts     texts
	upserting bool // some file has words of ON CONFLICT
	grouping  bool // some file has words of GROUP BY
}

// Use notes a use of a relation.
func (f *Findings) Use(name contract.Name, use contract.Use) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.relations == nil {
		f.relations = make(map[contract.Name][]contract.Use)
	}
	use.At = use.At.Shortened()
	f.relations[name] = append(f.relations[name], use)
	if use.Origin == contract.Model {
		f.models++
	}
}

// Qualified notes a use of what a part of a statement calls so: a relation, or what
// another part has given that name.
func (f *Findings) Qualified(name contract.Name, use contract.Use) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.qualified = append(f.qualified, contract.Relation{Name: name, Uses: []contract.Use{use}})
}

// aliases sorts the qualified uses: what nothing else names is an alias of no
// telling which relation.
func (f *Findings) aliases() (gaps []contract.Gap) {
	known := map[string]bool{}
	for name := range f.relations {
		known[name.Name] = true
	}
	for _, q := range f.qualified {
		use := q.Uses[0]
		f.relations[q.Name] = append(f.relations[q.Name], use)
		if known[q.Name.Name] {
			continue
		}
		f.query(use.At, slices.Concat(use.Reads.Names, use.Updates.Names, use.Inserts.Names)...)
		if use.Reads.All {
			gaps = append(gaps, contract.Gap{Reach: contract.Anything, At: use.At,
				Why: fmt.Sprintf("reads every column of %s, and which relation is called so is not known", q.Name)})
		}
	}
	f.qualified = nil
	return gaps
}

// Gap notes what was not understood, and can use a column only if its name
// stands somewhere in the source.
func (f *Findings) Gap(g contract.Gap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g.At = g.At.Shortened()
	f.gaps = append(f.gaps, g)
}

// Queried notes words that are columns' names in a query whose relation is not
// known.
func (f *Findings) Queried(at contract.Evidence, words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query(at, words...)
}

func (f *Findings) query(at contract.Evidence, words ...string) {
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
	if f.relations == nil {
		f.relations = map[contract.Name][]contract.Use{}
	}
	f.blind = append(f.blind, f.aliases()...)
	gaps := append(slices.Clone(f.gaps), f.nameless()...)
	for name, uses := range f.relations {
		relations = append(relations, contract.Relation{Name: name, Uses: uses})
		for _, column := range ignored(uses) {
			at, queried := f.queried[column]
			switch {
			case !f.mentioned(column) && !queried:
				spares = append(spares, column)
			case !queried && f.stray[column] > 0:
				gaps = append(gaps, contract.Gap{Reach: contract.Within, Relation: name, Column: column,
					Why: fmt.Sprintf("%s stands in a string, a symbol or an option of the source, and may mean this column", column)})
			case queried:
				gaps = append(gaps, contract.Gap{Reach: contract.Within, Relation: name, Column: column, At: at,
					Why: fmt.Sprintf("a query names a column %s, of which relation is not known", column)})
			}
		}
	}
	for i := range gaps {
		if gaps[i].Reach == contract.Anything || gaps[i].Reach == contract.Within && gaps[i].Column == "" {
			gaps[i].Spares = append(slices.Clone(gaps[i].Spares), spares...)
		}
		gaps[i].NoUpsert = gaps[i].NoUpsert || gaps[i].Reach != contract.Unclaimed && !f.upserting
		gaps[i].Worded = gaps[i].Reach != contract.Unclaimed && gaps[i].Column == ""
	}
	source.Upserts, source.Groups = true, f.grouping
	var texts []contract.Text
	texts, source.TextsLeft = f.texts.first()
	return contract.NewWorded(source, relations, append(gaps, f.blind...), f.vocabulary()).WithUpserts(f.upserts).WithTexts(texts)
}

// maxWords is the most words that a contract is given; with more it says nothing
// of them. They would be 200 kB.
const maxWords = 20_000

// vocabulary is all words, for models that name their columns: of the others only
// those columns are looked for that they ignore.
func (f *Findings) vocabulary() (words []string) {
	if !f.names() || len(f.words)+len(f.affixes) > maxWords {
		return nil
	}
	for word, times := range f.words {
		if times > 0 && len(word) < 64 {
			words = append(words, word)
		}
	}
	for affix := range f.affixes {
		before, after, _ := strings.Cut(affix, "\x00")
		words = append(words, before+"*"+strings.Trim(after, "\x00"))
	}
	return words
}

// names tells whether some model names its columns.
func (f *Findings) names() bool {
	for _, uses := range f.relations {
		if slices.ContainsFunc(uses, func(u contract.Use) bool { return u.Origin == contract.Model && !u.Reads.All }) {
			return true
		}
	}
	return false
}

// nameless makes gaps of the columns that queries on unknown relations name, where
// models name theirs: such a column may be one that no model has. Models that use
// all columns but some need none: see Contract.
func (f *Findings) nameless() (gaps []contract.Gap) {
	if !f.names() {
		return nil
	}
	for column, at := range f.queried {
		gaps = append(gaps, contract.Gap{Reach: contract.Anything, Column: column, At: at,
			Why: fmt.Sprintf("a query names a column %s, of which relation is not known", column)})
	}
	return gaps
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
	if f.words[column] > 0 || !isWord().MatchString(column) {
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

// At is where something begins in a file, with its first line.
func At(path string, line int, first string) contract.Evidence {
	return contract.Evidence{File: path, Line: line, Text: strings.TrimSpace(first)}
}
