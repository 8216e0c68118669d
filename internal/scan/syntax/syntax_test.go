package syntax

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	sitter "github.com/tree-sitter/go-tree-sitter"
)

// samples have nodes with and without names and fields, and what no grammar knows.
var samples = map[Language]string{
	Ruby:       "class A < B\n  has_many :x, -> { where(a: 1) }\n  def f = \"a#{b}\"\nend\n",
	Python:     "class A(B):\n    x = f(a, *b, c=1) + f\"{d}é\"\n",
	JavaScript: "const a = async ({ b, ...c }) => `x${b}` ?? d?.e[1];\n",
	TypeScript: "class A<T> { @B() x?: string; y = <const>['z'] }\n",
	TSX:        "const a = <B c={d}>e</B>;\n",
	PHP:        "<p><?php class A extends B { use C; public $x = ['a' => 1]; function f() { return $this?->g(); } } ?></p>\n",
	Elixir:     "defmodule A do\n  schema \"x\" do\n    field :a, source: :b\n  end\n  def f(%{a: b}), do: b |> C.d!()\nend\n",
}

// TestSameTree: trees are those that the library's own binding shows. flatten.c repeats
// declarations of the library, which may change.
func TestSameTree(t *testing.T) {
	t.Parallel()
	for language, grammar := range grammars {
		source, ok := samples[language]
		if !ok {
			t.Errorf("language %d has no sample", language)
		}
		for _, text := range []string{source, "", source[:len(source)/2], strings.Repeat(source, 50), "(]}'\""} {
			parser := sitter.NewParser()
			if err := parser.SetLanguage(sitter.NewLanguage(grammar())); err != nil {
				t.Fatal(err)
			}
			tree := parser.Parse([]byte(text), nil)
			cursor := tree.Walk()
			var want, got strings.Builder
			print(&want, cursor, parser.Language())
			root, broken, err := Parse(language, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			root.print(&got)
			if got.String() != want.String() || broken != tree.RootNode().HasError() {
				t.Errorf("language %d, %q, broken %t:\n%s\nwant\n%s", language, text, broken, got.String(), want.String())
			}
			cursor.Close()
			tree.Close()
			parser.Close()
		}
	}
}

func line(b *strings.Builder, kind, field string, start, end uint, row uint) {
	fmt.Fprintf(b, "%s %s %d-%d line %d (", kind, field, start, end, row)
}

// print prints what the binding's cursor stands at.
func print(b *strings.Builder, cursor *sitter.TreeCursor, language *sitter.Language) {
	n := cursor.Node()
	line(b, n.Kind(), cursor.FieldName(), n.StartByte(), n.EndByte(), n.StartPosition().Row+1)
	for more := cursor.GotoFirstChild(); more; more = cursor.GotoNextSibling() {
		if cursor.FieldId() != 0 || cursor.Node().IsNamed() {
			print(b, cursor, language)
		}
	}
	if n.ChildCount() > 0 {
		cursor.GotoParent()
	}
	b.WriteString(")\n")
}

func (n *Node) print(b *strings.Builder) {
	line(b, n.Kind, n.Field, uint(n.Start), uint(n.End), uint(n.Line))
	for _, child := range n.Children {
		child.print(b)
	}
	b.WriteString(")\n")
}

// TestSpaces: a parse's memory is used again by others, of other languages and on other
// threads, and more of it than is kept.
func TestSpaces(t *testing.T) {
	t.Parallel()
	printed := func(language Language, times int) string {
		root, _, err := Parse(language, []byte(strings.Repeat(samples[language], times)))
		if err != nil {
			t.Error(err)
			return ""
		}
		var b strings.Builder
		root.print(&b)
		return b.String()
	}
	want := make(map[Language]string)
	for language := range grammars {
		want[language] = printed(language, 1)
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 2 {
				for language := range grammars {
					if got := printed(language, 1); got != want[language] {
						t.Errorf("language %d: %s, want %s", language, got, want[language])
					}
				}
				printed(Ruby, 4000)
			}
		})
	}
	workers.Wait()
}

// TestTooDeep: what no person has written is not walked.
func TestTooDeep(t *testing.T) {
	t.Parallel()
	for depth, deep := range map[int]bool{maxNesting / 2 * 9 / 10: false, 20000: true} {
		_, _, err := Parse(Ruby, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
		if errors.Is(err, ErrTooDeep) != deep {
			t.Errorf("%d: %v", depth, err)
		}
	}
}
