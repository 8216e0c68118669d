package ecto

import (
	"path"
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	path string
	// aliases are the names a file gives to modules, in full; "?" for one it gives
	// to two.
	aliases map[string]string
	modules []*module
	tables  []table
	// names are texts that may be a table's name, with sqltext.Hole where they go on.
	names     map[string]contract.Evidence
	words     []string
	texts     []sqltext.Literal
	fragments []sqltext.Literal
	upserts   []contract.Upsert
	renamed   []string            // fields whose columns have other names
	dynamic   []contract.Evidence // what takes SQL, or names for it, from a variable
	blinds    []contract.Gap
	ecto      bool // it names Ecto
	foreign   bool // and another library with tables
	weak      string
}

var (
	ours   = regexp.MustCompile(`\bEcto\.`)
	others = regexp.MustCompile(`\b(?:Ash\.Resource|AshPostgres\.|Moebius\.|Yacto\.)`)
	// asks are signs of queries in a template, which is not parsed.
	asks = regexp.MustCompile(`\bRepo\.|\bEcto\.|\bPostgrex\.`)
)

// Read reads one file of Elixir, or a template.
func Read(at string, src []byte) *File {
	f := &File{path: at, aliases: make(map[string]string), names: make(map[string]contract.Evidence)}
	if ext := path.Ext(at); ext != ".ex" && ext != ".exs" {
		f.words = found.SnakeWordsOf(string(src))
		if place := asks.FindIndex(src); place != nil {
			f.dynamic = append(f.dynamic, contract.Evidence{File: at, Line: 1 + strings.Count(string(src[:place[0]]), "\n"), Text: string(src[place[0]:place[1]])})
		}
		return f
	}
	root, broken, err := syntax.Parse(syntax.Elixir, src)
	switch {
	case err != nil:
		f.weak = err.Error()
	case broken:
		f.weak = "not all of the file could be parsed"
	}
	code := src
	if f.weak == "" {
		code = syntax.Without(root, src, "comment")
	}
	f.words = found.SnakeWordsOf(string(code))
	f.ecto, f.foreign = ours.Match(code), others.Match(code)
	if err == nil {
		r := &reader{file: f, src: src, piped: make(map[*syntax.Node]bool)}
		r.walk(root)
	}
	return f
}

// note notes what a file says by itself.
func (f *File) note(to *found.Findings) {
	here := contract.Evidence{File: f.path, Line: 1}
	if f.weak != "" {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: f.weak, At: here})
	}
	if f.foreign {
		to.Blind(contract.Gap{Reach: contract.Anything, Why: "a library with tables that is not understood", At: here})
	}
	for _, g := range f.blinds {
		to.Blind(g)
	}
	to.Words(f.words...)
	for _, t := range f.texts {
		sqltext.Read(to, t)
	}
	for _, t := range f.fragments {
		sqltext.Fragment(to, t)
	}
	for _, t := range f.tables {
		t.note(to)
	}
	if len(f.dynamic) > 0 {
		to.Gap(contract.Gap{Reach: contract.Anything, At: f.dynamic[0], Why: sqltext.Variables(len(f.dynamic))})
	}
}
