package sqltext

import (
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// Notes are what a source file of any language says besides its models.
type Notes struct {
	Path  string
	Words []string
	// Texts are strings that look like SQL.
	Texts []Literal
	// Dynamic are calls that take SQL, or names for it, from a variable.
	Dynamic []contract.Evidence
	// Blinds are gaps that may use columns without naming them.
	Blinds []contract.Gap
}

// Parse parses the file. whole says that all of it was understood; else there is a gap,
// and what root has is a part. root is nil if there is no tree.
func (n *Notes) Parse(language syntax.Language, src []byte) (root *syntax.Node, whole bool) {
	root, broken, err := syntax.Parse(language, src)
	switch {
	case err != nil:
		n.Blind(err.Error())
	case broken:
		n.Blind("not all of the file could be parsed")
	}
	return root, err == nil && !broken
}

// Blind notes a gap of the whole file.
func (n *Notes) Blind(why string) {
	n.Blinds = append(n.Blinds, contract.Gap{Reach: contract.Anything, Why: why, At: contract.Evidence{File: n.Path, Line: 1}})
}

// Note notes them, and keeps none: of 200,000 files they would be most of what is kept.
func (n *Notes) Note(to *found.Findings) {
	for _, g := range n.Blinds {
		to.Blind(g)
	}
	to.Words(n.Words...)
	for _, t := range n.Texts {
		Read(to, t)
	}
	if len(n.Dynamic) > 0 {
		to.Gap(contract.Gap{Reach: contract.Anything, At: n.Dynamic[0], Why: Variables(len(n.Dynamic))})
	}
	*n = Notes{Path: n.Path}
}

// Joined is a text that is put together of two values, of which at least one has to be
// a text.
func Joined(left string, isLeft bool, right string, isRight bool) (string, bool) {
	if !isLeft {
		left = Hole
	}
	if !isRight {
		right = Hole
	}
	return left + right, isLeft || isRight
}
