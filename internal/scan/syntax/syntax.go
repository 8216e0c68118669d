// Package syntax parses source files with tree-sitter's grammars into plain Go
// trees. It is the only package of the house that uses them, and C code with
// them; it knows nothing of what a tree means.
package syntax

import (
	"errors"
	"slices"
	"unsafe"

	sitter "github.com/tree-sitter/go-tree-sitter"
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

// Parse reads a text. broken says that the grammar did not understand all of
// it: classes and methods around such a place may be missing from the tree.
func Parse(language Language, src []byte) (root *Node, broken bool, err error) {
	useMalloc()
	parser := sitter.NewParser()
	defer parser.Close()
	if err := parser.SetLanguage(sitter.NewLanguage(grammars[language]())); err != nil {
		return nil, false, err
	}
	tree := parser.Parse(src, nil)
	if tree == nil {
		return nil, false, errors.New("source cannot be parsed")
	}
	defer tree.Close()
	cursor := tree.Walk()
	defer cursor.Close()
	c := copier{cursor: cursor, language: parser.Language(), kinds: make(map[uint16]string), fields: make(map[uint16]string)}
	top := cursor.Node()
	root, err = c.copy(top, 0, 0)
	return root, top.HasError(), err
}

// copier copies a tree of the C library. Names are asked for once: each call
// into C costs more than the rest of a node.
type copier struct {
	cursor        *sitter.TreeCursor
	language      *sitter.Language
	kinds, fields map[uint16]string
}

// copy copies the node the cursor stands at.
func (c *copier) copy(from *sitter.Node, field uint16, depth int) (*Node, error) {
	if depth > maxNesting {
		return nil, ErrTooDeep
	}
	start, end := from.ByteRange()
	n := &Node{Kind: c.kind(from), Field: c.field(field), Start: int(start), End: int(end), Line: int(from.StartPosition().Row) + 1}
	if !c.cursor.GotoFirstChild() {
		return n, nil
	}
	defer c.cursor.GotoParent()
	for {
		child, field := c.cursor.Node(), c.cursor.FieldId()
		if field != 0 || child.IsNamed() {
			below, err := c.copy(child, field, depth+1)
			if err != nil {
				return nil, err
			}
			n.Children = append(n.Children, below)
		}
		if !c.cursor.GotoNextSibling() {
			return n, nil
		}
	}
}

func (c *copier) kind(n *sitter.Node) string {
	id := n.KindId()
	name, ok := c.kinds[id]
	if !ok {
		name = n.Kind()
		c.kinds[id] = name
	}
	return name
}

func (c *copier) field(id uint16) string {
	name, ok := c.fields[id]
	if !ok && id != 0 {
		name = c.language.FieldNameForId(id)
		c.fields[id] = name
	}
	return name
}

// Text is the node's source.
func (n *Node) Text(src []byte) string {
	if n == nil {
		return ""
	}
	return string(src[n.Start:n.End])
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
