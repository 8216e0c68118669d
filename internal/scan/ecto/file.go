package ecto

import (
	"path"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	sqltext.Notes
	// aliases are the names a file gives to modules, in full; "?" for one it gives
	// to two.
	aliases map[string]string
	modules []*module
	tables  []table
	// names are texts that may be a table's name, with sqltext.Hole where they go on.
	names     map[string]contract.Evidence
	fragments []sqltext.Literal
	upserts   []contract.Upsert
	renamed   []string // fields whose columns have other names
	ecto      bool     // it names Ecto
}

var (
	ours   = found.Expression(`\bEcto\.`)
	others = found.Expression(`\b(?:Ash\.Resource|AshPostgres\.|Moebius\.|Yacto\.)`)
	// asks are signs of queries in a template, which is not parsed.
	asks = found.Expression(`\bRepo\.|\bEcto\.|\bPostgrex\.`)
)

// Read reads one file of Elixir, or a template.
func Read(at string, src []byte) *File {
	f := &File{Notes: sqltext.Notes{Path: at}, aliases: make(map[string]string), names: make(map[string]contract.Evidence)}
	if ext := strings.ToLower(path.Ext(at)); ext != ".ex" && ext != ".exs" {
		f.Words = found.SnakeWordsOf(string(src))
		if place := asks().FindIndex(src); place != nil {
			f.Dynamic = append(f.Dynamic, contract.Evidence{File: at, Line: 1 + strings.Count(string(src[:place[0]]), "\n"), Text: string(src[place[0]:place[1]])})
		}
		return f
	}
	root, whole := f.Parse(syntax.Elixir, src)
	code := src
	if whole {
		code = syntax.Without(root, src, "comment")
	}
	f.Words, f.ecto = found.SnakeWordsOf(string(code)), ours().Match(code)
	if others().Match(code) {
		f.Blind("a library with tables that is not understood")
	}
	if root != nil {
		r := &reader{file: f, src: src, piped: make(map[*syntax.Node]bool), aimed: make(map[*syntax.Node]bool)}
		r.walk(root)
	}
	return f
}

// Note notes what a file says by itself, and keeps what others are needed for.
func (f *File) Note(to *found.Findings) {
	f.Notes.Note(to)
	for _, t := range f.fragments {
		sqltext.Fragment(to, t)
	}
	for _, t := range f.tables {
		t.note(to)
	}
	f.fragments, f.tables = nil, nil
}
