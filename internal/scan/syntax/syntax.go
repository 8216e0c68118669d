// Package syntax parses source files with tree-sitter's grammars into plain Go
// trees. It is the only package of the house that uses them, and C code with
// them; it knows nothing of what a tree means.
package syntax

import (
	"bytes"
	"errors"
	"slices"
	"unsafe"

	_ "github.com/tree-sitter/go-tree-sitter" // the library: see flatten.c
	elixir "github.com/tree-sitter/tree-sitter-elixir/bindings/go"
	javascript "github.com/tree-sitter/tree-sitter-javascript/bindings/go"
	php "github.com/tree-sitter/tree-sitter-php/bindings/go"
	python "github.com/tree-sitter/tree-sitter-python/bindings/go"
	ruby "github.com/tree-sitter/tree-sitter-ruby/bindings/go"
	typescript "github.com/tree-sitter/tree-sitter-typescript/bindings/go"
)

// A Language is a grammar that is built in.
type Language int

// The languages.
const (
	Ruby Language = iota
	Python
	JavaScript
	TypeScript
	TSX
	PHP
	Elixir
)

var grammars = map[Language]func() unsafe.Pointer{
	Ruby:       ruby.Language,
	Python:     python.Language,
	JavaScript: javascript.Language,
	TypeScript: typescript.LanguageTypescript,
	TSX:        typescript.LanguageTSX,
	PHP:        php.LanguagePHP,
	Elixir:     elixir.Language,
}

// Node is one named part of a source text, or an operator.
type Node struct {
	// Kind is the grammar's name for it, Field what it is to its parent, as
	// "left"; often empty.
	Kind, Field string
	// Start and End are byte offsets, Line counts from 1.
	Start, End, Line int
	Children         []*Node
}

// maxNesting bounds the recursion through what no person has written.
const maxNesting = 500

// ErrTooDeep is returned by Parse for text that is nested too deeply.
var ErrTooDeep = errors.New("source is nested too deeply to be read")

// Text is the node's source.
func (n *Node) Text(src []byte) string {
	if n == nil {
		return ""
	}
	return string(src[n.Start:n.End])
}

// FirstLine is the first line of the node's source. Of a class it is a small part,
// and the only one of Text that a place shows.
func (n *Node) FirstLine(src []byte) string {
	line, _, _ := bytes.Cut(src[n.Start:n.End], []byte("\n"))
	return string(line)
}

// Excerpt is a copy of the node and of what stands below it, with a copy of the source
// that they stand in. It keeps no other part of the tree in memory, of which all is one
// piece, nor of the source.
func (n *Node) Excerpt(src []byte) (*Node, []byte) {
	start, end := n.Start, n.End
	n.Walk(func(below *Node) bool { // what was moved there may stand elsewhere
		start, end = min(start, below.Start), max(end, below.End)
		return true
	})
	return n.moved(start), bytes.Clone(src[start:end])
}

func (n *Node) moved(by int) *Node {
	made := *n
	made.Start, made.End = n.Start-by, n.End-by
	made.Children = make([]*Node, len(n.Children))
	for i, child := range n.Children {
		made.Children[i] = child.moved(by)
	}
	return &made
}

// Is tells whether the node is of one of some kinds. A nil node is of none.
func (n *Node) Is(kinds ...string) bool {
	return n != nil && slices.Contains(kinds, n.Kind)
}

// Child is the first child that stands in a field, nil if none does.
func (n *Node) Child(field string) *Node {
	if n == nil {
		return nil
	}
	for _, child := range n.Children {
		if child.Field == field {
			return child
		}
	}
	return nil
}

// Without is a source with blanks in place of the nodes of some kinds, as comments.
func Without(root *Node, src []byte, kinds ...string) []byte {
	blank := slices.Clone(src)
	root.Walk(func(n *Node) bool {
		if !n.Is(kinds...) {
			return true
		}
		for i := n.Start; i < n.End; i++ {
			if blank[i] != '\n' {
				blank[i] = ' '
			}
		}
		return false
	})
	return blank
}

// Walk calls do for the node and everything below it, parents first, and goes
// no deeper where do says false.
func (n *Node) Walk(do func(*Node) bool) {
	if n == nil || !do(n) {
		return
	}
	for _, child := range n.Children {
		child.Walk(do)
	}
}
