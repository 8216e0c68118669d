package rails

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	path    string
	classes []*class
	queries []query
	texts   []placed
	bulk    []bulkWrite
	upserts []upsert
	words   []string
	weak    bool // the grammar did not understand all of it
	// inflections is the source of a file that may add rules.
	inflections []byte
	// settings are of ActiveRecord, as table_name_prefix.
	settings map[string]text
	err      error
}

// A placed text stands in a class, or in none.
type placed struct {
	text
	at    contract.Evidence
	class *class
}

// A bulkWrite is a call that writes rows past a model's readonly?.
type bulkWrite struct {
	receiver string // a constant, else empty
	chain    string
	at       contract.Evidence
}

// A class is one opening of a class or module. The same name may be opened in
// several files.
type class struct {
	name   string
	module bool
	// underCondition says that this opening may not be run.
	underCondition bool
	super          string // as written
	// nesting are the full names of the classes and modules around it, from
	// the innermost out.
	nesting []string
	at      contract.Evidence
	*said
}

// said is what an opening says of its class. Most say nothing.
type said struct {
	tables   []tableName
	prefix   *text
	suffix   *text
	abstract bool
	ignores  []ignoring
	only     []string // only_columns
	readonly bool
	includes []string
	// mayInclude stand under a condition.
	mayInclude   []string
	joins        []joinTable
	macros       int // calls that only models make
	constants    map[string]excerpt
	dynamicTable string // table_name that is computed
}

// nothing is what all those say that say nothing.
var nothing = &said{}

func (s *said) isNothing() bool { return reflect.ValueOf(*s).IsZero() }

// An excerpt is an expression with its own source. Of the file it keeps no more.
type excerpt struct {
	node *syntax.Node
	src  []byte
}

type tableName struct {
	text
	conditional bool
}

// Read reads one Ruby file, or an ERB template.
func Read(path string, src []byte) *File {
	f := &File{path: path}
	if strings.HasSuffix(path, ".erb") {
		src = fromERB(src)
	}
	root, broken, err := syntax.Parse(syntax.Ruby, src)
	if err != nil {
		f.err = err
		return f
	}
	if f.weak = broken; broken {
		f.words = found.WordsOf(string(src))
	}
	placeHeredocs(root)
	r := &reader{file: f, src: src}
	r.walk(root, nil)
	if broken {
		r.headers()
	}
	if bytes.Contains(src, []byte("nflect")) && strings.Contains(path, "initializers/") {
		f.inflections = src
	}
	for _, c := range f.classes {
		if c.isNothing() {
			c.said = nothing
		}
	}
	return f
}

// Note notes what a file says by itself, and keeps what others are needed for.
func (f *File) Note(to *found.Findings) {
	here := contract.Evidence{File: f.path, Line: 1}
	switch {
	case f.err != nil:
		to.Blind(contract.Gap{Reach: contract.Anything, Why: f.err.Error(), At: here})
	case f.weak && strings.HasSuffix(f.path, ".erb"):
		// No model stands in a template, and all its words were taken.
		to.Gap(contract.Gap{Reach: contract.Anything, Why: whyWeak, At: here})
	case f.weak:
		to.Blind(contract.Gap{Reach: contract.Anything, Why: whyWeak, At: here})
	}
	to.Stray(f.words...)
	// send(:upsert_all)
	if i := slices.IndexFunc(f.words, func(word string) bool { return word == "upsert_all" || word == "upsert" || word == "insert_all" }); i >= 0 {
		to.Upsert(contract.Upsert{Arbiter: contract.Arbiter{Any: true}, Why: "the word " + f.words[i] + " may be sent to a model", At: here})
	}
	f.words = nil
	f.texts = slices.DeleteFunc(f.texts, func(t placed) bool {
		if len(t.holes) == 0 {
			sqltext.Read(to, sqltext.Literal{Text: t.s, At: t.at})
		}
		return len(t.holes) == 0
	})
}

// placeHeredocs gives the text of each heredoc to the place where it begins.
func placeHeredocs(root *syntax.Node) {
	var begun []*syntax.Node
	root.Walk(func(n *syntax.Node) bool {
		switch {
		case n.Kind == "heredoc_beginning":
			begun = append(begun, n)
		case n.Kind == "heredoc_body" && len(begun) > 0 && n != begun[0]:
			begun[0].Kind, begun[0].Children = n.Kind, n.Children
			n.Kind, n.Children = "heredoc_moved", nil
			begun = begun[1:]
			return false
		}
		return true
	})
}

// fromERB keeps the code of a template, at its lines, and blanks the rest.
func fromERB(src []byte) []byte {
	out := make([]byte, 0, len(src))
	inside := false
	for i := 0; i < len(src); i++ {
		switch {
		case !inside && bytes.HasPrefix(src[i:], []byte("<%%")):
			out = append(out, "   "...)
			i += 2
		case !inside && isComment(src[i:]):
			end := bytes.Index(src[i:], []byte("%>"))
			if end < 0 {
				return out
			}
			out = blank(out, src[i:i+end+2])
			i += end + 1
		case !inside && bytes.HasPrefix(src[i:], []byte("<%")):
			inside = true
			out = append(out, "  "...)
			i++
			if i+1 < len(src) && (src[i+1] == '=' || src[i+1] == '-') {
				out = append(out, ' ')
				i++
			}
		case inside && bytes.HasPrefix(src[i:], []byte("-%>")):
			inside = false
			out = append(out, " ; "...)
			i += 2
		case inside && bytes.HasPrefix(src[i:], []byte("%>")):
			inside = false
			out = append(out, "; "...)
			i++
		case inside:
			out = append(out, src[i])
		default:
			out = blank(out, src[i:i+1])
		}
	}
	return out
}

// isComment tells <%# and <% # from code: behind a comment other code may stand
// on its line.
func isComment(src []byte) bool {
	rest, ok := bytes.CutPrefix(src, []byte("<%"))
	return ok && bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("-")), " \t"), []byte("#"))
}

func blank(out, text []byte) []byte {
	for _, c := range text {
		if c != '\n' {
			c = ' '
		}
		out = append(out, c)
	}
	return out
}
