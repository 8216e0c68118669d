package syntax

// #include "flatten.h"
// #include <stdlib.h>
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// names are those that a grammar gives to its nodes and to their fields.
type names struct{ symbols, fields []string }

// kind is a symbol's name. What the grammar did not understand has none of its own.
func (n names) kind(symbol int) string {
	if symbol >= len(n.symbols) {
		return "ERROR"
	}
	return n.symbols[symbol]
}

// namesOf asks for a grammar's names once: each call into C costs more than the rest
// of a node.
var namesOf = func() map[Language]func() names {
	all := make(map[Language]func() names)
	for language, grammar := range grammars {
		all[language] = sync.OnceValue(func() (n names) {
			for i := range C.flat_symbols(grammar()) {
				n.symbols = append(n.symbols, C.GoString(C.flat_symbol(grammar(), C.uint16_t(i))))
			}
			for i := range C.flat_fields(grammar()) + 1 { // 0 is none
				n.fields = append(n.fields, C.GoString(C.flat_field(grammar(), C.uint16_t(i))))
			}
			return n
		})
	}
	return all
}()

// Parse reads a text. broken says that the grammar did not understand all of
// it: classes and methods around such a place may be missing from the tree.
func Parse(language Language, src []byte) (root *Node, broken bool, err error) {
	var flat C.flat_tree
	defer func() { C.free(unsafe.Pointer(flat.nodes)) }()
	in := space()
	defer leave(in)
	switch status := C.flatten(in, grammars[language](), (*C.char)(unsafe.Pointer(unsafe.SliceData(src))), C.uint32_t(len(src)), maxNesting, &flat); status {
	case C.FLAT_OK:
	case C.FLAT_TOO_DEEP:
		return nil, false, ErrTooDeep
	default:
		return nil, false, fmt.Errorf("source cannot be parsed: status %d", status)
	}
	if flat.count == 0 {
		return nil, false, errors.New("source cannot be parsed: it has no tree")
	}
	return nodes(unsafe.Slice(flat.nodes, flat.count), namesOf[language]()), flat.broken != 0, nil
}

// spaces are those that no parse works in: as many as there are parses at once, and no
// more than a machine has processors for.
var spaces = make(chan *C.space, 16)

var initialized = sync.OnceFunc(func() { C.flat_init() })

func space() *C.space {
	initialized()
	select {
	case s := <-spaces:
		return s
	default:
		return C.space_new()
	}
}

func leave(s *C.space) {
	select {
	case spaces <- s:
	default:
		C.space_delete(s)
	}
}

// nodes makes a tree of nodes that know the one they stand in. All of them are one
// piece of memory, and so are their lists of children.
func nodes(flat []C.flat_node, names names) *Node {
	all := make([]Node, len(flat))
	below := make([]int, len(flat)) // how many children each has
	for i := 1; i < len(flat); i++ {
		below[flat[i].parent]++
	}
	lists := make([]*Node, len(flat)-1)
	for i, from := range flat {
		all[i] = Node{Kind: names.kind(int(from.symbol)), Field: names.fields[from.field], Start: int(from.start), End: int(from.end), Line: int(from.row) + 1}
		if below[i] > 0 {
			all[i].Children, lists = lists[:0:below[i]], lists[below[i]:]
		}
		if i > 0 {
			parent := &all[from.parent]
			parent.Children = append(parent.Children, &all[i])
		}
	}
	return &all[0]
}
